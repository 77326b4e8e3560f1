package starlette_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/compat/starlette"
)

// The Set-Cookie of Starlette 1.10.0 for {"user": "Zoë 😀", "id": 123}, with two keys.
const (
	knownKey   = "starlette-known-key"
	olderKey   = "older-key"
	knownStamp = "aVW5AA"
	knownText  = "eyJ1c2VyIjogIlpvXHUwMGViIFx1ZDgzZFx1ZGUwMCIsICJpZCI6IDEyM30="
	knownToken = knownText + ".aVW5AA.QSGIVHed16Xh0ALXEOYcNFfG3dA"
	olderToken = knownText + ".aVW5AA.lKnOOwp-wV5f7Fq9uowp7W4amyQ"
)

// Behind a good signature, signed by itsdangerous.
var knownBad = map[string]string{
	"a list":  "W10=.aVW5AA.wIGawN74sxjp_JIRzEEiI4cd0Vw",
	"null":    "bnVsbA==.aVW5AA.8kyh1Hu0fCY8fODoGqIlvlJVvBQ",
	"nothing": ".aVW5AA.SHXLRWzX9zD8IXvqQdmt9t0cXaQ",
	"NaN":     "eyJuIjogTmFOfQ==.aVW5AA.xDZewZEtmcDWQ2PaqOCzjUxXr0U",
}

var (
	knownTime  = time.Unix(1767225600, 0).UTC()
	knownClock = knownTime.Add(750 * time.Millisecond)
)

func clock() time.Time { return knownClock }

func clockAt(at time.Time) func() time.Time { return func() time.Time { return at } }

func knownSession() map[string]any {
	return map[string]any{"user": "Zoë 😀", "id": json.Number("123")}
}

func mustSessions[T any](t testing.TB, o *starlette.Options) *starlette.Sessions[T] {
	t.Helper()
	if o == nil {
		o = &starlette.Options{Now: clock}
	}
	s, err := starlette.NewSessions[T]([]string{knownKey}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// forge signs any text as it is, so that what is behind the signature can be as bad as it likes.
func forge(t testing.TB, text string) string {
	t.Helper()
	s, err := itsdangerous.NewSigner([]string{knownKey}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.Sign(text)
}

// failsWith checks that an error is of a class and of none below it, and says whose it is.
func failsWith(t testing.TB, err, class error) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Errorf("error %v, want one of the class %q", err, class)
		return
	}
	for _, below := range []error{itsdangerous.ErrBadTimeSignature, itsdangerous.ErrSignatureExpired, itsdangerous.ErrBadPayload} {
		if errors.Is(err, below) && !errors.Is(class, below) {
			t.Errorf("error %v is of the class %q, too", err, below)
		}
	}
	if text := err.Error(); !strings.HasPrefix(text, "starlette: ") || strings.Contains(text, "itsdangerous") {
		t.Errorf("error %v", err)
	}
}

func TestSessions(t *testing.T) {
	s := mustSessions[map[string]any](t, nil)
	session, at, err := s.Loads(knownToken)
	if !reflect.DeepEqual(session, knownSession()) || !at.Equal(knownTime) || err != nil {
		t.Errorf("%v, %v, %v", session, at, err)
	}
	body, issued, err := s.OpenLegacy(knownToken)
	if string(body) != `{"user": "Zo\u00eb \ud83d\ude00", "id": 123}` || !issued.Equal(knownTime) || err != nil {
		t.Errorf("%s, %v, %v", body, issued, err)
	}

	for _, session := range []map[string]any{knownSession(), {}, {"": nil}, {"x": strings.Repeat("é", 1000)}, {"a": "?>~"}} {
		signed, err := s.Dumps(session)
		if err != nil {
			t.Fatal(err)
		}
		if got, at, err := s.Loads(signed); !reflect.DeepEqual(got, session) || !at.Equal(knownTime) || err != nil {
			t.Errorf("%v comes back as %v, %v, %v", session, got, at, err)
		}
	}
	// Base64 of one or two bytes at the end is padded, and its alphabet is the standard one.
	for _, value := range []string{"?>~", "?>~?", "?>~?>"} {
		signed, err := s.Dumps(map[string]any{"a": value})
		want := base64.StdEncoding.EncodeToString([]byte(`{"a":"`+value+`"}`)) + "." + knownStamp + "."
		if !strings.HasPrefix(signed, want) || err != nil {
			t.Errorf("%s, %v, want %s", signed, err, want)
		}
	}
}

// Sessions are one value for all of a program's goroutines.
func TestConcurrently(t *testing.T) {
	s := mustSessions[map[string]any](t, nil)
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			for n := range 50 {
				session := map[string]any{"x": strings.Repeat(string(rune('a'+i)), n)}
				signed, err := s.Dumps(session)
				if err != nil {
					t.Error(err)
				}
				if got, _, err := s.Loads(signed); !reflect.DeepEqual(got, session) || err != nil {
					t.Errorf("%v comes back as %v, %v", session, got, err)
				}
				if _, _, err := s.Loads(signed[:len(signed)-1]); err == nil {
					t.Error("a signature cut off is good")
				}
			}
		})
	}
	wait.Wait()
}

