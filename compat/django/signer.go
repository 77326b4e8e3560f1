package django

import (
	"fmt"
	"io"
	"time"
)

// A Signer signs values of type T as JSON: what signing.dumps and signing.loads do. It is safe for concurrent use. Make
// it with NewSigner: the zero Signer is of no use.
//
// What goes to an interface comes back as the types of encoding/json, but numbers as json.Number, so that they stay exact.
// JSON that repeats a key, is nested more than 100 deep, or holds NaN or half a surrogate pair is refused, as are keys
// that match a field of T by letter case alone; format.md, Section 9, has all of the rules.
type Signer[T any] struct {
	signer *TimestampSigner
	form   form
}

// NewSigner returns a signer of SECRET_KEY and SECRET_KEY_FALLBACKS: the first signs, all open. It derives what it needs of
// them once. Errors match ErrConfig; an empty key is one.
func NewSigner[T any](secretKey string, fallbacks []string, o *Options) (*Signer[T], error) {
	set, err := o.settings(saltDumps)
	if err != nil {
		return nil, err
	}
	return newSigner[T](secretKey, fallbacks, set)
}

func newSigner[T any](secretKey string, fallbacks []string, o *Options) (*Signer[T], error) {
	keys, err := secretKeys("", secretKey, fallbacks)
	if err != nil {
		return nil, err
	}
	signer, err := newTimestampSigner(keys, string(o.Salt), o)
	if err != nil {
		return nil, err
	}
	form, err := newForm[T](o)
	if err != nil {
		return nil, err
	}
	return &Signer[T]{signer, form}, nil
}

// Dumps returns a value, signed with the current time. It fails with ErrBadPayload for a value that Loads would refuse, and
// with ErrConfig where the clock is outside the years 1970 to 9999.
func (s *Signer[T]) Dumps(value T) (string, error) {
	text, err := s.form.append(nil, &value)
	if err != nil {
		return "", err
	}
	return s.signer.sign(text)
}

// Loads returns the value of a signed text and when it was signed, in UTC, if that is no longer ago than maxAge, to the
// nanosecond. It fails with ErrBadSignature, under which ErrBadTimeSignature and ErrSignatureExpired are, and
// ErrBadPayload; then the value is zero.
func (s *Signer[T]) Loads(signed string, maxAge time.Duration) (T, time.Time, error) {
	text, at, err := s.signer.Unsign(signed, maxAge)
	return s.load(text, at, err)
}

// LoadsAnyAge is Loads without a maximum age, which takes whatever was ever signed, in the future even.
func (s *Signer[T]) LoadsAnyAge(signed string) (T, time.Time, error) {
	text, at, err := s.signer.UnsignAnyAge(signed)
	return s.load(text, at, err)
}

func (s *Signer[T]) load(text string, at time.Time, err error) (T, time.Time, error) {
	var value T
	if err == nil {
		value, err = load[T](&s.form, text)
	}
	if err != nil {
		return value, time.Time{}, err
	}
	return value, at, nil
}

// OpenLegacy makes the signer an opener for sealring's Options.Legacy: it returns the JSON of a signed text, and when it
// was signed. It leaves the age to the codec.
func (s *Signer[T]) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	text, issued, err := s.signer.UnsignAnyAge(signed)
	if err != nil {
		return nil, time.Time{}, err
	}
	if body, err = s.form.body(text); err != nil {
		return nil, time.Time{}, err
	}
	return body, issued, nil
}

// Format writes the type, whatever the verb.
func (s *Signer[T]) Format(f fmt.State, _ rune) { io.WriteString(f, "django.Signer") }
