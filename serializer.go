package sealring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/payload"
)

// A bodyCodec turns values into bodies of one content and back, and holds both to the payload rules. v is a pointer to
// the codec's type.
type bodyCodec interface {
	append(dst []byte, v any) ([]byte, error)
	decode(body []byte, v any) error
}

// newBodyCodec returns what a Codec of type t does with a content; limit is how many bytes a body may have.
func newBodyCodec(c Content, t reflect.Type, o *Options, limit int) (bodyCodec, error) {
	switch {
	case c == Raw:
		if t.Kind() != reflect.String && (t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Uint8) {
			return nil, failure.Config.With(fmt.Sprintf("%v: content Raw is for types of []byte and string", t))
		}
		return rawBody{}, nil
	case c == JSON && o.JSON != nil:
		return customBody{o.JSON, func(b []byte) error { return payload.CheckJSON(b, nil) }}, nil
	case c == JSON:
		return newJSONBody(t, limit)
	case o.MessagePack != nil:
		return customBody{o.MessagePack, func(b []byte) error {
			_, err := payload.CheckMessagePack(b)
			return err
		}}, nil
	default:
		typ, err := payload.NewMessagePackType(t)
		if err != nil {
			return nil, failure.Config.With(err.Error())
		}
		return &messagePackBody{typ}, nil
	}
}

// refuse makes of a payload rule that a value breaks the error that sealing returns, which names the value.
func refuse(err error) error {
	if f, ok := errors.AsType[*payload.Fault](err); ok {
		return f.Named()
	}
	return err
}

// jsonBody is encoding/json, between checks of what that lets through.
type jsonBody struct {
	typ   *payload.JSONType
	limit int
}

