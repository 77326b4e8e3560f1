package django

import (
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// A CookieSalt is how the salt of a signed cookie is made of its name and of Options.Salt.
//
// Until CVE-2026-6873 it was the name with the salt behind it, and nothing between that says where one ends: the cookie "a"
// with the salt "bc" has the salt of the cookie "ab" with the salt "c", so that the value of one is good for the other.
// Django 5.2.15 and 6.0.6 put a prefix and the length of the salt in front, after which no two pairs have one text. They
// still read the old form unless SIGNED_COOKIE_LEGACY_SALT_FALLBACK is False, and with it what is wrong with it.
type CookieSalt int

const (
	// CookieSaltV2 writes and reads the new form. It is the default.
	CookieSaltV2 CookieSalt = iota
	// CookieSaltV2OrLegacy writes the new form and reads both, as Django 5.2.19 does by default. Give it an end: once the
	// oldest cookie of before has expired.
	CookieSaltV2OrLegacy
	// CookieSaltLegacy writes the old form and reads both, beside a Django that does not read the new one yet, such as
	// 4.2.30.
	CookieSaltLegacy
)

// A Cookie signs the values of one cookie together with the time: what response.set_signed_cookie and
// request.get_signed_cookie do. It is safe for concurrent use. Make it with NewCookie: the zero Cookie is of no use.
//
// It signs values and sets no cookies. Django quotes a value that holds more than ASCII letters, digits and
// !#$%&'*+-.^_`|~: and escapes some of it there in a manner that net/http does not undo, so let both sides sign values of
// these alone.
type Cookie struct {
	signers []*TimestampSigner // the first signs, all open
}

// NewCookie returns the signer of the cookie of a name, for SECRET_KEY and SECRET_KEY_FALLBACKS: the first signs, all open.
// It derives what it needs of them once, so keep it. Options.Salt is the argument salt of Django's two methods. Errors match
// ErrConfig; an empty key or name is one.
//
// Name and key are two strings side by side, which no compiler tells apart: the name comes first. The wrong way round
// nothing of Django's opens, and whoever knows the name can sign.
func NewCookie(cookieName, secretKey string, fallbacks []string, o *Options) (*Cookie, error) {
	set, err := o.settings("")
	if err != nil {
		return nil, err
	}
	if cookieName == "" || !utf8.ValidString(cookieName) {
		return nil, configError("the name of the cookie is empty or not UTF-8")
	}
	keys, err := secretKeys("django.http.cookies", secretKey, fallbacks)
	if err != nil {
		return nil, err
	}
	c := new(Cookie)
	for _, salt := range cookieSalts(set.CookieSalt, cookieName, set.Salt) {
		signer, err := newTimestampSigner(keys, salt, set)
		if err != nil {
			return nil, err
		}
		c.signers = append(c.signers, signer)
	}
	return c, nil
}

// cookieSalts returns the salts of a cookie, that of writing first. The length in the new form is one of code points.
func cookieSalts(kind CookieSalt, cookieName string, salt []byte) []string {
	v2 := fmt.Sprintf("django.http.cookies.v2:%d:%s%s", utf8.RuneCount(salt), salt, cookieName)
	legacy := cookieName + string(salt)
	switch kind {
	case CookieSaltV2OrLegacy:
		return []string{v2, legacy}
	case CookieSaltLegacy:
		return []string{legacy, v2}
	}
	return []string{v2}
}

// Sign returns a value as the cookie has it, signed with the current time. It fails with ErrBadPayload for one that is not
// UTF-8, and with ErrConfig where the clock is outside the years 1970 to 9999.
func (c *Cookie) Sign(value string) (string, error) { return c.signers[0].Sign(value) }

// Unsign returns the value in a cookie and when it was signed, in UTC, if that is no longer ago than maxAge, to the
// nanosecond. It fails with ErrBadSignature, under which ErrBadTimeSignature and ErrSignatureExpired are, and with
// ErrBadPayload for a value that is not UTF-8.
func (c *Cookie) Unsign(signed string, maxAge time.Duration) (string, time.Time, error) {
	value, at, err := c.UnsignAnyAge(signed)
	if err == nil {
		err = c.signers[0].checkAge(at, maxAge)
	}
	if err != nil {
		return "", time.Time{}, err
	}
	return value, at, nil
}

// UnsignAnyAge is Unsign without a maximum age, which takes whatever was ever signed, in the future even.
func (c *Cookie) UnsignAnyAge(signed string) (value string, at time.Time, err error) {
	for _, s := range c.signers {
		// Whatever else is wrong, the signature was good.
		if value, at, err = s.UnsignAnyAge(signed); err != errMismatch {
			break
		}
	}
	return value, at, err
}

// OpenLegacy makes the signer an opener for sealring's Options.Legacy: it returns the value in a cookie as a JSON string,
// and when it was signed. It leaves the age to the codec.
func (c *Cookie) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	value, issued, err := c.UnsignAnyAge(signed)
	return quote(value, issued, err)
}

// Format writes the type, whatever the verb.
func (c *Cookie) Format(f fmt.State, _ rune) { io.WriteString(f, "django.Cookie") }
