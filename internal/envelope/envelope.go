// Package envelope reads and writes the bytes of an envelope, as format.md specifies them, and nothing else: it knows no
// clock, no keyring, no policy and no source of randomness. Whoever seals hands over the nonce.
package envelope

import (
	"encoding/binary"

	"github.com/sealring/sealring/internal/failure"
)

// Sizes in bytes; format.md, Section 2.
const (
	fixedSize = 18 // magic, suite, content, key-ID length, issued, expires
	NonceSize = 24 // suite 02, XChaCha20
	tagSize   = 16 // suite 02, Poly1305
	macSize   = 32 // suite 01: the signature; suite 02: the commitment

	// MaxKeyIDSize is the most that a key ID may have, so that a header stays small whatever names a user picks.
	MaxKeyIDSize = 32
	// MaxTime is the last millisecond of the year 9999, the last that RFC 3339 and Python's datetime can write.
	MaxTime = 253402300799999
)

// Offsets of the fixed part.
const (
	suiteOffset   = 3
	contentOffset = 4
	idSizeOffset  = 5
	issuedOffset  = 6
	expiresOffset = 12
)

// The magic of version 1, which base64url writes as sr1_.
const magic0, magic1, magic2 = 0xB2, 0xBD, 0x7F

// Suites.
const (
	Signed    = 1 // HMAC-SHA256
	Encrypted = 2 // XChaCha20-Poly1305 with key commitment
)

// Contents, and the bit that says that the body is a DEFLATE stream.
const (
	Raw         = 0
	JSON        = 1
	MessagePack = 2

	deflateBit = 0x80
)

// A Header is what an envelope says before its body. Issued and Expires are Unix milliseconds; Expires 0 means never.
type Header struct {
	Suite    byte
	Content  byte
	Deflated bool
	Issued   int64
	Expires  int64
	KeyID    string
}

// An Envelope is a parsed envelope: slices of the bytes it was parsed from, none of them authenticated.
type Envelope struct {
	Suite    byte
	Content  byte
	Deflated bool
	Issued   int64
	Expires  int64
	KeyID    []byte

	raw  []byte // the whole envelope
	body int    // where the nonce of suite 02, or the body of suite 01, begins
}

var (
	errShort     = failure.Malformed.With("shorter than an envelope's fixed part")
	errMagic     = failure.Malformed.With("does not begin as an envelope does")
	errIDSize    = failure.Malformed.With("key ID of no or too many bytes")
	errID        = failure.Malformed.With("key ID outside its alphabet")
	errTime      = failure.Malformed.With("time after the year 9999")
	errLifetime  = failure.Malformed.With("expires no later than it was issued")
	errTruncated = failure.Malformed.With("truncated")
	errDeflate   = failure.Malformed.With("compressed and encrypted")
)

// Parse reads an envelope's layout, in the order of format.md, Section 7, step 2. It keeps b and checks no MAC.
func (e *Envelope) Parse(b []byte) error {
	if len(b) < fixedSize {
		return errShort
	}

	// Magic: sr0_ to sr9_ differ in four bits across the second and third byte.
	if version, ok := parseMagic(b); !ok {
		return errMagic
	} else if version != 1 {
		return failure.UnsupportedVersion
	}

	// Suite and content.
	e.Suite, e.Content, e.Deflated, e.raw = b[suiteOffset], b[contentOffset]&^deflateBit, b[contentOffset]&deflateBit != 0, b
	if e.Suite != Signed && e.Suite != Encrypted || e.Content > MessagePack {
		return failure.Unsupported
	}
	if e.Deflated && e.Suite == Encrypted {
		return errDeflate
	}

	// Field ranges.
	e.Issued, e.Expires = getTime(b[issuedOffset:]), getTime(b[expiresOffset:])
	if e.Issued > MaxTime || e.Expires > MaxTime {
		return errTime
	}
	if e.Expires != 0 && e.Expires <= e.Issued {
		return errLifetime
	}
	n := int(b[idSizeOffset])
	if n == 0 || n > MaxKeyIDSize {
		return errIDSize
	}
	if len(b) < fixedSize+n {
		return errTruncated
	}
	e.KeyID, e.body = b[fixedSize:fixedSize+n], fixedSize+n
	if !ValidKeyID(e.KeyID) {
		return errID
	}

	// Total length.
	if len(b) < e.body+overhead(e.Suite) {
		return errTruncated
	}
	return nil
}

