// Package base64url is the text form of bytes: base64url without padding, RFC 4648, Section 5, one text for one string of
// bytes. It is our own because encoding/base64, even when strict, skips CR and LF, and because it takes more than twice the
// time.
package base64url

import (
	"encoding/binary"
	"slices"

	"github.com/sealring/sealring/internal/failure"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// invalid is set in a decoded group that holds a character outside the alphabet.
const invalid = 1 << 24

var (
	// encodePair holds the two characters of 12 bits, the first in the low byte: 8 KiB, which is what the inner cache
	// bears. 16 bits at a time need 128 KiB and are no faster.
	encodePair [1 << 12]uint16
	// decode0 to decode3 hold a character's six bits where they belong in a group, or invalid. A group is the three bytes
	// of four characters, the first in the low byte.
	decode0, decode1, decode2, decode3 [256]uint32
)

func init() {
	for i := range encodePair {
		encodePair[i] = uint16(alphabet[i>>6]) | uint16(alphabet[i&63])<<8
	}
	for i := range 256 {
		decode0[i], decode1[i], decode2[i], decode3[i] = invalid, invalid, invalid, invalid
	}
	for i := range uint32(64) {
		c := alphabet[i]
		decode0[c], decode1[c], decode2[c], decode3[c] = i<<2, i>>4|i&15<<12, i>>2<<8|i&3<<22, i<<16
	}
}

var (
	errAlphabet = failure.Malformed.With("not base64url without padding")
	errTextSize = failure.Malformed.With("not a length that base64url has")
	errTrailing = failure.Malformed.With("trailing bits set")
)

// Size returns the length of the text of size bytes.
func Size(size int) int { return size/3*4 + (size%3*8+5)/6 }

// Append appends the text of b, which must not overlap dst's spare capacity.
func Append(dst, b []byte) []byte {
	start := len(dst)
	dst = slices.Grow(dst, Size(len(b)))[:start+Size(len(b))]
	Encode(dst[start:], b)
	return dst
}

// Encode writes the text of src to dst, which has Size(len(src)) bytes. src may be the end of dst: what is read at once is
// read before any of its text is written, and the text of the first 3k bytes, which ends at 4k, does not reach what is
// read next, at len(dst)-len(src)+3k, because len(dst)-len(src) is at least the number of groups.
func Encode(dst, src []byte) {
	// 12 bytes at a time, in two reads of eight of which each uses six.
	for len(src) >= 14 && len(dst) >= 16 {
		a, b := binary.BigEndian.Uint64(src), binary.BigEndian.Uint64(src[6:])
		binary.LittleEndian.PutUint16(dst, encodePair[a>>52])
		binary.LittleEndian.PutUint16(dst[2:], encodePair[a>>40&0xFFF])
		binary.LittleEndian.PutUint16(dst[4:], encodePair[a>>28&0xFFF])
		binary.LittleEndian.PutUint16(dst[6:], encodePair[a>>16&0xFFF])
		binary.LittleEndian.PutUint16(dst[8:], encodePair[b>>52])
		binary.LittleEndian.PutUint16(dst[10:], encodePair[b>>40&0xFFF])
		binary.LittleEndian.PutUint16(dst[12:], encodePair[b>>28&0xFFF])
		binary.LittleEndian.PutUint16(dst[14:], encodePair[b>>16&0xFFF])
		dst, src = dst[16:], src[12:]
	}
	for len(src) >= 3 && len(dst) >= 4 {
		group := uint32(src[0])<<16 | uint32(src[1])<<8 | uint32(src[2])
		binary.LittleEndian.PutUint16(dst, encodePair[group>>12])
		binary.LittleEndian.PutUint16(dst[2:], encodePair[group&0xFFF])
		dst, src = dst[4:], src[3:]
	}
	switch len(src) {
	case 1:
		binary.LittleEndian.PutUint16(dst, encodePair[uint32(src[0])<<4])
	case 2:
		bits := uint32(src[0])<<8 | uint32(src[1])
		binary.LittleEndian.PutUint16(dst, encodePair[bits>>4])
		dst[2] = alphabet[bits<<2&63]
	}
}

// AppendDecoded appends the bytes of a text. On an error it returns dst as it was given.
func AppendDecoded(dst []byte, text string) ([]byte, error) {
	if len(text)%4 == 1 {
		return dst, errTextSize
	}
	start, n := len(dst), len(text)/4*3+len(text)%4*6/8
	dst = slices.Grow(dst, n)[:start+n]
	out := dst[start:]

	// Invalid characters are collected in bad and looked at once. 16 characters at a time; a group is stored with a
	// fourth byte, which the next one overwrites.
	var bad uint32
	for len(text) >= 16 && len(out) >= 13 {
		a := decode0[text[0]] | decode1[text[1]] | decode2[text[2]] | decode3[text[3]]
		binary.LittleEndian.PutUint32(out, a)
		b := decode0[text[4]] | decode1[text[5]] | decode2[text[6]] | decode3[text[7]]
		binary.LittleEndian.PutUint32(out[3:], b)
		c := decode0[text[8]] | decode1[text[9]] | decode2[text[10]] | decode3[text[11]]
		binary.LittleEndian.PutUint32(out[6:], c)
		d := decode0[text[12]] | decode1[text[13]] | decode2[text[14]] | decode3[text[15]]
		binary.LittleEndian.PutUint32(out[9:], d)
		bad |= a | b | c | d
		text, out = text[16:], out[12:]
	}
	for len(text) >= 4 && len(out) >= 3 {
		group := decode0[text[0]] | decode1[text[1]] | decode2[text[2]] | decode3[text[3]]
		bad |= group
		out[0], out[1], out[2] = byte(group), byte(group>>8), byte(group>>16)
		text, out = text[4:], out[3:]
	}

	// The last group has 8 or 16 bits; those of its characters that say no byte must be zero.
	var trailing uint32
	switch len(text) {
	case 2:
		group := decode0[text[0]] | decode1[text[1]]
		bad |= group
		out[0], trailing = byte(group), group&0xFFFF00
	case 3:
		group := decode0[text[0]] | decode1[text[1]] | decode2[text[2]]
		bad |= group
		out[0], out[1], trailing = byte(group), byte(group>>8), group&0xFF0000
	}

	switch {
	case bad&invalid != 0:
		return dst[:start], errAlphabet
	case trailing != 0:
		return dst[:start], errTrailing
	}
	return dst, nil
}
