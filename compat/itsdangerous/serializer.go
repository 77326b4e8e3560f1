package itsdangerous

import (
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/sealring/sealring/internal/payload"
	"github.com/sealring/sealring/internal/urlsafe"
)

// A form is how a serializer writes values of a type into the text that its signer signs.
type form struct {
	json    *payload.JSON
	limit   int
	urlSafe bool
}

func newForm[T any](o *Options, urlSafe bool) (form, error) {
	json, err := payload.NewJSON(reflect.TypeFor[T](), o.MaxDecoded)
	if err != nil {
		return form{}, payloadError(err)
	}
	return form{json, o.MaxDecoded, urlSafe}, nil
}

// append appends the text of what v points to.
func (f *form) append(dst []byte, v any) ([]byte, error) {
	json, err := f.json.Append(nil, v)
	switch {
	case err != nil:
		return dst, payloadError(err)
	case len(json) > f.limit:
		return dst, errLimit
	case f.urlSafe:
		return urlsafe.Append(dst, json, true), nil
	}
	return append(dst, json...), nil
}

var errLimit = badPayload.with("larger than the limit")

// body returns the JSON in an authentic text.
func (f *form) body(text string) ([]byte, error) {
	if !f.urlSafe {
		if len(text) > f.limit {
			return nil, errLimit
		}
		return []byte(text), nil
	}
	body, err := urlsafe.Decode(text, f.limit)
	if err != nil {
		return nil, payloadError(err)
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
		return zero, payloadError(err)
	}
	return value, nil
}

// A Serializer signs values of type T as JSON. It is safe for concurrent use. Make it with NewSerializer: the zero
// Serializer is of no use.
//
// What goes to an interface comes back as the types of encoding/json, but numbers as json.Number, so that they stay exact.
// JSON that repeats a key, is nested more than 100 deep, or holds NaN or half a surrogate pair is refused, as are keys
// that match a field of T by letter case alone; format.md, Section 9, has all of the rules.
type Serializer[T any] struct {
	signer *Signer
	form   form
}

// NewSerializer returns a serializer of secret keys, oldest to newest: the last one signs, all open. Errors match
// ErrConfig.
func NewSerializer[T any](secretKeys []string, options *Options) (*Serializer[T], error) {
	return newSerializer[T](secretKeys, options, false)
}

func newSerializer[T any](secretKeys []string, options *Options, urlSafe bool) (*Serializer[T], error) {
	o, err := options.settings(defaultSerializerSalt)
	if err != nil {
		return nil, err
	}
	signer, err := newSigner(secretKeys, o)
	if err != nil {
		return nil, err
	}
	form, err := newForm[T](o, urlSafe)
	if err != nil {
		return nil, err
	}
	return &Serializer[T]{signer, form}, nil
}

// WithSalt returns the serializer for another salt: what Python's methods take as the argument salt. Keep it where the salt
// stays the same, because deriving its keys takes longer than signing.
func (s *Serializer[T]) WithSalt(salt []byte) (*Serializer[T], error) {
	signer, err := s.signer.withSalt(salt)
	if err != nil {
		return nil, err
	}
	return &Serializer[T]{signer, s.form}, nil
}

// Dumps returns a value, signed. It fails with ErrBadPayload for one that Loads would refuse.
func (s *Serializer[T]) Dumps(value T) (string, error) {
	b, err := s.form.append(nil, &value)
	if err != nil {
		return "", err
	}
	return string(s.signer.appendSignature(b, 0)), nil
}

// Loads returns the value of a signed text. It fails with ErrBadSignature and ErrBadPayload; then the value is zero.
func (s *Serializer[T]) Loads(signed string) (T, error) {
	text, err := s.signer.Unsign(signed)
	if err != nil {
		var zero T
		return zero, err
	}
	return load[T](&s.form, text)
}

// Format writes the type, whatever the verb.
func (s *Serializer[T]) Format(f fmt.State, _ rune) { io.WriteString(f, "itsdangerous.Serializer") }

// A URLSafeSerializer is a Serializer whose text is made of letters, digits and "-_." only, compressed where that makes
// it shorter. It is safe for concurrent use. Make it with NewURLSafeSerializer: the zero URLSafeSerializer is of no
// use.
type URLSafeSerializer[T any] struct{ s *Serializer[T] }

// NewURLSafeSerializer returns a serializer of secret keys, oldest to newest: the last one signs, all open. Errors match
// ErrConfig.
func NewURLSafeSerializer[T any](secretKeys []string, options *Options) (*URLSafeSerializer[T], error) {
	s, err := newSerializer[T](secretKeys, options, true)
	if err != nil {
		return nil, err
	}
	return &URLSafeSerializer[T]{s}, nil
}

// WithSalt is that of Serializer.
func (s *URLSafeSerializer[T]) WithSalt(salt []byte) (*URLSafeSerializer[T], error) {
	salted, err := s.s.WithSalt(salt)
	if err != nil {
		return nil, err
	}
	return &URLSafeSerializer[T]{salted}, nil
}

// Dumps is that of Serializer.
func (s *URLSafeSerializer[T]) Dumps(value T) (string, error) { return s.s.Dumps(value) }

// Loads is that of Serializer.
func (s *URLSafeSerializer[T]) Loads(signed string) (T, error) { return s.s.Loads(signed) }