func TestKeys(t *testing.T) {
	_, _, err := mustSessions[map[string]any](t, nil).Loads(olderToken)
	failsWith(t, err, itsdangerous.ErrBadTimeSignature) // as Python tells it where a timestamp seems to be there

	s, err := starlette.NewSessions[map[string]any]([]string{olderKey, "another-key", knownKey}, &starlette.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	for _, signed := range []string{olderToken, knownToken} {
		if session, _, err := s.Loads(signed); !reflect.DeepEqual(session, knownSession()) || err != nil {
			t.Errorf("%v, %v", session, err)
		}
	}
	signed, err := s.Dumps(knownSession())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := mustSessions[map[string]any](t, nil).Loads(signed); err != nil {
		t.Errorf("not signed with the newest key: %v", err)
	}

	// SessionMiddleware(app, "geheïm") and a session of {"a": 1}; the key as composed and as decomposed text.
	for key, good := range map[string]bool{"gehe\u00efm": true, "gehei\u0308m": false} {
		s, err := starlette.NewSessions[map[string]int]([]string{key}, &starlette.Options{Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		if session, _, err := s.Loads("eyJhIjogMX0=.aVW5AA.saUwmxP6cANMjZMQCZj7o9_mzis"); (session["a"] == 1) != good || (err == nil) != good {
			t.Errorf("%q: %v, %v", key, session, err)
		}
	}
}

func TestAge(t *testing.T) {
	days, second := 14*24*time.Hour, time.Second
	for _, c := range []struct {
		after   time.Duration
		options starlette.Options
		want    error
	}{
		{0, starlette.Options{}, nil},
		{days, starlette.Options{}, nil},
		{days + second, starlette.Options{}, itsdangerous.ErrSignatureExpired},
		{time.Hour, starlette.Options{MaxAge: time.Hour}, nil},
		{time.Hour + second, starlette.Options{MaxAge: time.Hour}, itsdangerous.ErrSignatureExpired},
		{second, starlette.Options{MaxAge: time.Millisecond}, itsdangerous.ErrSignatureExpired},
		{100 * 365 * 24 * time.Hour, starlette.Options{AnyAge: true}, nil},
		{-50 * 365 * 24 * time.Hour, starlette.Options{AnyAge: true}, nil},
		// From the future.
		{-10 * second, starlette.Options{}, nil},
		{-11 * second, starlette.Options{}, itsdangerous.ErrSignatureExpired},
		{-2 * second, starlette.Options{Leeway: &second}, itsdangerous.ErrSignatureExpired},
		{-second, starlette.Options{Leeway: &second}, nil},
		{-second, starlette.Options{Leeway: new(time.Duration)}, itsdangerous.ErrSignatureExpired},
	} {
		c.options.Now = clockAt(knownTime.Add(c.after))
		s := mustSessions[map[string]any](t, &c.options)
		session, at, err := s.Loads(knownToken)
		if c.want == nil {
			if session == nil || err != nil {
				t.Errorf("after %v: %v", c.after, err)
			}
		} else {
			failsWith(t, err, c.want)
			if session != nil || !at.IsZero() {
				t.Errorf("after %v: %v, %v beside an error", c.after, session, at)
			}
		}
		if body, _, err := s.OpenLegacy(knownToken); body == nil || err != nil {
			t.Errorf("after %v: %v", c.after, err)
		}
	}
}

// Each is behind a good signature. Starlette answers with an error 500 to most.
func TestBadTimestamps(t *testing.T) {
	s := mustSessions[map[string]any](t, &starlette.Options{AnyAge: true})
	stamp := func(b ...byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	for name, text := range map[string]string{
		"empty":         "",
		"no separator":  knownText,
		"no digits":     knownText + ".",
		"leading zero":  knownText + "." + stamp(0, 0x69, 0x55, 0xb9, 0),
		"zero":          knownText + "." + stamp(0),
		"milliseconds":  knownText + "." + stamp(0x01, 0x9b, 0x76, 0xda, 0xa8, 0),
		"9 bytes":       knownText + "." + stamp(1, 0, 0, 0, 0, 0, 0, 0, 0),
		"2^63":          knownText + "." + stamp(0x80, 0, 0, 0, 0, 0, 0, 0),
		"2^64-1":        knownText + "." + stamp(255, 255, 255, 255, 255, 255, 255, 255),
		"negative":      knownText + ".-1",
		"padding":       knownText + ".aVW5AA==",
		"trailing bits": knownText + ".aVW5AB",
		"Django's":      knownText + ".1vb66i",
		"a million":     knownText + "." + strings.Repeat("A", 1_000_000),
	} {
		t.Run(name, func(t *testing.T) {
			signed := forge(t, text)
			session, at, err := s.Loads(signed)
			failsWith(t, err, itsdangerous.ErrBadTimeSignature)
			if session != nil || !at.IsZero() {
				t.Errorf("%v, %v beside an error", session, at)
			}
			body, issued, err := s.OpenLegacy(signed)
			failsWith(t, err, itsdangerous.ErrBadTimeSignature)
			if body != nil || !issued.IsZero() {
				t.Errorf("%q, %v beside an error", body, issued)
			}
		})
	}
}

// Each is behind a good signature, with a good time. Python's b64decode skips what is not base64.
func TestBadPayloads(t *testing.T) {
	text := func(json string) string { return base64.StdEncoding.EncodeToString([]byte(json)) }
	s := mustSessions[map[string]any](t, nil)
	for name, payload := range map[string]string{
		"empty":                  "",
		"not padded":             "eyJhIjogMX0",
		"padded twice":           "eyJhIjogMX0==",
		"trailing bits":          "eyJhIjogMX1=",
		"URL-safe alphabet":      "eyJhIjoiPz4_In0=",
		"line feed":              "eyJh\nIjogMX0=",
		"carriage return":        "eyJhIjogMX0=\r",
		"space":                  "eyJh IjogMX0=",
		"junk":                   "!!!eyJhIjogMX0=",
		"something after it":     "eyJhIjogMX0=eyJhIjogMX0=",
		"a dot":                  ".eyJhIjogMX0=",
		"compressed":             ".eJyrVkpUsjKsBQAJVAIW",
		"percent-encoded":        "eyJhIjogMX0%3D",
		"not UTF-8":              "\xff",
		"null":                   text("null"),
		"a list":                 text("[]"),
		"a list of pairs":        text(`[["a",1]]`), // which dict() takes
		"text":                   text(`"a"`),
		"no JSON":                text("{a:1}"),
		"two objects":            text("{}{}"),
		"NaN":                    text(`{"a":NaN}`),
		"a key twice":            text(`{"admin":false,"admin":true}`),
		"half a surrogate pair":  text(`{"a":"\ud800"}`),
		"Latin-1":                text("{\"a\":\"caf\xe9\"}"),
		"UTF-16":                 text("{\x00}\x00"), // which json.loads takes
		"byte order mark":        text("\ufeff{}"),
		"a million deep":         text(strings.Repeat(`{"a":`, 200_000)),
		"a million deep, closed": text(`{"a":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + "}"),
		"too large":              text(`{"a":"` + strings.Repeat("a", 1<<20) + `"}`),
		"a byte too large":       text(`{"a":"` + strings.Repeat("a", 1<<20-7) + `"}`),
		"much too large":         strings.Repeat("A", 64<<20),
	} {
		t.Run(name, func(t *testing.T) {
			signed := forge(t, payload+"."+knownStamp)
			before := allocated()
			session, at, err := s.Loads(signed)
			if n := allocated() - before; n > 16<<20 {
				t.Errorf("took %d MiB", n>>20)
			}
			failsWith(t, err, itsdangerous.ErrBadPayload)
			if session != nil || !at.IsZero() {
				t.Errorf("%v, %v beside an error", session, at)
			}
			if body, issued, err := s.OpenLegacy(signed); err != nil && (body != nil || !issued.IsZero()) {
				t.Errorf("%q, %v beside an error", body, issued)
			}
		})
	}
	for name, signed := range knownBad {
		if _, _, err := s.Loads(signed); !errors.Is(err, itsdangerous.ErrBadPayload) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.Loads(forge(t, text(`{"a":"`+strings.Repeat("a", 1<<20-8)+`"}`)+"."+knownStamp)); err != nil {
		t.Errorf("the most that may be: %v", err)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestMangled(t *testing.T) {
	s := mustSessions[map[string]any](t, &starlette.Options{AnyAge: true})
	refused := func(what, text string) {
		t.Helper()
		session, at, err := s.Loads(text)
		if session != nil || !at.IsZero() || !errors.Is(err, itsdangerous.ErrBadSignature) {
			t.Errorf("%s: %v, %v, %v", what, session, at, err)
		}
	}
	for i := range len(knownToken) {
		refused("a prefix", knownToken[:i])
		refused("a suffix", knownToken[i+1:])
		refused("a byte deleted", knownToken[:i]+knownToken[i+1:])
		for b := range 256 {
			if byte(b) != knownToken[i] {
				refused("a byte changed", knownToken[:i]+string([]byte{byte(b)})+knownToken[i+1:])
			}
		}
	}
	for b := range 256 {
		refused("a byte appended", knownToken+string([]byte{byte(b)}))
		refused("a byte before", string([]byte{byte(b)})+knownToken)
	}
	for _, text := range []string{"", "null", ".", "..", "a.b", "a.b.c", `"` + knownToken + `"`} { // "null" clears the cookie
		refused(text, text)
	}
}

func TestHugeInputsCostNothing(t *testing.T) {
	s := mustSessions[map[string]any](t, nil)
	for name, text := range map[string]string{
		"separators":    strings.Repeat(".", 8<<20),
		"no separators": strings.Repeat("A", 8<<20),
		"a signature":   strings.Repeat(".", 8<<20) + strings.Repeat("A", 27),
		"a payload":     strings.Repeat("A", 8<<20) + knownToken[len(knownText):],
	} {
		s.Loads(text) // so that the states are there
		before := allocated()
		_, _, err := s.Loads(text)
		if n := allocated() - before; n > 64<<10 {
			t.Errorf("%s: %d bytes", name, n)
		}
		if !errors.Is(err, itsdangerous.ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTypes(t *testing.T) {
	type session struct {
		User string `json:"user"`
		ID   int    `json:"id"`
	}
	s := mustSessions[session](t, nil)
	got, _, err := s.Loads(knownToken)
	if got != (session{"Zoë 😀", 123}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	got, at, err := s.Loads(forge(t, base64.StdEncoding.EncodeToString([]byte(`{"user":"x","id":"y"}`))+"."+knownStamp))
	failsWith(t, err, itsdangerous.ErrBadPayload)
	if got != (session{}) || !at.IsZero() {
		t.Errorf("%+v, %v beside an error", got, at)
	}
}

func TestDumpsRefuses(t *testing.T) {
	s := mustSessions[map[string]any](t, &starlette.Options{MaxDecoded: 100, Now: clock})
	for name, session := range map[string]map[string]any{
		"a nil map":  nil,
		"not UTF-8":  {"a": "\xff"},
		"a function": {"a": func() {}},
		"too large":  {"a": strings.Repeat("a", 93)},
	} {
		signed, err := s.Dumps(session)
		failsWith(t, err, itsdangerous.ErrBadPayload)
		if signed != "" {
			t.Errorf("%s: %q beside an error", name, signed)
		}
	}
	if _, err := s.Dumps(map[string]any{"a": strings.Repeat("a", 92)}); err != nil {
		t.Error(err)
	}
	_, err := mustSessions[any](t, nil).Dumps([]int{1})
	failsWith(t, err, itsdangerous.ErrBadPayload)
	for _, now := range []time.Time{{}, time.Unix(0, 0), time.Unix(253402300800, 0)} {
		signed, err := mustSessions[map[string]any](t, &starlette.Options{Now: clockAt(now)}).Dumps(knownSession())
		failsWith(t, err, itsdangerous.ErrConfig)
		if signed != "" {
			t.Errorf("%q beside an error", signed)
		}
	}
}

func TestOptionsLegacy(t *testing.T) {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	now := knownClock
	codec, err := sealring.NewCodec[map[string]any](ring, "session", &sealring.Options{
		TTL: time.Hour, Now: func() time.Time { return now },
		Legacy: []sealring.Legacy{{
			Opener: mustSessions[map[string]any](t, nil), Until: knownTime.Add(48 * time.Hour), MaxAge: time.Hour,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	session, info, err := codec.OpenInfo(knownToken)
	if !reflect.DeepEqual(session, knownSession()) || !info.Legacy || !info.Issued.Equal(knownTime) || err != nil {
		t.Errorf("%v, %+v, %v", session, info, err)
	}
	for bad, class := range map[string]error{
		knownToken[1:]:    sealring.ErrBadSignature,
		knownBad["null"]:  sealring.ErrBadPayload,
		knownText + "..x": sealring.ErrBadSignature,
	} {
		if _, err := codec.Open(bad); !errors.Is(err, class) {
			t.Errorf("%v, want %v", err, class)
		}
	}
	now = now.Add(time.Hour)
	if _, err := codec.Open(knownToken); !errors.Is(err, sealring.ErrExpired) {
		t.Errorf("an hour later: %v", err)
	}
}
