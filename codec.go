// Package sealring implements sealed envelopes, signed or encrypted and tagged with a key ID, as specified in format.md.
// [NewCodec] makes a codec of a keyring, a purpose and a type; its Seal makes a token of a value, and its Open gives the
// value back only if a holder of the key sealed it for this purpose, not too long ago.
//
// # Key rotation
//
// A [Keyring] holds many keys and is replaced as a whole with [Keyring.Replace], which every codec follows at once. Add
// the next key with a SealFrom in the future, let every node load it, and when that time comes each seals with it; what
// the old key sealed still opens until its OpenUntil. [Info.Stale] tells which tokens to seal again.
//
// # Binding
//
// [Codec.For] binds a token to something that is not in it, such as a session ID: stored under another one, it does not
// open.
//
// # Errors
//
// Opening fails in one of ten classes, from [ErrTooLarge] to [ErrBadPayload], each with a sentinel for errors.Is, and all
// of them match [ErrInvalid]. ErrExpired is said of authentic tokens only. On an error the result is the zero value.
//
// # Compatibility
//
// Version 1 of the format is final: what it seals stays readable in every version of this package, for as long as the
// key is there. The Go API may change until v1.0.0. Tokens of other libraries open, too, while a service moves over:
// [Options].Legacy and the packages under compat.
//
// # What it does not do
//
// A token can be used as often as its lifetime allows: to make it good for one use, keep its use on record. Lengths are
// not hidden. A [Signed] token can be read by everybody.
package sealring

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"

	"github.com/sealring/sealring/internal/failure"
)

// A Codec seals and opens values of type T for one purpose. It is safe for concurrent use. Make it with NewCodec: the zero
// Codec is of no use.
//
// In JSON, T is what encoding/json takes, but numbers that go to an interface stay exact, as json.Number, and a key that
// matches a field by letter case alone is refused. In MessagePack, T is what msgpack/v5 takes, but maps have text for
// keys and a number out of a field's range is refused; times come back in the local zone, and integers that go to an
// interface in the smallest type of their encoding. Either skips fields that are not exported, as encoding/json does.
//
// In MessagePack a field has the name in its msgpack tag or, where it has no such tag, the one in its json tag. Of the
// options of a json tag omitempty counts there, by the rules of msgpack/v5, for which a value is empty too if its method
// IsZero says so; string and omitzero do not. A msgpack tag takes the place of the json tag with all its options.
//
// Types that would not come back are refused where a codec is made: interfaces with methods, some ways of embedding, and
// json tags that MessagePack cannot follow. A type that encodes or decodes itself, by methods such as UnmarshalJSON or
// DecodeMsgpack, is on its own for what is in it: there the rules for bytes hold, and those for fields do not.
type Codec[T any] struct {
	sealer *Sealer
	bodies *[len(wireContents)]bodyCodec // by Content; nil where it does not come up
	bind   []byte                        // nil: unbound; empty: a binding was asked for and is empty
}

// NewCodec returns a codec for a purpose: 1 to 255 characters of printable ASCII that say what its tokens are for, such as
// "session" or "password-reset". What is sealed for one purpose does not open for another. Errors match ErrConfig.
func NewCodec[T any](ring *Keyring, purpose string, options *Options) (*Codec[T], error) {
	s, err := NewSealer(ring, purpose, options)
	if err != nil {
		return nil, err
	}
	c := &Codec[T]{sealer: s, bodies: new([len(wireContents)]bodyCodec)}
	for content := range c.bodies {
		legacy := Content(content) == JSON && len(s.settings.legacy) > 0
		if s.settings.contents[wireContents[content]] || legacy {
			c.bodies[content], err = newBodyCodec(Content(content), reflect.TypeFor[T](), options, s.settings.maxDecoded)
			if err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// For returns the codec bound to parts, such as a session ID: what it seals opens only in a codec bound to the same, and
// it opens nothing else. If there is no part or an empty one, as where a session ID is missing, every call of it fails
// with ErrBind. It replaces a binding that the codec had. Use one number of parts for a purpose.
func (c *Codec[T]) For(parts ...string) *Codec[T] {
	bound := *c
	var err error
	if bound.bind, err = Bind(parts...); err != nil {
		bound.bind = []byte{}
	}
	return &bound
}

// Seal returns a token of a value, in text form: characters A-Z a-z 0-9 - and _, beginning with sr1_. It fails with
// ErrBadPayload for a value that would not open, and with ErrTooLarge, ErrBind, ErrNoPrimaryKey and ErrNoRandomness.
func (c *Codec[T]) Seal(value T) (string, error) {
	w := workspaces.Get().(*workspace)
	defer w.release()
	var err error
	if w.body, err = c.seal(w.body[:0], &value, true); err != nil {
		return "", err
	}
	return string(w.body), nil
}

// AppendSeal appends what Seal returns. On an error it returns dst as it was given.
func (c *Codec[T]) AppendSeal(dst []byte, value T) ([]byte, error) { return c.seal(dst, &value, true) }

// AppendSealBinary appends the binary form of what Seal returns, for places that take any bytes.
func (c *Codec[T]) AppendSealBinary(dst []byte, value T) ([]byte, error) {
	return c.seal(dst, &value, false)
}

func (c *Codec[T]) seal(dst []byte, value *T, text bool) ([]byte, error) {
	if missing(c.bind) {
		return dst, failure.Bind
	}
	w := workspaces.Get().(*workspace)
	defer w.release()
	var err error
	if w.text, err = c.bodies[contentOf(c.sealer.settings.content)].Append(w.text[:0], value); err != nil {
		return dst, err
	}
	return c.sealer.seal(dst, w.text, c.bind, text)
}

// Open returns the value of a token. It fails in the classes from ErrTooLarge to ErrBadPayload, or with ErrBind; then the
// value is zero.
func (c *Codec[T]) Open(token string) (T, error) {
	value, _, err := c.OpenInfo(token)
	return value, err
}

// OpenInfo returns the value of a token and what the token says about itself, all of it authentic.
func (c *Codec[T]) OpenInfo(token string) (value T, info Info, _ error) {
	var o opened
	c.sealer.openText(&o, &info, token, c.bind)
	c.decode(&value, &o, &info)
	return value, info, o.err
}

// OpenBinary is OpenInfo for the binary form. It keeps no part of sealed.
func (c *Codec[T]) OpenBinary(sealed []byte) (value T, info Info, _ error) {
	var o opened
	c.sealer.openBinary(&o, &info, sealed, c.bind)
	c.decode(&value, &o, &info)
	return value, info, o.err
}

func (c *Codec[T]) decode(value *T, o *opened, info *Info) {
	defer o.release()
	if o.err == nil {
		o.err = c.bodies[contentOf(o.content)].Decode(o.body, value)
	}
	if c.sealer.settings.observer != nil {
		c.sealer.report(o, info)
	}
	if o.err != nil {
		var zero T
		*value, *info = zero, Info{}
	}
}

// String returns the purpose and the IDs of the ring's keys.
func (c Codec[T]) String() string {
	return fmt.Sprintf("codec(%s, %s)", c.sealer.settings.purpose, c.sealer.ring)
}

// Format writes String, whatever the verb.
func (c Codec[T]) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue makes slog write String.
func (c Codec[T]) LogValue() slog.Value { return slog.StringValue(c.String()) }
