package sealedgorilla

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/gobs"
	"github.com/sealring/sealring/internal/payload"
)

const (
	defaultPurpose = "gorilla-cookie"
	// defaultTTL is gorilla's.
	defaultTTL = 30 * 24 * time.Hour
	// defaultMaxLength is what browsers keep of a cookie, name and value.
	defaultMaxLength = 4096
	// maxMaxLength keeps sizes within 32 bits; it is for files, and far more than they need.
	maxMaxLength = 1 << 24
	// minDecoded is beyond every cookie.
	minDecoded = 1 << 20
)

// Options are what a Codec may be told. Every zero value is the safe default, and nil means all of them.
type Options struct {
	// Purpose is what cookies are sealed for; "" means "gorilla-cookie". Services that share a ring and a cookie's name
	// need one each.
	Purpose string
	// TTL is how long a cookie is good for: whole, positive milliseconds; 0 means 30 days, as with gorilla.
	TTL time.Duration
	// Signed leaves cookies readable to whoever has them. Otherwise they are encrypted, and those that were signed before
	// still open.
	Signed bool
	// JSON makes Encode write encoding/json, by the payload rules of format.md, as for a reader in another language.
	// Otherwise it writes encoding/gob, which takes every value that gorilla does, and which the map[any]any of
	// gorilla/sessions needs. Decode reads what the cookie says it is.
	JSON bool
	// MaxLength is the most characters that a cookie's name and value may have together, up to 16 Mi; 0 means 4,096, which
	// is what browsers keep. It can be more where what is written is no cookie, as the files of a FilesystemStore.
	MaxLength int

	// Observer hears how each opening ends; nil means nobody.
	Observer sealring.Observer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Codec seals the values of cookies; it has the methods of securecookie.Codec. It is safe for concurrent use. Make it
// with NewCodec: the zero Codec is of no use.
//
// Errors match the classes of package sealring under errors.Is, and have the methods of securecookie.Error: IsDecode is
// true of all that a browser can cause.
type Codec struct {
	sealer    *sealring.Sealer
	json      bool
	maxLength int
	types     sync.Map // reflect.Type to *payload.JSON; as many as the program has types that it keeps in cookies
}

// The methods that gorilla asks for.
var _ interface {
	Encode(name string, value any) (string, error)
	Decode(name, value string, dst any) error
} = (*Codec)(nil)

// NewCodec returns a codec for cookies. Errors match sealring.ErrConfig.
func NewCodec(ring *sealring.Keyring, options *Options) (*Codec, error) {
	var o Options
	if options != nil {
		o = *options
	}
	if o.MaxLength < 0 || o.MaxLength > maxMaxLength {
		return nil, failure.Config.With("Options.MaxLength is not negative and at most 16 Mi; 0 means 4,096")
	}
	c := &Codec{json: o.JSON, maxLength: or(o.MaxLength, defaultMaxLength)}
	so := &sealring.Options{
		TTL:         or(o.TTL, defaultTTL),
		Encrypt:     !o.Signed,
		Content:     sealring.Raw,
		Contents:    []sealring.Content{sealring.Raw, sealring.JSON},
		MaxEnvelope: max(1, c.maxLength/4*3),
		MaxDecoded:  max(minDecoded, c.maxLength),
		Observer:    o.Observer,
		Now:         o.Now,
	}
	if o.JSON {
		so.Content = sealring.JSON
	}
	if !o.Signed {
		so.Suites = []sealring.Suite{sealring.Encrypted, sealring.Signed}
	}
	var err error
	if c.sealer, err = sealring.NewSealer(ring, or(o.Purpose, defaultPurpose), so); err != nil {
		return nil, err
	}
	return c, nil
}

// or returns value, or other if that is the zero value.
func or[V comparable](value, other V) V {
	if value == *new(V) {
		return other
	}
	return value
}

// Encode returns a value, or what it points to, as the text of a cookie: characters A-Z a-z 0-9 - and _. It fails with
// sealring.ErrTooLarge where browsers would drop the cookie, and with ErrBadPayload for what does not encode.
func (c *Codec) Encode(name string, value any) (string, error) {
	if name == "" {
		return "", errName
	}
	body, err := c.body(value)
	if err != nil {
		return "", &failed{err, usage}
	}
	text, err := c.sealer.AppendSeal(nil, body, []byte(name))
	switch {
	case errors.Is(err, sealring.ErrTooLarge), errors.Is(err, sealring.ErrBadPayload), // for its size: the body is our own
		err == nil && len(name)+len(text) > c.maxLength:
		return "", errSize
	case err != nil: // no key seals now, or there is no randomness
		return "", &failed{err, internal}
	}
	return string(text), nil
}

func (c *Codec) body(value any) ([]byte, error) {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() == reflect.Pointer {
		return nil, errNil.err
	}
	if !c.json {
		return gobs.Append(nil, value)
	}
	j, err := c.jsonOf(v.Type())
	if err != nil {
		return nil, err
	}
	in := reflect.New(v.Type())
	in.Elem().Set(v)
	return j.Append(nil, in.Interface())
}

// jsonOf returns the JSON of a type, which takes long to make.
func (c *Codec) jsonOf(t reflect.Type) (*payload.JSON, error) {
	if j, ok := c.types.Load(t); ok {
		return j.(*payload.JSON), nil
	}
	j, err := payload.NewJSON(t, max(minDecoded, c.maxLength))
	if err != nil {
		return nil, err
	}
	c.types.Store(t, j)
	return j, nil
}

// Decode puts the value of a cookie in the place of what dst points to, whole: members of a map that was there are gone.
// On an error that is untouched. Nothing is decoded that is not authentic, for this name, and in time.
func (c *Codec) Decode(name, value string, dst any) error {
	out := reflect.ValueOf(dst)
	switch {
	case name == "":
		return errName
	case out.Kind() != reflect.Pointer || out.IsNil():
		return errPointer
	case len(name)+len(value) > c.maxLength:
		return errLength
	}
	body, info, err := c.sealer.AppendOpen(nil, value, []byte(name))
	if err != nil {
		return &failed{err, decode}
	}
	fresh := reflect.New(out.Type().Elem())
	if info.Content == sealring.Raw {
		err = gobs.Decode(body, fresh.Interface())
	} else {
		err = c.decodeJSON(body, fresh)
	}
	if err != nil {
		return &failed{err, decode}
	}
	out.Elem().Set(fresh.Elem())
	return nil
}

func (c *Codec) decodeJSON(body []byte, fresh reflect.Value) error {
	j, err := c.jsonOf(fresh.Type().Elem())
	if err != nil {
		return payload.DoesNotFit(fresh.Interface())
	}
	return j.Decode(body, fresh.Interface())
}

// String returns the purpose and the IDs of the ring's keys.
func (c *Codec) String() string { return fmt.Sprintf("gorilla(%s)", c.sealer) }

// Format writes String, whatever the verb.
func (c *Codec) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue makes slog write String.
func (c *Codec) LogValue() slog.Value { return slog.StringValue(c.String()) }
