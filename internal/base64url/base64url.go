// Package base64url is the text form of bytes: base64url without padding, RFC 4648, Section 5, one text for one string of
// bytes. It is our own because encoding/base64, even when strict, skips CR and LF, and because it takes more than twice the
// time.
package base64url

import (
	"slices"

	"github.com/sealring/sealring/internal/failure"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// invalid is set in a decoded group that holds a character outside the alphabet.
const invalid = 1 << 24

var (
	// encodePair holds the two characters of 12 bits.
	encodePair [1 << 12][2]byte
	// decode0 to decode3 hold a character's six bits in its place of a 24-bit group, or invalid.
	decode0, decode1, decode2, decode3 [256]uint32
)

func init() {
	for i := range encodePair {
		encodePair[i] = [2]byte{alphabet[i>>6], alphabet[i&63]}
	}
	for i := range 256 {
		decode0[i], decode1[i], decode2[i], decode3[i] = invalid, invalid, invalid, invalid
	}
	for i := range uint32(64) {
		c := alphabet[i]
		decode0[c], decode1[c], decode2[c], decode3[c] = i<<18, i<<12, i<<6, i
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

// Encode writes the text of src to dst, which has Size(len(src)) bytes. src may be the end of dst: each group is read
// before it is written, and group k, read from byte len(dst)-len(src)+3k on, comes no earlier than the text 4k to 4k+3
// that takes its place, because len(dst)-len(src) is at least the number of groups.
func Encode(dst, src []byte) {
	for len(src) >= 3 && len(dst) >= 4 {
		group := uint32(src[0])<<16 | uint32(src[1])<<8 | uint32(src[2])
		high, low := &encodePair[group>>12], &encodePair[group&0xFFF]
		dst[0], dst[1], dst[2], dst[3] = high[0], high[1], low[0], low[1]
		dst, src = dst[4:], src[3:]
	}
	switch len(src) {
	case 1:
		copy(dst, encodePair[uint32(src[0])<<4][:])
	case 2:
		bits := uint32(src[0])<<8 | uint32(src[1])
		last := alphabet[bits<<2&63]
		copy(dst, encodePair[bits>>4][:])
		dst[2] = last
	}
}

// AppendDecoded appends the bytes of a text. On an error it returns dst as it was given.
func AppendDecoded[S string | []byte](dst []byte, text S) ([]byte, error) {
	if len(text)%4 == 1 {
		return dst, errTextSize
	}
	start, n := len(dst), len(text)/4*3+len(text)%4*6/8
	dst = slices.Grow(dst, n)[:start+n]
	out := dst[start:]

	// Invalid characters are collected in bad and looked at once.
	var bad uint32
	i := 0
	for ; i+4 <= len(text) && len(out) >= 3; i += 4 {
		group := decode0[text[i]] | decode1[text[i+1]] | decode2[text[i+2]] | decode3[text[i+3]]
		bad |= group
		out[0], out[1], out[2] = byte(group>>16), byte(group>>8), byte(group)
		out = out[3:]
	}

	// The last group has 8 or 16 bits; those of its characters that say no byte must be zero.
	var trailing uint32
	switch len(text) - i {
	case 2:
		group := decode0[text[i]] | decode1[text[i+1]]
		bad |= group
		trailing = group & 0xFFFF
		out[0] = byte(group >> 16)
	case 3:
		group := decode0[text[i]] | decode1[text[i+1]] | decode2[text[i+2]]
		bad |= group
		trailing = group & 0xFF
		out[0], out[1] = byte(group>>16), byte(group>>8)
	}

	switch {
	case bad&invalid != 0:
		return dst[:start], errAlphabet
	case trailing != 0:
		return dst[:start], errTrailing
	}
	return dst, nil
}
