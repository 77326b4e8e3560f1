package conformance

import (
	"errors"
	"time"

	"github.com/sealring/sealring/compat/itsdangerous"
)

type itsdangerousCase struct {
	compatCase
	Keys          []string `json:"keys"` // oldest first
	Salt          *string  `json:"salt"`
	Sep           string   `json:"sep"`
	KeyDerivation string   `json:"key_derivation"`
	Digest        string   `json:"digest"`
}

func (c *itsdangerousCase) invalid() error {
	if err := c.compatCase.invalid("Signer", "TimestampSigner", "Serializer", "TimedSerializer", "URLSafeSerializer",
		"URLSafeTimedSerializer"); err != nil {
		return err
	}
	switch {
	case len(c.Keys) == 0 || c.Salt == nil || c.Sep == "" || c.KeyDerivation == "" || c.Digest == "":
		return errors.New("needs keys, salt, sep, key_derivation and digest")
	case c.Expect != nil && c.timed() != (c.Expect.Timestamp != nil):
		return errors.New("expect needs timestamp where the class has one, and nowhere else")
	}
	return nil
}

func (c *itsdangerousCase) timed() bool {
	switch c.Class {
	case "TimestampSigner", "TimedSerializer", "URLSafeTimedSerializer":
		return true
	}
	return false
}

func checkItsdangerous(data []byte) (name string, differs, invalid error) {
	var c itsdangerousCase
	if err := decode(data, &c); err != nil {
		return c.Name, nil, err
	}
	if err := c.invalid(); err != nil {
		return c.Name, nil, err
	}
	library, err := c.library(c.Keys, c.now)
	if err != nil {
		return c.Name, c.outcome(nil, time.Time{}, err), nil
	}
	value, at, err := c.loads(library)
	if differs := c.outcome(value, at, err); differs != nil || err != nil {
		return c.Name, differs, nil
	}
	return c.Name, c.writes(value, at), nil
}

// writes checks the writing side: a value signed when the token was opens again, and where the token is a signer's and of
// the newest key it is the same token.
func (c *itsdangerousCase) writes(value any, at time.Time) error {
	newest, err := c.library(c.Keys[len(c.Keys)-1:], func() time.Time { return at })
	if err != nil {
		return err // unreachable: more keys were taken before
	}
	written, err := roundTrip(newest, value, at)
	if err != nil {
		return err
	}
	if c.Class == "Signer" || c.Class == "TimestampSigner" {
		if _, _, err := newest.LoadsAnyAge(*c.Token); err == nil && written != *c.Token {
			return errSigned
		}
	}
	return nil
}

// library returns the case's class.
func (c *itsdangerousCase) library(keys []string, now func() time.Time) (timedSerializer, error) {
	o := &itsdangerous.Options{
		Salt:          []byte(*c.Salt),
		Sep:           c.Sep,
		KeyDerivation: itsdangerous.KeyDerivation(c.KeyDerivation),
		Digest:        itsdangerous.Digest(c.Digest),
		Now:           now,
	}
	switch c.Class {
	case "Signer":
		s, err := itsdangerous.NewSigner(keys, o)
		return untimed{textSigner{s}}, err
	case "TimestampSigner":
		s, err := itsdangerous.NewTimestampSigner(keys, o)
		return timedTextSigner{s}, err
	case "Serializer":
		s, err := itsdangerous.NewSerializer[any](keys, o)
		return untimed{s}, err
	case "URLSafeSerializer":
		s, err := itsdangerous.NewURLSafeSerializer[any](keys, o)
		return untimed{s}, err
	case "TimedSerializer":
		return itsdangerous.NewTimedSerializer[any](keys, o)
	default:
		return itsdangerous.NewURLSafeTimedSerializer[any](keys, o)
	}
}

// serializer is what the classes look like that have no time.
type serializer interface {
	Dumps(value any) (string, error)
	Loads(token string) (any, error)
}

// untimed is a serializer without a time, for which every age will do.
type untimed struct{ serializer }

func (u untimed) Loads(token string, _ time.Duration) (any, time.Time, error) {
	return u.LoadsAnyAge(token)
}

func (u untimed) LoadsAnyAge(token string) (any, time.Time, error) {
	value, err := u.serializer.Loads(token)
	return value, time.Time{}, err
}

var errNoText = errors.New("a signer signs text")

type textSigner struct{ *itsdangerous.Signer }

func (s textSigner) Dumps(value any) (string, error) {
	text, ok := value.(string)
	if !ok {
		return "", errNoText // unreachable: it is what a signer has returned
	}
	return s.Sign(text), nil
}

func (s textSigner) Loads(token string) (any, error) { return s.Unsign(token) }

type timedTextSigner struct{ *itsdangerous.TimestampSigner }

func (s timedTextSigner) Dumps(value any) (string, error) {
	text, ok := value.(string)
	if !ok {
		return "", errNoText // unreachable: see above
	}
	return s.Sign(text)
}

func (s timedTextSigner) Loads(token string, maxAge time.Duration) (any, time.Time, error) {
	return s.Unsign(token, maxAge)
}

func (s timedTextSigner) LoadsAnyAge(token string) (any, time.Time, error) {
	return s.UnsignAnyAge(token)
}
