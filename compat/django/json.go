package django

import (
	"bytes"
	"reflect"
	"unicode/utf16"

	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/internal/payload"
	"github.com/sealring/sealring/internal/urlsafe"
)

// A form is how a signer writes values of a type into the text that it signs: base64url of JSON, perhaps compressed.
type form struct {
	json     *payload.JSON
	limit    int
	compress bool
	object   bool // the JSON is an object, as a session is
}

func newForm[T any](o *Options) (form, error) {
	json, err := payload.NewJSON(reflect.TypeFor[T](), o.MaxDecoded)
	if err != nil {
		return form{}, fault.Payload(name, err)
	}
	return form{json: json, limit: o.MaxDecoded, compress: o.Compress}, nil
}

// append appends the text of what v points to.
func (f *form) append(dst []byte, v any) ([]byte, error) {
	json, err := f.json.Append(nil, v)
	if err != nil {
		return dst, fault.Payload(name, err)
	}
	json = escape(json)
	switch {
	case len(json) > f.limit:
		return dst, errLimit
	case f.object && !isObject(json):
		return dst, errNotObject
	}
	return urlsafe.Append(dst, json, f.compress), nil
}

// escape returns JSON with everything escaped that is not printable ASCII, as Python writes it. Such characters stand in
// strings only, so where they stand need not be known.
func escape(json []byte) []byte {
	plain := bytes.IndexFunc(json, isEscaped)
	if plain < 0 {
		return json
	}
	out := append(make([]byte, 0, 2*len(json)), json[:plain]...)
	for _, r := range string(json[plain:]) {
		switch {
		case !isEscaped(r):
			out = append(out, byte(r))
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = appendEscape(appendEscape(out, high), low)
		default:
			out = appendEscape(out, r)
		}
	}
	return out
}

func isEscaped(r rune) bool { return r > '~' }

// appendEscape appends the escape of one UTF-16 unit, RFC 8259, Section 7.
func appendEscape(dst []byte, unit rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[unit>>12&0xF], hex[unit>>8&0xF], hex[unit>>4&0xF], hex[unit&0xF])
}

// isObject reports whether JSON is an object if it is JSON.
func isObject(json []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(json, " \t\r\n"), []byte("{")) }

// body returns the JSON in an authentic text. Django takes bytes that are not ASCII for Latin-1, and everybody else would
// take them for UTF-8, so nobody shall.
func (f *form) body(text string) ([]byte, error) {
	body, err := urlsafe.Decode(text, f.limit)
	switch {
	case err != nil:
		return nil, fault.Payload(name, err)
	case bytes.ContainsFunc(body, func(r rune) bool { return r > 0x7F }):
		return nil, errNotASCII
	case f.object && !isObject(body):
		return nil, errNotObject
	}
	return body, nil
}

// load returns the value in an authentic text.
func load[T any](f *form, text string) (T, error) {
	var value, zero T
	body, err := f.body(text)
	if err != nil {
		return zero, err
	}
	if err := f.json.Decode(body, &value); err != nil {
		return zero, fault.Payload(name, err)
	}
	return value, nil
}
