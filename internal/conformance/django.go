package conformance

import (
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring/compat/django"
)

type djangoCase struct {
	compatCase
	secretKeys
	Salt      *string `json:"salt"`
	Algorithm string  `json:"algorithm"`
}

func (c *djangoCase) invalid() error {
	if err := c.compatCase.invalid("dumps", "signed_cookie"); err != nil {
		return err
	}
	if err := c.secretKeys.invalid(); err != nil {
		return err
	}
	switch {
	case c.Salt == nil:
		return errors.New("needs salt")
	case c.Algorithm != "" && c.Algorithm != "sha256" && c.Algorithm != "sha1":
		return fmt.Errorf("unknown algorithm %q", c.Algorithm)
	}
	return nil
}

func checkDjango(data []byte) (name string, differs, invalid error) {
	var c djangoCase
	if err := decode(data, &c); err != nil {
		return c.Name, nil, err
	}
	if err := c.invalid(); err != nil {
		return c.Name, nil, err
	}
	key, fallbacks := c.split()
	o := c.options(c.now)
	o.LegacySHA1 = c.Algorithm == "sha1"
	var opener timedSerializer
	var err error
	if c.Class == "signed_cookie" {
		o.CookieSalt = django.CookieSaltV2OrLegacy
		opener, err = newDjangoCookie(*c.Salt, key, fallbacks, o)
	} else {
		o.Salt = []byte(*c.Salt)
		opener, err = django.NewSigner[any](key, fallbacks, o)
	}
	if err != nil {
		return c.Name, c.outcome(nil, time.Time{}, err), nil
	}
	value, at, err := c.loads(opener)
	if differs := c.outcome(value, at, err); differs != nil || err != nil {
		return c.Name, differs, nil
	}
	return c.Name, c.writes(value, at), nil
}

// options returns what all of a case's signers have.
func (c *djangoCase) options(now func() time.Time) *django.Options {
	return &django.Options{Leeway: new(time.Duration(0)), Now: now}
}

// writes checks the writing side: a value signed when the token was opens again, and where that is a cookie signed with
// the newest key and today's algorithm, it is the same token.
func (c *djangoCase) writes(value any, at time.Time) error {
	key, _ := c.split()
	o := c.options(func() time.Time { return at })
	if c.Class == "dumps" {
		o.Salt = []byte(*c.Salt)
		for _, o.Compress = range []bool{false, true} {
			s, err := django.NewSigner[any](key, nil, o)
			if err != nil {
				return err // unreachable: more keys were taken before
			}
			if _, err := roundTrip(s, value, at); err != nil {
				return err
			}
		}
		return nil
	}

	written := map[string]bool{}
	ours := false
	for _, o.CookieSalt = range []django.CookieSalt{django.CookieSaltV2, django.CookieSaltLegacy} {
		cookie, err := newDjangoCookie(*c.Salt, key, nil, o)
		if err != nil {
			return err // unreachable: see above
		}
		token, err := roundTrip(cookie, value, at)
		if err != nil {
			return err
		}
		written[token] = true
		_, _, err = cookie.LoadsAnyAge(*c.Token)
		ours = err == nil // in the end by the one that reads both
	}
	if ours && !written[*c.Token] {
		return errSigned
	}
	return nil
}

type djangoCookie struct{ *django.Cookie }

func newDjangoCookie(name, key string, fallbacks []string, o *django.Options) (djangoCookie, error) {
	c, err := django.NewCookie(name, key, fallbacks, o)
	return djangoCookie{c}, err
}

func (c djangoCookie) Dumps(value any) (string, error) {
	text, ok := value.(string)
	if !ok {
		return "", errNoText // unreachable: it is what a cookie has returned
	}
	return c.Sign(text)
}

func (c djangoCookie) Loads(token string, maxAge time.Duration) (any, time.Time, error) {
	return c.Unsign(token, maxAge)
}

func (c djangoCookie) LoadsAnyAge(token string) (any, time.Time, error) { return c.UnsignAnyAge(token) }
