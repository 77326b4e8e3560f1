package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"

	"github.com/sealring/sealring/internal/failure"
)

// A JSON turns values of one type into JSON and back: encoding/json, between checks of what that lets through. It is safe
// for concurrent use.
type JSON struct {
	typ   *JSONType
	limit int
}

// NewJSON returns the JSON of a type; limit is how many bytes a body may have. It refuses, with the class Config, types
// whose values would not come back.
func NewJSON(t reflect.Type, limit int) (*JSON, error) {
	// A channel or function is better refused here than at the first value.
	if e, ok := errors.AsType[*json.UnsupportedTypeError](encodeZero(t)); ok {
		return nil, failure.Config.With(fmt.Sprintf("%v: JSON has no such type", e.Type))
	}
	typ, err := NewJSONType(t)
	if err != nil {
		return nil, failure.Config.With(err.Error())
	}
	return &JSON{typ, limit}, nil
}

// encodeZero encodes a zero value, for which a type's own method may not be made.
func encodeZero(t reflect.Type) (err error) {
	defer func() { _ = recover() }()
	return json.NewEncoder(io.Discard).Encode(reflect.New(t).Interface())
}

// A jsonEncoder is a pooled encoder with what it writes to.
type jsonEncoder struct {
	*json.Encoder
	out bytes.Buffer
}

var jsonEncoders = sync.Pool{New: func() any {
	e := new(jsonEncoder)
	e.Encoder = json.NewEncoder(&e.out)
	e.SetEscapeHTML(false) // a payload is never a part of a page
	return e
}}

// maxKeptSize is how large an encoder's buffer may be to be used again, so that one large session does not stay in
// memory.
const maxKeptSize = 1 << 20

// Append appends the JSON of what v points to. It fails with the class BadPayload where opening would refuse that, and
// then returns dst as it was given.
func (j *JSON) Append(dst []byte, v any) ([]byte, error) {
	if err := j.typ.CheckValue(v, j.limit); err != nil {
		return dst, err
	}
	e := jsonEncoders.Get().(*jsonEncoder)
	e.out.Reset()
	if err := e.Encode(v); err != nil {
		return dst, jsonError(err) // without e, which keeps errors
	}
	defer func() {
		if e.out.Cap() <= maxKeptSize {
			jsonEncoders.Put(e)
		}
	}()
	body := bytes.TrimSuffix(e.out.Bytes(), []byte("\n"))
	if err := j.check(body); err != nil {
		return dst, err
	}
	return append(dst, body...), nil
}

// check looks at what encoding/json wrote for what opening would refuse, where it can write that at all.
func (j *JSON) check(body []byte) error {
	if HasReplacement(body) {
		return failure.BadPayload.With(`the value holds text that is not UTF-8, or ready JSON with the escape \ufffd`)
	}
	if j.typ.Safe() {
		return nil
	}
	return Named(CheckJSON(body, j.typ))
}

// jsonError says why encoding/json did not encode a value, without the parts of its text that hold the value.
func jsonError(err error) error {
	if e, ok := errors.AsType[*json.MarshalerError](err); ok {
		return failure.BadPayload.With(fmt.Sprintf("a value of type %v does not marshal", e.Type))
	}
	if e, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
		return failure.BadPayload.With("a value that JSON does not have: " + e.Str) // NaN, an infinity, a cycle
	}
	if e, ok := errors.AsType[*json.UnsupportedTypeError](err); ok {
		return failure.BadPayload.With(fmt.Sprintf("a value of type %v, which JSON does not have", e.Type))
	}
	return failure.BadPayload.With("the value does not marshal")
}

// Decode decodes a body into what v points to. It fails with the class BadPayload; then v may hold parts of the body.
func (j *JSON) Decode(body []byte, v any) error {
	if err := CheckJSON(body, j.typ); err != nil {
		return err
	}
	var err error
	if j.typ.Dynamic() {
		// Numbers that go to an interface stay exact, as json.Number.
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		err = d.Decode(v)
	} else {
		err = json.Unmarshal(body, v)
	}
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return failure.BadPayload.With(fmt.Sprintf("field %s does not fit %v", e.Field, e.Type))
	}
	return DoesNotFit(v)
}

// DoesNotFit says that a body is not one of the type that v points to, and nothing of the body.
func DoesNotFit(v any) error {
	return failure.BadPayload.With(fmt.Sprintf("it does not fit %v", reflect.TypeOf(v).Elem()))
}
