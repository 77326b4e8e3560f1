package sealring_test

import (
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/flask"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/compat/securecookie"
	"github.com/sealring/sealring/compat/starlette"
)

// compatOpeners are one opener of each type under compat.
func compatOpeners(t *testing.T) map[string]sealring.LegacyOpener {
	t.Helper()
	keys, key := []string{"an older key", "the key"}, "the key"
	openers := map[string]sealring.LegacyOpener{}
	add := func(name string) func(sealring.LegacyOpener, error) {
		return func(opener sealring.LegacyOpener, err error) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			openers[name] = opener
		}
	}
	add("itsdangerous.Signer")(itsdangerous.NewSigner(keys, nil))
	add("itsdangerous.TimestampSigner")(itsdangerous.NewTimestampSigner(keys, nil))
	add("itsdangerous.Serializer")(itsdangerous.NewSerializer[any](keys, nil))
	add("itsdangerous.TimedSerializer")(itsdangerous.NewTimedSerializer[any](keys, nil))
	add("itsdangerous.URLSafeSerializer")(itsdangerous.NewURLSafeSerializer[any](keys, nil))
	add("itsdangerous.URLSafeTimedSerializer")(itsdangerous.NewURLSafeTimedSerializer[any](keys, nil))
	add("flask.Sessions")(flask.NewSessions(key, nil, nil))
	add("django.Signer")(django.NewSigner[any](key, nil, nil))
	add("django.TimestampSigner")(django.NewTimestampSigner(key, nil, nil))
	add("django.Cookie")(django.NewCookie("session", key, nil, &django.Options{CookieSalt: django.CookieSaltV2OrLegacy}))
	add("django.CookieSessions")(django.NewCookieSessions[map[string]any](key, nil, nil))
	add("django.StoredSessions")(django.NewStoredSessions[map[string]any](key, nil, nil))
	add("starlette.Sessions")(starlette.NewSessions[map[string]any](keys, nil))
	add("securecookie.Cookie")(securecookie.NewCookie[map[any]any]("session", []securecookie.KeyPair{{HashKey: []byte(key)}}, nil))
	return openers
}

// A cookie that was emptied, or never was a token, is no sign of tampering.
func TestLegacyJunkIsMalformed(t *testing.T) {
	for name, opener := range compatOpeners(t) {
		t.Run(name, func(t *testing.T) {
			var heard outcomes
			codec := mustCodec[any](t, mustRing(t, sealring.GenerateKey()), &sealring.Options{
				TTL: time.Hour, Observer: &heard,
				Legacy: []sealring.Legacy{{Opener: opener, Until: time.Now().Add(time.Hour), MaxAge: time.Hour}},
			})
			for _, junk := range []string{"", "abc", "null"} {
				_, err := codec.Open(junk)
				failsWith(t, err, sealring.ErrMalformed)
			}
			want := sealring.Opening{Purpose: "session", Class: sealring.ErrMalformed}
			equal(t, heard, outcomes{want, want, want})
		})
	}
}
