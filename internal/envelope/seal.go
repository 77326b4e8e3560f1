package envelope

import (
	"encoding/binary"
	"slices"
	"sync"
)

// AppendSigned appends the envelope of suite 01:
//
//	E = header ‖ body
//	E ‖ HMAC-SHA256(E ‖ bind ‖ u64(len bind))
//
// body may be anywhere in dst's spare capacity: it is read before anything is written there.
func AppendSigned(dst []byte, h *Header, body, bind []byte, key *SigningKey) []byte {
	start, size := len(dst), h.Size(len(body))
	dst = slices.Grow(dst, size)[:start+size]
	e := dst[start : start+size-macSize]
	copy(e[h.size():], body)
	h.put(e)
	key.mac.sum((*[macSize]byte)(dst[start+size-macSize:]), e, nil, bind)
	return dst
}

// VerifySigned reports whether the envelope, of suite 01, was made with key and bind.
func (e *Envelope) VerifySigned(bind []byte, key *SigningKey) bool {
	end := len(e.raw) - macSize
	return key.mac.verify(e.raw[end:], e.raw[:end], nil, bind)
}

// SignedBody returns the body of an envelope of suite 01, as a part of the bytes it was parsed from.
func (e *Envelope) SignedBody() []byte {
	return e.raw[e.body : len(e.raw)-macSize : len(e.raw)-macSize]
}

// scratches keep what an AEAD is given away from callers' slices, which would escape otherwise.
var scratches = sync.Pool{New: func() any { return new(scratch) }}

type scratch struct {
	nonce [NonceSize]byte
	ad    []byte // H ‖ bind ‖ u64(len bind)
	text  []byte // plaintext before, ciphertext ‖ tag after
}

// maxKeptSize is how large a buffer may be that is used again, so that one large envelope does not stay in memory.
const maxKeptSize = 1 << 20

func (s *scratch) release() {
	if cap(s.text) <= maxKeptSize && cap(s.ad) <= maxKeptSize {
		scratches.Put(s)
	}
}

// setAD makes the associated data of suite 02.
func (s *scratch) setAD(header, bind []byte) {
	s.ad = append(append(s.ad[:0], header...), bind...)
	s.ad = binary.BigEndian.AppendUint64(s.ad, uint64(len(bind)))
}

// AppendEncrypted appends the envelope of suite 02, with H the header:
//
//	H ‖ nonce ‖ ciphertext ‖ tag ‖ HMAC-SHA256(H ‖ nonce ‖ tag ‖ bind ‖ u64(len bind))
//
// The last part commits to the key, which the tag alone does not: Chan and Rogaway, "On Committing Authenticated
// Encryption", ESORICS 2022. A nonce must be used once only.
//
// body may be anywhere in dst's spare capacity: it is read before anything is written there.
func AppendEncrypted(dst []byte, h *Header, nonce *[NonceSize]byte, body, bind []byte, key *EncryptionKey) []byte {
	s := scratches.Get().(*scratch)
	s.text = append(s.text[:0], body...)

	start, size := len(dst), h.Size(len(body))
	dst = slices.Grow(dst, size)[:start+size]
	e := dst[start:]
	h.put(e)
	ciphertext := h.size() + copy(e[h.size():], nonce[:])

	s.nonce = *nonce
	s.setAD(e[:h.size()], bind)
	s.text = key.aead.Seal(s.text[:0], s.nonce[:], s.text, s.ad)
	tagEnd := ciphertext + copy(e[ciphertext:], s.text)
	s.release()

	key.commitment.sum((*[macSize]byte)(e[tagEnd:]), e[:ciphertext], e[tagEnd-tagSize:tagEnd], bind)
	return dst
}

// AppendDecrypted appends the plaintext of an envelope of suite 02 that was made with key and bind. Otherwise ok is
// false and no plaintext has been near dst.
func (e *Envelope) AppendDecrypted(dst, bind []byte, key *EncryptionKey) (plaintext []byte, ok bool) {
	end := len(e.raw) - macSize
	nonceEnd := e.body + NonceSize

	// The commitment first: what another key made is never decrypted.
	if !key.commitment.verify(e.raw[end:], e.raw[:nonceEnd], e.raw[end-tagSize:end], bind) {
		return dst, false
	}

	s := scratches.Get().(*scratch)
	defer s.release()
	s.nonce = [NonceSize]byte(e.raw[e.body:nonceEnd])
	s.setAD(e.raw[:e.body], bind)
	s.text = append(s.text[:0], e.raw[nonceEnd:end]...)
	opened, err := key.aead.Open(s.text[:0], s.nonce[:], s.text, s.ad)
	if err != nil {
		return dst, false
	}
	return append(dst, opened...), true
}
