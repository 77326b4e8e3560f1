package flask

import (
	"time"

	"github.com/sealring/sealring/compat/itsdangerous"
)

// Options are what Sessions may be told. Every zero value is the safe default, and so is a nil *Options.
type Options struct {
	// Lifetime is how old a session may be that Loads accepts, and the same as the application's
	// PERMANENT_SESSION_LIFETIME: 31 days unless set, as in Flask. Parts of a second do not count. Flask applies it to
	// sessions that are not permanent, too.
	Lifetime time.Duration
	// Leeway is how far in the future a session may have been signed, by a node whose clock is ahead; parts of a second
	// do not count. It lengthens no age. Nil means 10 seconds. Flask has none, but there the clock that verifies is mostly
	// the one that signed; a service beside it has another, and a second between them would log everybody out.
	Leeway *time.Duration
	// MaxDecoded is the most bytes that the JSON of a session may have, once decompressed: up to 1 GiB; 0 means 1 MiB.
	// Flask has no limit.
	MaxDecoded int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

const (
	defaultLifetime = 31 * 24 * time.Hour
	// defaultLeeway is the one that the root package has.
	defaultLeeway = 10 * time.Second
	// defaultMaxDecoded is far more than a cookie holds (4,096 bytes), but for what is compressed.
	defaultMaxDecoded = 1 << 20
)

// settings returns a copy of the options with the defaults filled in, and the options of the signer below.
func (o *Options) settings() (Options, *itsdangerous.Options, error) {
	var set Options
	if o != nil {
		set = *o
	}
	if set.Lifetime < 0 {
		return Options{}, nil, badConfig("Options.Lifetime is negative")
	}
	if set.Lifetime == 0 {
		set.Lifetime = defaultLifetime
	}
	if set.MaxDecoded == 0 {
		set.MaxDecoded = defaultMaxDecoded
	}
	leeway := defaultLeeway
	if set.Leeway != nil {
		leeway = *set.Leeway
	}
	return set, &itsdangerous.Options{
		Salt:          []byte("cookie-session"),
		KeyDerivation: itsdangerous.HMAC,
		Digest:        itsdangerous.SHA1,
		MaxDecoded:    set.MaxDecoded,
		Leeway:        leeway,
		Now:           set.Now,
	}, nil
}
