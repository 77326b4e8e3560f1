package django_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// The session of a user who is logged in, as the backends signed_cookies and db have it.
const (
	knownCookieSession = ".eJyrVopPLC3JiC8tTi2Kz0xRslIyVNJBFktKTM5OzQNJpGQl5qXn6yXn55UUZSbpgZToQWWL9XzzU1JznKBqUQzISCzOAOo2MDQyNjE1M7ew" +
		"TExKTklNI5UPNDQ5sahEySraUMcothYAtw07cA:1vb66i:B3nC79c8lTaM4mbt2igZcC7uG382B0lgna8UwRhBuDY"
	knownStoredSession = ".eJyrVopPLC3JiC8tTi2Kz0xRslIyVNJBFktKTM5OzQNJpGQl5qXn6yXn55UUZSbpgZToQWWL9XzzU1JznKBqUQzISCzOAOo2MDQyNjE1M7ew" +
		"TExKTklNI5UPNDQ5sahEySraUMcothYAtw07cA:1vb66i:1_oCfnHqW3OMvZxZwpEsCOpGUqveTP8D-lMbXVwa_AQ"
	emptyStoredSession = "e30:1vb66i:NQCvHWbHZXwi8D2xfTSFVhA2AWYQfJk-Udd3thQUQNU"
)

func knownSession() map[string]any {
	return map[string]any{
		"_auth_user_id":      "1",
		"_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
		"_auth_user_hash":    strings.Repeat("0123456789abcdef", 4),
		"cart":               []any{json.Number("1"), json.Number("2")},
	}
}

