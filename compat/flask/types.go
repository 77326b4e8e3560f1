package flask

import (
	"bytes"
	"encoding"
	"encoding/hex"
	"time"
)

// A UUID is Python's uuid.UUID: 16 bytes, the first of its text first. A field of this type takes what OpenLegacy gives.
type UUID [16]byte

// String returns the UUID in the form of RFC 9562, Section 4, in lower case.
func (u UUID) String() string { return string(u.appendDashed(nil)) }

func (u UUID) appendDashed(dst []byte) []byte {
	for i, part := range [...][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

// MarshalText makes encoding/json and others write String.
func (u UUID) MarshalText() ([]byte, error) { return u.appendDashed(nil), nil }

// UnmarshalText reads what MarshalText writes and OpenLegacy gives, and no other form. It fails with ErrBadPayload.
func (u *UUID) UnmarshalText(text []byte) error {
	var read UUID
	digits := bytes.ReplaceAll(text, []byte("-"), nil)
	if len(digits) != hex.EncodedLen(len(read)) {
		return errUUIDText
	}
	// Compares, because the dashes may have stood elsewhere and encoding/hex also takes upper case.
	if _, err := hex.Decode(read[:], digits); err != nil || !bytes.Equal(read.appendDashed(nil), text) {
		return errUUIDText
	}
	*u = read
	return nil
}

var (
	_ encoding.TextMarshaler   = UUID{}
	_ encoding.TextUnmarshaler = (*UUID)(nil)
)

// Markup is text that is safe to stand in HTML as it is, says whoever made it: markupsafe.Markup.
type Markup string

// A Tuple is Python's tuple.
type Tuple []any

// The tags. An object that has one of them as its only key stands for the type; the one of a dict is around a dict that
// looks so by itself, and which has escapeSuffix at its key then.
const (
	dictTag     = " di"
	tupleTag    = " t"
	bytesTag    = " b"
	markupTag   = " m"
	uuidTag     = " u"
	datetimeTag = " d"

	escapeSuffix = "__"
)

func isTag(key string) bool {
	switch key {
	case dictTag, tupleTag, bytesTag, markupTag, uuidTag, datetimeTag:
		return true
	}
	return false
}

// dateLayout is that of RFC 9110, Section 5.6.7, in which a datetime stands in its tag.
const dateLayout = "Mon, 02 Jan 2006 15:04:05 GMT"

// hasDate reports whether Flask reads a time, in UTC, as it was written. Python takes the years 0 to 99 for abbreviations
// of 1969 to 2068, and has none from 10000 on.
func hasDate(t time.Time) bool { return 100 <= t.Year() && t.Year() <= 9999 }
