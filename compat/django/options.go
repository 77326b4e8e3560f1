package django

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// Options are what the constructors may be told. Every zero value, and a nil *Options, is the default.
type Options struct {
	// Salt tells apart what one key signs for different uses. It is no secret. Nil means Django's own for the use;
	// otherwise it is the argument salt, and, as in Django, an empty one means "django.core.signing.TimestampSigner",
	// and none at all beside a cookie's name. For StoredSessions of a SessionStore class with a name of its own it is
	// "django.contrib.sessions." and that name. It is UTF-8, taken byte for byte: the composed and the decomposed form
	// of a letter are different salts.
	Salt []byte
	// Compress makes a Signer compress where that is shorter, as dumps' argument does. Sessions always do, and what is
	// compressed opens either way.
	Compress bool
	// CookieSalt says how a Cookie's salt is made: CookieSaltV2 unless set.
	CookieSalt CookieSalt
	// SessionCookieAge is how long CookieSessions last, as SESSION_COOKIE_AGE: two weeks unless set.
	SessionCookieAge time.Duration
	// LegacySHA1 also opens what is signed with SHA-1, as Django before 3.1 did, and up to 3.2 where told. Nothing is
	// signed so. Cookies of that time have the salt of CookieSaltV2OrLegacy.
	LegacySHA1 bool

	// MaxDecoded is the most bytes that a payload may have, once decompressed: 1 MiB unless set. Django has no limit.
	MaxDecoded int
	// Leeway is how far in the future a timestamp may lie, where there is a maximum age: 10 seconds if nil, since this
	// clock is not the one that signed. Django takes any. It lengthens no age.
	Leeway *time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// The salts that Django has for its uses.
const (
	saltTimestampSigner = "django.core.signing.TimestampSigner"
	saltDumps           = "django.core.signing"
	saltCookieSessions  = "django.contrib.sessions.backends.signed_cookies"
	saltStoredSessions  = "django.contrib.sessions.SessionStore"
)

const (
	defaultMaxDecoded       = 1 << 20
	defaultLeeway           = 10 * time.Second
	defaultSessionCookieAge = 14 * 24 * time.Hour
	// maxLimit is the most that MaxDecoded may be set to, so that sizes fit into 32 bits.
	maxLimit = 1 << 30
)

// settings returns a copy of the options with the defaults filled in.
func (o *Options) settings(salt string) (*Options, error) {
	set, leeway := new(Options), defaultLeeway
	if o != nil {
		*set = *o
	}
	if set.Salt == nil {
		set.Salt = []byte(salt)
	}
	if set.SessionCookieAge == 0 {
		set.SessionCookieAge = defaultSessionCookieAge
	}
	if set.MaxDecoded == 0 {
		set.MaxDecoded = defaultMaxDecoded
	}
	if set.Leeway != nil {
		leeway = *set.Leeway
	}
	set.Leeway = &leeway // which the caller cannot change any more
	if set.Now == nil {
		set.Now = time.Now
	}
	switch {
	case !utf8.Valid(set.Salt):
		return nil, configError("Options.Salt is not UTF-8, so that Django has no such salt")
	case set.CookieSalt < CookieSaltV2 || set.CookieSalt > CookieSaltLegacy:
		return nil, configError("Options.CookieSalt is none of the three")
	case set.SessionCookieAge < 0:
		return nil, configError("Options.SessionCookieAge is negative")
	case set.MaxDecoded < 0 || set.MaxDecoded > maxLimit:
		return nil, configError("Options.MaxDecoded is at most 1 GiB, or 0 for the default")
	case leeway < 0:
		return nil, configError("Options.Leeway is negative")
	}
	return set, nil
}

// secretKeys returns the keys as itsdangerous has them, oldest to newest, each behind a prefix.
func secretKeys(prefix, secretKey string, fallbacks []string) ([]string, error) {
	if secretKey == "" {
		return nil, configError("the secret key is empty, so that everybody could sign with it")
	}
	keys := make([]string, 0, len(fallbacks)+1)
	for i := len(fallbacks) - 1; i >= 0; i-- {
		if fallbacks[i] == "" {
			return nil, configError(fmt.Sprintf("fallback key %d is empty, so that everybody could sign with it", i))
		}
		keys = append(keys, prefix+fallbacks[i])
	}
	return append(keys, prefix+secretKey), nil
}

func configError(detail string) error { return fault.New(name, itsdangerous.ErrConfig, detail) }
