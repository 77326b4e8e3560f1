package conformance

import (
	"time"

	"github.com/sealring/sealring/compat/starlette"
)

type starletteCase struct {
	compatCase
	secretKeys
}

func checkStarlette(data []byte) (name string, differs, invalid error) {
	var c starletteCase
	if err := decode(data, &c); err != nil {
		return c.Name, nil, err
	}
	if err := c.compatCase.invalid("session"); err != nil {
		return c.Name, nil, err
	}
	if err := c.secretKeys.invalid(); err != nil {
		return c.Name, nil, err
	}
	key, fallbacks := c.split()
	sessions, err := newStarletteSessions(append(fallbacks, key), c.now, c.MaxAge)
	if err != nil {
		return c.Name, c.outcome(nil, time.Time{}, err), nil
	}
	session, at, err := sessions.Loads(*c.Token)
	if differs := c.outcome(any(session), at, err); differs != nil || err != nil {
		return c.Name, differs, nil
	}

	// The writing side: what is signed when the token was opens again.
	sessions, err = newStarletteSessions([]string{key}, func() time.Time { return at }, nil)
	if err != nil {
		return c.Name, err, nil // unreachable: more keys were taken before
	}
	written, err := sessions.Dumps(session)
	if err != nil {
		return c.Name, err, nil
	}
	again, atAgain, err := sessions.Loads(written)
	return c.Name, comesBack(any(session), any(again), at, atAgain, err), nil
}

func newStarletteSessions(keys []string, now func() time.Time, maxAge *seconds) (*starlette.Sessions[map[string]any], error) {
	o := &starlette.Options{Leeway: new(time.Duration(0)), Now: now, AnyAge: maxAge == nil}
	if maxAge != nil {
		o.MaxAge = positive(maxAge.duration())
	}
	return starlette.NewSessions[map[string]any](keys, o)
}
