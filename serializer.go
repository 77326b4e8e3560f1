package sealring

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/payload"
)

// A bodyCodec turns values into bodies of one content and back, and holds both to the payload rules. v is a pointer to
// the codec's type.
type bodyCodec interface {
	Append(dst []byte, v any) ([]byte, error)
	Decode(body []byte, v any) error
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
		return payload.NewJSON(t, limit)
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
	out appender
}

// An appender is an io.Writer and io.ByteWriter that appends, with less to do for each write than a bytes.Buffer has.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

func (a *appender) WriteByte(c byte) error {
	a.b = append(a.b, c)
	return nil
}

type messagePackDecoder struct {
	*msgpack.Decoder
	in bytes.Reader
}

func (b *messagePackBody) Append(dst []byte, v any) (_ []byte, err error) {
	if err := b.typ.CheckValue(v); err != nil {
		return dst, err
	}
	e := messagePackEncoders.Get().(*messagePackEncoder)
	e.out.b = dst
	e.Reset(&e.out) // a type's own encoder may have changed settings
	e.SetCustomStructTag(payload.FallbackTag)
	e.UseCompactInts(true)
	e.SetSortMapKeys(true)
	defer func() {
		e.out.b = nil
		if recover() != nil {
			err = failure.BadPayload.With(fmt.Sprintf("a value of type %v does not marshal", reflect.TypeOf(v).Elem()))
		} else if err == nil {
			messagePackEncoders.Put(e)
		}
	}()
	if err := e.Encode(v); err != nil {
		return dst, failure.BadPayload.With(fmt.Sprintf("a value of type %v does not marshal", reflect.TypeOf(v).Elem()))
	}
	out := e.out.b
	seen, err := payload.CheckMessagePack(out[len(dst):])
	if err == nil {
		err = b.typ.Check(out[len(dst):], seen)
	}
	if err != nil {
		return dst, payload.Named(err)
	}
	return out, nil
}

func (b *messagePackBody) Decode(body []byte, v any) (err error) {
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
	d.SetCustomStructTag(payload.FallbackTag)
	defer func() {
		// msgpack/v5 panics on nil where a time.Time goes, and on a value that an interface's methods rule out.
		if recover() != nil || err != nil || d.in.Len() != 0 {
			err = payload.DoesNotFit(v)
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

func (rawBody) Append(dst []byte, v any) ([]byte, error) {
	e := reflect.ValueOf(v).Elem()
	if e.Kind() == reflect.String {
		return append(dst, e.String()...), nil
	}
	return append(dst, e.Bytes()...), nil
}

func (rawBody) Decode(body []byte, v any) error {
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

func (b customBody) Append(dst []byte, v any) ([]byte, error) {
	out, err := b.serializer.AppendMarshal(dst, v)
	if err != nil {
		return dst, failure.BadPayload.With("the serializer does not encode the value")
	}
	if !bytes.HasPrefix(out, dst) {
		return dst, failure.BadPayload.With("the serializer did not append")
	}
	encoded := out[len(dst):]
	if err := b.check(encoded); err != nil {
		return dst, payload.Named(err)
	}
	// A copy where the serializer did not append in place: its slice is its own, and dst goes back to a pool.
	return append(dst, encoded...), nil
}

func (b customBody) Decode(body []byte, v any) error {
	if err := b.check(body); err != nil {
		return err
	}
	if err := b.serializer.Unmarshal(body, v); err != nil {
		return payload.DoesNotFit(v)
	}
	return nil
}
