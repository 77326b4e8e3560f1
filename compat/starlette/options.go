package starlette

import (
	"time"

	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// Options are what NewSessions may be told. Every zero value, and a nil *Options, is the default.
type Options struct {
	// MaxAge is how old a session may be, as the middleware's argument max_age: 14 days unless set. Whole seconds count,
	// as in Python.
	MaxAge time.Duration
	// AnyAge accepts whatever was ever signed, in the future even, as max_age=None does. Then MaxAge is not set.
	AnyAge bool

	// MaxDecoded is the most bytes that the JSON of a session may have: 1 MiB unless set. Starlette has no limit.
	MaxDecoded int
	// Leeway is how far in the future a timestamp may lie: 10 seconds if nil, since this clock is not the one that
	// signed. Starlette takes none. It lengthens no age.
	Leeway *time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

const (
	defaultMaxAge     = 14 * 24 * time.Hour
	defaultMaxDecoded = 1 << 20
	defaultLeeway     = 10 * time.Second
	// maxLimit is the most that MaxDecoded may be set to, so that sizes fit into 32 bits.
	maxLimit = 1 << 30
)

// settings returns a copy of the options with the defaults filled in.
func (o *Options) settings() (*Options, error) {
	set, leeway := new(Options), defaultLeeway
	if o != nil {
		*set = *o
	}
	if set.Leeway != nil {
		leeway = *set.Leeway
	}
	set.Leeway = &leeway // which the caller cannot change any more
	if set.MaxDecoded == 0 {
		set.MaxDecoded = defaultMaxDecoded
	}
	switch {
	case set.AnyAge && set.MaxAge != 0:
		return nil, configError("Options.MaxAge beside AnyAge")
	case set.MaxAge < 0:
		return nil, configError("Options.MaxAge is negative")
	case set.MaxDecoded < 0 || set.MaxDecoded > maxLimit:
		return nil, configError("Options.MaxDecoded is at most 1 GiB, or 0 for the default")
	case leeway < 0:
		return nil, configError("Options.Leeway is negative")
	}
	if set.MaxAge == 0 {
		set.MaxAge = defaultMaxAge
	}
	return set, nil
}

// name begins every message of the package.
const name = "starlette"

func configError(detail string) error { return fault.New(name, itsdangerous.ErrConfig, detail) }

var (
	errBase64    = fault.New(name, itsdangerous.ErrBadPayload, "not exactly base64 with padding")
	errNotObject = fault.New(name, itsdangerous.ErrBadPayload, "a session that is not a JSON object")
	errLimit     = fault.New(name, itsdangerous.ErrBadPayload, "larger than the limit")
)
