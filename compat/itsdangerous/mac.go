package itsdangerous

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"hash"
	"slices"
	"sync"

	"github.com/sealring/sealring/internal/base64url"
)

// A KeyDerivation is how a signer makes the key of its HMAC from a secret key and a salt.
type KeyDerivation string

// The key derivations, by the names that Python has for them. DjangoConcat and Concat put salt and key side by side with
// nothing between that says where one ends: the key "Bsignerkey" with the salt "A" signs as the key "key" does with the
// salt "AsignerB". Where both sides can change, choose HMAC.
const (
	// DjangoConcat hashes salt, the word "signer" and the key. It is the default, as in Python.
	DjangoConcat KeyDerivation = "django-concat"
	// Concat hashes salt and key.
	Concat KeyDerivation = "concat"
	// HMAC is the HMAC of the salt under the key. Flask uses it.
	HMAC KeyDerivation = "hmac"
	// None is the key itself: the salt means nothing, and tokens for one use are good for every other.
	None KeyDerivation = "none"
)

// A Digest is the hash function of a signer's key derivation and HMAC.
type Digest string

// The digests, by the names that Python has for them.
const (
	// SHA1 is the default, as in Python. HMAC does not need what SHA-1 has lost, RFC 6194, Section 3.3.
	SHA1   Digest = "sha1"
	SHA256 Digest = "sha256"
	SHA384 Digest = "sha384"
	SHA512 Digest = "sha512"
)

var digests = map[Digest]func() hash.Hash{SHA1: sha1.New, SHA256: sha256.New, SHA384: sha512.New384, SHA512: sha512.New}

// deriveKey returns the key of the HMAC.
func deriveKey(derivation KeyDerivation, digest func() hash.Hash, key, salt []byte) ([]byte, error) {
	h := digest()
	switch derivation {
	case DjangoConcat:
		h.Write(salt)
		h.Write([]byte("signer"))
		h.Write(key)
	case Concat:
		h.Write(salt)
		h.Write(key)
	case HMAC:
		h = hmac.New(digest, key)
		h.Write(salt)
	case None:
		return slices.Clone(key), nil
	default:
		return nil, config.with(fmt.Sprintf("no key derivation %q; there are django-concat, concat, hmac and none", derivation))
	}
	return h.Sum(nil), nil
}

// A mac is HMAC under one derived key, in states that are set up once and used again. It is safe for concurrent use.
type mac struct {
	states sync.Pool
	size   int // of a signature's text
}

// maxDigestSize is the size of the longest MAC, in bytes.
const maxDigestSize = sha512.Size

// A macState is on the heap once and for all: a hash.Hash makes what it is given escape.
type macState struct {
	hash  hash.Hash
	sum   [maxDigestSize]byte
	text  [(maxDigestSize*8 + 5) / 6]byte
	chunk [1024]byte
}

func newMAC(digest func() hash.Hash, key []byte) *mac {
	m := &mac{size: base64url.Size(digest().Size())}
	m.states.New = func() any { return &macState{hash: hmac.New(digest, key)} }
	m.states.Put(m.states.New()) // so that it fails here where this process may not have it
	return m
}

// signature returns a state whose text holds the signature of a value. Whoever gets it puts it back.
func signature[S string | []byte](m *mac, value S) *macState {
	s := m.states.Get().(*macState)
	s.hash.Reset()
	for len(value) > 0 { // in pieces, so that a text need not be copied as a whole
		n := copy(s.chunk[:], value)
		s.hash.Write(s.chunk[:n])
		value = value[n:]
	}
	base64url.Encode(s.text[:m.size], s.hash.Sum(s.sum[:0]))
	return s
}

// appendSignature appends the signature's text, which is base64url without padding.
func (m *mac) appendSignature(dst, value []byte) []byte {
	s := signature(m, value)
	dst = append(dst, s.text[:m.size]...)
	m.states.Put(s)
	return dst
}

// verify reports whether a text is the signature of a value. It compares texts, so that no second text of a signature is
// as good as the first, and looks at the length before it computes anything.
func (m *mac) verify(value, text string) bool {
	if len(text) != m.size {
		return false
	}
	s := signature(m, value)
	copy(s.chunk[:], text)
	ok := subtle.ConstantTimeCompare(s.text[:m.size], s.chunk[:m.size]) == 1
	m.states.Put(s)
	return ok
}