func mustCookieSessions[T any](t testing.TB, o *django.Options) *django.CookieSessions[T] {
	t.Helper()
	s, err := django.NewCookieSessions[T](knownKey, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustStoredSessions[T any](t testing.TB, o *django.Options) *django.StoredSessions[T] {
	t.Helper()
	s, err := django.NewStoredSessions[T](knownKey, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sessions are what the two kinds have in common.
type sessions interface {
	Dumps(map[string]any) (string, error)
	Loads(string) (map[string]any, time.Time, error)
	OpenLegacy(string) ([]byte, time.Time, error)
}

func bothKinds(t testing.TB, o *django.Options) map[string]sessions {
	return map[string]sessions{
		"django.contrib.sessions.backends.signed_cookies": mustCookieSessions[map[string]any](t, o),
		"django.contrib.sessions.SessionStore":            mustStoredSessions[map[string]any](t, o),
	}
}

func TestSessions(t *testing.T) {
	for salt, s := range bothKinds(t, &django.Options{Now: clock}) {
		known, others := knownCookieSession, knownStoredSession
		if strings.HasSuffix(salt, "SessionStore") {
			known, others = others, known
		}
		session, at, err := s.Loads(known)
		if !reflect.DeepEqual(session, knownSession()) || !at.Equal(knownTime) || err != nil {
			t.Errorf("%s: %v, %v, %v", salt, session, at, err)
		}
		session, at, err = s.Loads(others)
		failsWith(t, err, itsdangerous.ErrBadSignature)
		if session != nil || !at.IsZero() {
			t.Errorf("%s: %v, %v beside an error", salt, session, at)
		}

		signed, err := s.Dumps(knownSession())
		if !strings.HasPrefix(signed, ".") || err != nil {
			t.Errorf("%s: %s, %v, want it compressed", salt, signed, err)
		}
		if session, _, err := s.Loads(signed); !reflect.DeepEqual(session, knownSession()) || err != nil {
			t.Errorf("%s: %v, %v", salt, session, err)
		}
		body, issued, err := s.OpenLegacy(known)
		if !json.Valid(body) || !issued.Equal(knownTime) || err != nil {
			t.Errorf("%s: %s, %v, %v", salt, body, issued, err)
		}
	}

	s := mustStoredSessions[map[string]any](t, &django.Options{Now: clock})
	if session, _, err := s.Loads(emptyStoredSession); session == nil || len(session) != 0 || err != nil {
		t.Errorf("%v, %v", session, err)
	}
	if signed, err := s.Dumps(map[string]any{}); signed != emptyStoredSession || err != nil {
		t.Errorf("%s, %v", signed, err)
	}
}

func TestSessionStruct(t *testing.T) {
	type login struct {
		UserID  string `json:"_auth_user_id"`
		Backend string `json:"_auth_user_backend"`
		Hash    string `json:"_auth_user_hash"`
	}
	got, _, err := mustCookieSessions[login](t, &django.Options{Now: clock}).Loads(knownCookieSession)
	want := login{"1", "django.contrib.auth.backends.ModelBackend", strings.Repeat("0123456789abcdef", 4)}
	if got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// A class of its own, as class MyStore(SessionStore), has a salt of its own.
func TestOwnSessionStore(t *testing.T) {
	stored := "eyJhIjoxfQ:1vb66i:aIaK3WCjaTmR3Au0o23HRVdLxoFMLM2VlNWXHBzWH94"
	s := mustStoredSessions[map[string]int](t, &django.Options{Salt: []byte("django.contrib.sessions.MyStore"), Now: clock})
	if session, _, err := s.Loads(stored); session["a"] != 1 || err != nil {
		t.Errorf("%v, %v", session, err)
	}
	if signed, err := s.Dumps(map[string]int{"a": 1}); signed != stored || err != nil {
		t.Errorf("%s, %v", signed, err)
	}
	_, _, err := mustStoredSessions[map[string]int](t, nil).Loads(stored)
	failsWith(t, err, itsdangerous.ErrBadSignature)
}

func TestSessionAge(t *testing.T) {
	weeks := 14 * 24 * time.Hour
	for _, c := range []struct {
		after, age time.Duration
		want       error
	}{
		{weeks, 0, nil},
		{weeks + 1, 0, itsdangerous.ErrSignatureExpired},
		{time.Hour, time.Hour, nil},
		{time.Hour + 1, time.Hour, itsdangerous.ErrSignatureExpired},
		{-time.Minute, 0, itsdangerous.ErrSignatureExpired},
	} {
		o := &django.Options{SessionCookieAge: c.age, Now: clockAt(knownTime.Add(c.after))}
		session, _, err := mustCookieSessions[map[string]any](t, o).Loads(knownCookieSession)
		if c.want == nil {
			if session == nil || err != nil {
				t.Errorf("after %v: %v", c.after, err)
			}
		} else {
			failsWith(t, err, c.want)
			if session != nil {
				t.Errorf("after %v: %v beside an error", c.after, session)
			}
		}
		// The row says when a stored session ends.
		if _, _, err := mustStoredSessions[map[string]any](t, o).Loads(knownStoredSession); err != nil {
			t.Errorf("after %v: %v", c.after, err)
		}
	}
}

func TestSessionsAreObjects(t *testing.T) {
	for salt, s := range bothKinds(t, &django.Options{Now: clock}) {
		for _, text := range []string{"", " ", "null", "[]", `"x"`, "1", "true", `[{"a":1}]`, "\u00a0{}", "{", `{"a":NaN}`,
			`{"a":1,"a":2}`, `{"a":"é"}`, "\x80\x04}\x94."} {
			signed := forge(t, knownKey, salt, base64.RawURLEncoding.EncodeToString([]byte(text))+":"+knownStamp)
			session, at, err := s.Loads(signed)
			failsWith(t, err, itsdangerous.ErrBadPayload)
			if session != nil || !at.IsZero() {
				t.Errorf("%q: %v, %v beside an error", text, session, at)
			}
		}
		for _, text := range []string{"null", "[]"} {
			signed := forge(t, knownKey, salt, base64.RawURLEncoding.EncodeToString([]byte(text))+":"+knownStamp)
			body, _, err := s.OpenLegacy(signed)
			failsWith(t, err, itsdangerous.ErrBadPayload)
			if body != nil {
				t.Errorf("%q beside an error", body)
			}
		}
		if _, _, err := s.Loads(forge(t, knownKey, salt, base64.RawURLEncoding.EncodeToString([]byte(" \n{}"))+":"+knownStamp)); err != nil {
			t.Error(err)
		}
		signed, err := s.Dumps(nil)
		failsWith(t, err, itsdangerous.ErrBadPayload)
		if signed != "" {
			t.Errorf("%q beside an error", signed)
		}
	}
	_, err := mustCookieSessions[any](t, nil).Dumps([]int{1})
	failsWith(t, err, itsdangerous.ErrBadPayload)
}

func TestBombInASession(t *testing.T) {
	bomb := zlibBomb()
	for salt, s := range bothKinds(t, &django.Options{Now: clock}) {
		signed := forge(t, knownKey, salt, bomb+":"+knownStamp)
		before := allocated()
		_, _, err := s.Loads(signed)
		if n := allocated() - before; n > 16<<20 {
			t.Errorf("%s took %d MiB", salt, n>>20)
		}
		failsWith(t, err, itsdangerous.ErrBadPayload)
	}
}

func TestMangledSessions(t *testing.T) {
	s := mustCookieSessions[map[string]any](t, &django.Options{Now: clock})
	for i := range len(knownCookieSession) {
		_, _, err := s.Loads(knownCookieSession[:i])
		failsWith(t, err, itsdangerous.ErrBadSignature)
		for bit := range 8 {
			b := []byte(knownCookieSession)
			b[i] ^= 1 << bit
			session, at, err := s.Loads(string(b))
			if session != nil || !at.IsZero() || !errors.Is(err, itsdangerous.ErrBadSignature) {
				t.Fatalf("bit %d of byte %d: %v, %v, %v", bit, i, session, at, err)
			}
		}
	}
}

func TestSessionRotation(t *testing.T) {
	o := &django.Options{Now: clock}
	cookies, err := django.NewCookieSessions[map[string]any]("another-key", []string{olderKey, knownKey}, o)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := django.NewStoredSessions[map[string]any]("another-key", []string{olderKey, knownKey}, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := cookies.Loads(knownCookieSession); err != nil {
		t.Error(err)
	}
	if _, _, err := stored.Loads(knownStoredSession); err != nil {
		t.Error(err)
	}
	signed, err := stored.Dumps(knownSession())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = mustStoredSessions[map[string]any](t, o).Loads(signed)
	failsWith(t, err, itsdangerous.ErrBadSignature)
}

func TestSessionsMoveOver(t *testing.T) {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	codec, err := sealring.NewCodec[map[string]any](ring, "session", &sealring.Options{
		TTL: time.Hour, Now: clock,
		Legacy: []sealring.Legacy{{
			Opener: mustStoredSessions[map[string]any](t, nil), Until: knownTime.Add(time.Hour), MaxAge: time.Hour,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	session, info, err := codec.OpenInfo(knownStoredSession)
	if session["_auth_user_id"] != "1" || !info.Stale || err != nil {
		t.Errorf("%v, %+v, %v", session, info, err)
	}
}