func newJSONBody(t reflect.Type, limit int) (*jsonBody, error) {
	// A channel or function is better refused here than at the first value.
	if e, ok := errors.AsType[*json.UnsupportedTypeError](encodeZero(t)); ok {
		return nil, failure.Config.With(fmt.Sprintf("%v: JSON has no such type", e.Type))
	}
	typ, err := payload.NewJSONType(t)
	if err != nil {
		return nil, failure.Config.With(err.Error())
	}
	return &jsonBody{typ, limit}, nil
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

func (b *jsonBody) append(dst []byte, v any) ([]byte, error) {
	if err := b.typ.CheckValue(v, b.limit); err != nil {
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
	if err := b.check(body); err != nil {
		return dst, err
	}
	return append(dst, body...), nil
}

// check looks at what encoding/json wrote for what opening would refuse, where it can write that at all.
func (b *jsonBody) check(body []byte) error {
	if payload.HasReplacement(body) {
		return failure.BadPayload.With(`the value holds text that is not UTF-8, or ready JSON with the escape \ufffd`)
	}
	if b.typ.Safe() {
		return nil
	}
	return refuse(payload.CheckJSON(body, b.typ))
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

func (b *jsonBody) decode(body []byte, v any) error {
	if err := payload.CheckJSON(body, b.typ); err != nil {
		return err
	}
	var err error
	if b.typ.Dynamic() {
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
	return doesNotFit(v)
}

// doesNotFit says that a body is not one of a type, and nothing of the body.
func doesNotFit(v any) error {
	return failure.BadPayload.With(fmt.Sprintf("it does not fit %v", reflect.TypeOf(v).Elem()))
}

// messagePackBody is msgpack/v5, between checks of what that lets through.
type messagePackBody struct {
	typ *payload.MessagePackType
}

// messagePackEncoders and messagePackDecoders are pools of our own: those of msgpack/v5 are shared with the rest of the
// program, and what failed is better not used again.
var (
	messagePackEncoders = sync.Pool{New: func() any { return &messagePackEncoder{Encoder: msgpack.NewEncoder(nil)} }}
	messagePackDecoders = sync.Pool{New: func() any { return &messagePackDecoder{Decoder: msgpack.NewDecoder(nil)} }}
)

type messagePackEncoder struct {
	*msgpack.Encoder
	out bytes.Buffer
}

type messagePackDecoder struct {
	*msgpack.Decoder
	in bytes.Reader
}

func (b *messagePackBody) append(dst []byte, v any) (_ []byte, err error) {
	if err := b.typ.CheckValue(v); err != nil {
		return dst, err
	}
	e := messagePackEncoders.Get().(*messagePackEncoder)
	e.out.Reset()
	e.Reset(&e.out) // a type's own encoder may have changed settings
	e.UseCompactInts(true)
	e.SetSortMapKeys(true)
	defer func() {
		if recover() != nil {
			err = failure.BadPayload.With(fmt.Sprintf("a value of type %v does not marshal", reflect.TypeOf(v).Elem()))
		} else if err == nil && e.out.Cap() <= maxKeptSize {
			messagePackEncoders.Put(e)
		}
	}()
	if err := e.Encode(v); err != nil {
		return dst, failure.BadPayload.With(fmt.Sprintf("a value of type %v does not marshal", reflect.TypeOf(v).Elem()))
	}
	seen, err := payload.CheckMessagePack(e.out.Bytes())
	if err == nil {
		err = b.typ.Check(e.out.Bytes(), seen)
	}
	if err != nil {
		return dst, refuse(err)
	}
	return append(dst, e.out.Bytes()...), nil
}

func (b *messagePackBody) decode(body []byte, v any) (err error) {
	seen, err := payload.CheckMessagePack(body)
	if err != nil {
		return err
	}
	if err := b.typ.Check(body, seen); err != nil {
		return err
	}
	d := messagePackDecoders.Get().(*messagePackDecoder)
	d.in.Reset(body)
	d.Reset(&d.in)
	defer func() {
		// msgpack/v5 panics on nil where a time.Time goes, and on a value that an interface's methods rule out.
		if recover() != nil || err != nil || d.in.Len() != 0 {
			err = doesNotFit(v)
			return
		}
		d.in.Reset(nil)
		if len(body) <= maxKeptSize {
			messagePackDecoders.Put(d)
		}
	}()
	// Not Decode, which takes other forms than timestamps for a time.Time.
	return d.DecodeValue(reflect.ValueOf(v).Elem())
}

// rawBody is the bytes themselves, for types of []byte and string.
type rawBody struct{}

func (rawBody) append(dst []byte, v any) ([]byte, error) {
	e := reflect.ValueOf(v).Elem()
	if e.Kind() == reflect.String {
		return append(dst, e.String()...), nil
	}
	return append(dst, e.Bytes()...), nil
}

func (rawBody) decode(body []byte, v any) error {
	e := reflect.ValueOf(v).Elem()
	if e.Kind() == reflect.String {
		e.SetString(string(body))
	} else {
		e.SetBytes(append(make([]byte, 0, len(body)), body...))
	}
	return nil
}

// customBody is a user's own Serializer.
type customBody struct {
	serializer Serializer
	check      func(body []byte) error
}

func (b customBody) append(dst []byte, v any) ([]byte, error) {
	out, err := b.serializer.AppendMarshal(dst, v)
	if err != nil {
		return dst, failure.BadPayload.With("the serializer does not encode the value")
	}
	if !bytes.HasPrefix(out, dst) {
		return dst, failure.BadPayload.With("the serializer did not append")
	}
	encoded := out[len(dst):]
	if err := b.check(encoded); err != nil {
		return dst, refuse(err)
	}
	// A copy where the serializer did not append in place: its slice is its own, and dst goes back to a pool.
	return append(dst, encoded...), nil
}

func (b customBody) decode(body []byte, v any) error {
	if err := b.check(body); err != nil {
		return err
	}
	if err := b.serializer.Unmarshal(body, v); err != nil {
		return doesNotFit(v)
	}
	return nil
}