// Format writes the type, whatever the verb.
func (s *URLSafeSerializer[T]) Format(f fmt.State, _ rune) {
	io.WriteString(f, "itsdangerous.URLSafeSerializer")
}

// A TimedSerializer is a Serializer that signs the second in which it does so, too. It is safe for concurrent use. Make
// it with NewTimedSerializer: the zero TimedSerializer is of no use.
type TimedSerializer[T any] struct {
	signer *TimestampSigner
	form   form
}

// NewTimedSerializer returns a serializer of secret keys, oldest to newest: the last one signs, all open. Errors match
// ErrConfig.
func NewTimedSerializer[T any](secretKeys []string, options *Options) (*TimedSerializer[T], error) {
	return newTimedSerializer[T](secretKeys, options, false)
}

func newTimedSerializer[T any](secretKeys []string, options *Options, urlSafe bool) (*TimedSerializer[T], error) {
	o, err := options.settings(defaultSerializerSalt)
	if err != nil {
		return nil, err
	}
	signer, err := newTimestampSigner(secretKeys, o)
	if err != nil {
		return nil, err
	}
	form, err := newForm[T](o, urlSafe)
	if err != nil {
		return nil, err
	}
	return &TimedSerializer[T]{signer, form}, nil
}

// WithSalt is that of Serializer.
func (s *TimedSerializer[T]) WithSalt(salt []byte) (*TimedSerializer[T], error) {
	signer, err := s.signer.withSalt(salt)
	if err != nil {
		return nil, err
	}
	return &TimedSerializer[T]{signer, s.form}, nil
}

// Dumps returns a value, signed with the current time. It fails with ErrBadPayload for a value that Loads would refuse, and
// with ErrConfig where the clock is outside the years 1970 to 9999.
func (s *TimedSerializer[T]) Dumps(value T) (string, error) {
	b, err := s.form.append(nil, &value)
	if err == nil {
		b, err = s.signer.appendSignature(b, 0)
	}
	if err != nil {
		return "", err
	}
	return string(b), nil
}

// Loads returns the value of a signed text and when it was signed, in UTC, if that is no longer ago than maxAge. A maxAge of
// 0 is an age of 0. It fails with ErrBadSignature, under which ErrBadTimeSignature and ErrSignatureExpired are, and
// ErrBadPayload; then the value is zero.
func (s *TimedSerializer[T]) Loads(signed string, maxAge time.Duration) (T, time.Time, error) {
	text, at, err := s.signer.Unsign(signed, maxAge)
	return loadTimed[T](&s.form, text, at, err)
}

// LoadsAnyAge is Loads without a maximum age, which takes whatever was ever signed, in the future even.
func (s *TimedSerializer[T]) LoadsAnyAge(signed string) (T, time.Time, error) {
	text, at, err := s.signer.UnsignAnyAge(signed)
	return loadTimed[T](&s.form, text, at, err)
}

func loadTimed[T any](f *form, text string, at time.Time, err error) (T, time.Time, error) {
	var value T
	if err == nil {
		value, err = load[T](f, text)
	}
	if err != nil {
		return value, time.Time{}, err
	}
	return value, at, nil
}

// Format writes the type, whatever the verb.
func (s *TimedSerializer[T]) Format(f fmt.State, _ rune) {
	io.WriteString(f, "itsdangerous.TimedSerializer")
}

// A URLSafeTimedSerializer is a TimedSerializer whose text is made of letters, digits and "-_." only, compressed where
// that makes it shorter. It is safe for concurrent use. Make it with NewURLSafeTimedSerializer: the zero
// URLSafeTimedSerializer is of no use.
type URLSafeTimedSerializer[T any] struct{ s *TimedSerializer[T] }

// NewURLSafeTimedSerializer returns a serializer of secret keys, oldest to newest: the last one signs, all open. Errors
// match ErrConfig.
func NewURLSafeTimedSerializer[T any](secretKeys []string, options *Options) (*URLSafeTimedSerializer[T], error) {
	s, err := newTimedSerializer[T](secretKeys, options, true)
	if err != nil {
		return nil, err
	}
	return &URLSafeTimedSerializer[T]{s}, nil
}

// WithSalt is that of Serializer.
func (s *URLSafeTimedSerializer[T]) WithSalt(salt []byte) (*URLSafeTimedSerializer[T], error) {
	salted, err := s.s.WithSalt(salt)
	if err != nil {
		return nil, err
	}
	return &URLSafeTimedSerializer[T]{salted}, nil
}

// Dumps is that of TimedSerializer.
func (s *URLSafeTimedSerializer[T]) Dumps(value T) (string, error) { return s.s.Dumps(value) }

// Loads is that of TimedSerializer.
func (s *URLSafeTimedSerializer[T]) Loads(signed string, maxAge time.Duration) (T, time.Time, error) {
	return s.s.Loads(signed, maxAge)
}

// LoadsAnyAge is that of TimedSerializer.
func (s *URLSafeTimedSerializer[T]) LoadsAnyAge(signed string) (T, time.Time, error) {
	return s.s.LoadsAnyAge(signed)
}

// Format writes the type, whatever the verb.
func (s *URLSafeTimedSerializer[T]) Format(f fmt.State, _ rune) {
	io.WriteString(f, "itsdangerous.URLSafeTimedSerializer")
}
