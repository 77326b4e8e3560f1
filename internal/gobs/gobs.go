// Package gobs encodes and decodes bodies in encoding/gob, for the packages that keep what programs keep in gob today.
// Gob is made for bytes of a friend: decode only what is authentic.
package gobs

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"strings"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/payload"
)

// Append appends the encoding of a value, or of what it points to. It fails with the class BadPayload, and then returns
// dst as it was given.
func Append(dst []byte, v any) (body []byte, err error) {
	// Gob panics over nil pointers, and a type's own method may panic over anything.
	defer func() {
		if recover() != nil {
			body, err = dst, refused(v)
		}
	}()
	out := bytes.NewBuffer(dst)
	if gob.NewEncoder(out).Encode(v) != nil {
		return dst, refused(v)
	}
	return out.Bytes(), nil
}

// refused says nothing of gob's own error, which may hold the value.
func refused(v any) error {
	return failure.BadPayload.With(fmt.Sprintf("gob does not encode a %s; types in interfaces need gob.Register",
		strings.TrimPrefix(fmt.Sprintf("%T", v), "*")))
}

// Decode decodes an authentic body, all of it, into the value that v points to, which is zero but for maps that have been
// made. It fails with the class BadPayload, and then leaves anything in that value.
func Decode(body []byte, v any) (err error) {
	// Into a nil map gob makes room for as many members as the stream says that it has, before it looks for the first.
	if m := reflect.ValueOf(v).Elem(); m.Kind() == reflect.Map {
		m.Set(reflect.MakeMap(m.Type()))
	}
	defer func() {
		if recover() != nil {
			err = payload.DoesNotFit(v)
		}
	}()
	in := bytes.NewReader(body)
	if gob.NewDecoder(in).Decode(v) != nil || in.Len() != 0 {
		return payload.DoesNotFit(v)
	}
	return nil
}
