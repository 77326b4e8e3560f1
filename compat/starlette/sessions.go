package starlette

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/internal/payload"
)

// Sessions opens and makes the values of the session cookie: request.session as a T, which is a struct or
// map[string]any. It is safe for concurrent use. Make it with NewSessions: the zero Sessions is of no use.
//
// What goes to an interface comes back as the types of encoding/json, but numbers as json.Number, so that they stay exact.
// JSON that repeats a key, is nested more than 100 deep, or holds NaN or half a surrogate pair is refused, as are keys
// that match a field of T by letter case alone; format.md, Section 9, has all of the rules.
type Sessions[T any] struct {
	signer *itsdangerous.TimestampSigner
	json   *payload.JSON
	limit  int // bytes of JSON
	maxAge time.Duration
	anyAge bool
}

// NewSessions returns the sessions of secret keys, oldest to newest: the last one signs, all open. The middleware has one,
// its argument secret_key; give it the newest. Errors match ErrConfig; an empty key is one, and a T that is no object in JSON.
func NewSessions[T any](secretKeys []string, o *Options) (*Sessions[T], error) {
	set, err := o.settings()
	if err != nil {
		return nil, err
	}
	// The defaults of itsdangerous are the format.
	signer, err := itsdangerous.NewTimestampSigner(secretKeys, &itsdangerous.Options{Leeway: *set.Leeway, Now: set.Now})
	if err != nil {
		return nil, fault.Rename(name, err)
	}
	json, err := payload.NewJSON(reflect.TypeFor[T](), set.MaxDecoded)
	if err != nil {
		return nil, fault.Payload(name, err)
	}
	if err := payload.CheckObject(reflect.TypeFor[T]()); err != nil {
		return nil, fault.Payload(name, err)
	}
	return &Sessions[T]{signer, json, set.MaxDecoded, set.MaxAge, set.AnyAge}, nil
}

// Dumps returns a session as the cookie has it, signed with the current time. It fails with ErrBadPayload for one that
// Loads would refuse, a nil map among them, and with ErrConfig where the clock is outside the years 1970 to 9999.
func (s *Sessions[T]) Dumps(session T) (string, error) {
	json, err := s.json.Append(nil, &session)
	switch {
	case err != nil:
		return "", fault.Payload(name, err)
	case len(json) > s.limit:
		return "", errLimit
	case !isObject(json):
		return "", errNotObject
	}
	signed, err := s.signer.Sign(base64.StdEncoding.EncodeToString(json))
	if err != nil {
		return "", fault.Rename(name, err)
	}
	return signed, nil
}

// Loads returns the session in a cookie and when it was signed, in UTC, if it is not too old. It fails with
// ErrBadSignature, under which ErrBadTimeSignature and ErrSignatureExpired are, and ErrBadPayload; then the session is zero.
func (s *Sessions[T]) Loads(signed string) (T, time.Time, error) {
	var session, zero T
	body, at, err := s.open(signed)
	if err != nil {
		return zero, time.Time{}, err
	}
	if err := s.json.Decode(body, &session); err != nil {
		return zero, time.Time{}, fault.Payload(name, err)
	}
	return session, at, nil
}

// open returns the JSON of a session that is not too old.
func (s *Sessions[T]) open(signed string) ([]byte, time.Time, error) {
	if s.anyAge {
		return s.OpenLegacy(signed)
	}
	text, at, err := s.signer.Unsign(signed, s.maxAge)
	return s.body(text, at, err)
}

// OpenLegacy makes the sessions an opener for sealring's Options.Legacy: it returns the JSON of a session, and when it was
// signed. It leaves the age to the codec.
func (s *Sessions[T]) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	text, at, err := s.signer.UnsignAnyAge(signed)
	return s.body(text, at, err)
}

// body returns the JSON in an authentic text. encoding/base64 skips CR and LF even when strict.
func (s *Sessions[T]) body(text string, at time.Time, err error) ([]byte, time.Time, error) {
	if err != nil {
		return nil, time.Time{}, fault.Rename(name, err)
	}
	if len(text) > base64.StdEncoding.EncodedLen(s.limit) {
		return nil, time.Time{}, errLimit
	}
	body, err := base64.StdEncoding.Strict().DecodeString(text)
	switch {
	case err != nil || strings.ContainsAny(text, "\r\n"):
		return nil, time.Time{}, errBase64
	case len(body) > s.limit:
		return nil, time.Time{}, errLimit
	case !isObject(body):
		return nil, time.Time{}, errNotObject
	}
	return body, at, nil
}

// isObject reports whether JSON is an object if it is JSON.
func isObject(json []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(json, " \t\r\n"), []byte("{")) }

// Format writes the type, whatever the verb.
func (s *Sessions[T]) Format(f fmt.State, _ rune) { io.WriteString(f, "starlette.Sessions") }