// CheckTextSize fails as Parse would for a text too short to hold the fixed part, whatever its characters are.
func CheckTextSize(size int) error {
	if size < fixedSize/3*4 {
		return errShort
	}
	return nil
}

// parseMagic returns the version digit of b's magic, which must be one of sr0_ to sr9_.
func parseMagic(b []byte) (version int, ok bool) {
	// The digits 0 to 9 are the values 52 to 61 of base64url, six bits from the fifth bit of byte 1 on.
	group := uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	digit := int(group >> 6 & 63)
	const around = magic0<<16 | (magic1&0xF0)<<8 | magic2&0x3F
	return digit - 52, group&^(63<<6) == around && digit >= 52 && digit <= 61
}

// overhead is what a suite adds to key ID and body, in bytes.
func overhead(suite byte) int {
	if suite == Encrypted {
		return NonceSize + tagSize + macSize
	}
	return macSize
}

// Size returns the length of the envelope of a header and a body.
func (h *Header) Size(bodySize int) int {
	return h.size() + overhead(h.Suite) + bodySize
}

// size is the length of the header's bytes.
func (h *Header) size() int { return fixedSize + len(h.KeyID) }

// put writes the header's bytes to the beginning of b, which has room for them:
//
//	B2 BD 7F | suite | content | key-ID length | issued at (6) | expires at (6) | key ID
func (h *Header) put(b []byte) {
	content := h.Content
	if h.Deflated {
		content |= deflateBit
	}
	fixed := (*[fixedSize]byte)(b)
	fixed[0], fixed[1], fixed[2] = magic0, magic1, magic2
	fixed[suiteOffset], fixed[contentOffset], fixed[idSizeOffset] = h.Suite, content, byte(len(h.KeyID))
	putTime(fixed[issuedOffset:], h.Issued)
	putTime(fixed[expiresOffset:], h.Expires)
	copy(b[fixedSize:], h.KeyID)
}

// A time is 48 bits, big-endian.
func getTime(b []byte) int64 {
	return int64(binary.BigEndian.Uint16(b))<<32 | int64(binary.BigEndian.Uint32(b[2:]))
}

func putTime(b []byte, ms int64) {
	binary.BigEndian.PutUint16(b, uint16(ms>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(ms))
}

// keyIDBytes says of each byte whether it may stand in a key ID (1), and at its beginning (2).
var keyIDBytes = func() (kinds [256]byte) {
	for c := range kinds {
		switch c := byte(c); {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			kinds[c] = 1 | 2
		case c == '.' || c == '_' || c == '-':
			kinds[c] = 1
		}
	}
	return kinds
}()

// ValidKeyID reports whether id is a key ID: 1 to 32 bytes, a letter or digit, then also . _ and -.
func ValidKeyID[S string | []byte](id S) bool {
	if len(id) == 0 || len(id) > MaxKeyIDSize {
		return false
	}
	kinds := keyIDBytes[id[0]] >> 1
	for i := range len(id) {
		kinds &= keyIDBytes[id[i]]
	}
	return kinds != 0
}

// IsText reports whether a text begins as an envelope of some version does: sr0_ to sr9_.
func IsText(text string) bool {
	return len(text) >= 4 && text[:2] == "sr" && '0' <= text[2] && text[2] <= '9' && text[3] == '_'
}

// IsBinary reports whether an envelope is in its binary form, which begins with a byte that no text has.
func IsBinary[S string | []byte](envelope S) bool { return len(envelope) > 0 && envelope[0] == magic0 }
