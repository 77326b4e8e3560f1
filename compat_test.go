package sealring_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
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

type (
	selfMade  []int
	byPointer string
	asText    struct{ A int }
)

func (selfMade) MarshalJSON() ([]byte, error)      { return []byte("{}"), nil }
func (*byPointer) UnmarshalJSON(text []byte) error { return nil }
func (asText) MarshalText() ([]byte, error)        { return nil, nil }

// A session is an object, so that of any other type none would open.
func TestSessionsAreObjects(t *testing.T) {
	sessionType[map[string]any](t, true)
	sessionType[map[string]int](t, true)
	sessionType[*map[string]any](t, true)
	sessionType[struct{ A int }](t, true)
	sessionType[*Session](t, true)
	sessionType[any](t, true)
	sessionType[json.RawMessage](t, true) // what it holds is another matter
	sessionType[selfMade](t, true)
	sessionType[byPointer](t, true)

	sessionType[[]string](t, false)
	sessionType[*[]string](t, false)
	sessionType[[]byte](t, false)
	sessionType[[2]any](t, false)
	sessionType[string](t, false)
	sessionType[json.Number](t, false)
	sessionType[int](t, false)
	sessionType[float64](t, false)
	sessionType[bool](t, false)
	sessionType[asText](t, false)
}

func sessionType[T any](t *testing.T, object bool) {
	t.Helper()
	_, ofStarlette := starlette.NewSessions[T]([]string{"the key"}, nil)
	_, inCookies := django.NewCookieSessions[T]("the key", nil, nil)
	_, stored := django.NewStoredSessions[T]("the key", nil, nil)
	for _, err := range []error{ofStarlette, inCookies, stored} {
		if (err == nil) != object || err != nil && !(errors.Is(err, itsdangerous.ErrConfig) && errors.Is(err, sealring.ErrConfig)) {
			t.Errorf("%v: %v", reflect.TypeFor[T](), err)
		}
	}
}

// goBlock returns the first block of Go in a document.
func goBlock(t *testing.T, document string) string {
	t.Helper()
	_, rest, _ := strings.Cut(documents(t)[document], "```go\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatalf("%s shows no Go", document)
	}
	return block
}

// goCommand runs a command of go with programs for files.
func goCommand(t *testing.T, command string, programs ...string) {
	t.Helper()
	args, dir := []string{command}, t.TempDir()
	for i, program := range programs {
		path := filepath.Join(dir, string(rune('a'+i))+".go")
		if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// What compat/README.md shows takes over a session of Flask's, and after that its own.
func TestMovingOver(t *testing.T) {
	goCommand(t, "run", goBlock(t, "compat/README.md"), `package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/flask"
)

func main() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	check(err)
	codec, err := newCodec(ring, "the SECRET_KEY", []string{"an older one"}, time.Now().Add(lifetime))
	check(err)
	sessions, err := flask.NewSessions("an older one", nil, nil)
	check(err)
	cookie, err := sessions.Dumps(map[string]any{"user_id": 123, "roles": flask.Tuple{"user", "staff"}})
	check(err)

	r := httptest.NewRequest("GET", "/", nil)
	if _, err := load(codec, httptest.NewRecorder(), r); err == nil {
		check(fmt.Errorf("a session without a cookie"))
	}
	for _, again := range []int{1, 0} {
		r.Header.Set("Cookie", cookieName+"="+cookie)
		w := httptest.NewRecorder()
		session, err := load(codec, w, r)
		check(err)
		set := w.Result().Cookies()
		if fmt.Sprint(session) != "{123 [user staff]}" || len(set) != again {
			check(fmt.Errorf("%v, %d cookies set", session, len(set)))
		}
		if again == 1 {
			if cookie = set[0].Value; !strings.HasPrefix(cookie, "sr1_") || set[0].SameSite != http.SameSiteLaxMode {
				check(fmt.Errorf("%v", set[0]))
			}
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
`)
}

// What the README of each package shows compiles, with what stands around it here.
func TestCompatREADMEs(t *testing.T) {
	for name, around := range map[string]struct{ before, after string }{
		"flask":        {"", "fmt.Println(session, signed, err)"},
		"django":       {`secretKey, secretKeyFallbacks := "key", []string{}`, "fmt.Println(value, at, err, time.Hour)"},
		"starlette":    {`secretKey, cookie := "key", ""`, "fmt.Println(session, at, err)"},
		"itsdangerous": {"type Confirmation struct{ Email string }", "fmt.Println(value, signed, err)"},
		"securecookie": {"var hashKey, blockKey []byte; var text string", "fmt.Println(values, written, err)"},
	} {
		t.Run(name, func(t *testing.T) {
			imports := "import (\n\"fmt\"\n\"time\"\n\"github.com/sealring/sealring/compat/" + name + "\"\n)\n"
			goCommand(t, "vet", "package main\n"+imports+"func main() {\nvar _ time.Time\n"+around.before+"\n"+
				goBlock(t, "compat/"+name+"/README.md")+around.after+"\n}\n")
		})
	}
}
