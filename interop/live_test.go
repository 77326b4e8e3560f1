package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/flask"
	"github.com/sealring/sealring/compat/starlette"
)

// startApp starts apps.py and returns its address.
func startApp(t *testing.T, venv, framework, cookie, key string, fallbacks ...string) *app {
	t.Helper()
	cmd := exec.Command(python(t, venv), append([]string{"testdata/apps.py", framework, cookie, key}, fallbacks...)...)
	cmd.Env = append(os.Environ(), sealringPackage(t))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &app{stop: func() {
		cmd.Process.Kill()
		cmd.Wait()
	}}
	t.Cleanup(a.stop)
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%s did not start: %v", framework, err)
	}
	a.url = "http://127.0.0.1:" + strings.TrimSpace(port)
	return a
}

// An app is a server with the paths of apps.py.
type app struct {
	url  string
	stop func()
}

// A store reads and writes the session cookie of a framework.
type store struct {
	dumps func(map[string]any) (string, error)
	loads func(string) (map[string]any, error)
}

// A goApp is apps.py in Go: what follows its framework is the store alone.
type goApp struct {
	cookie string
	store  store
}

func (a *goApp) session(r *http.Request) map[string]any {
	cookie, err := r.Cookie(a.cookie)
	if err != nil {
		return map[string]any{}
	}
	session, err := a.store.loads(cookie.Value)
	if err != nil {
		return map[string]any{} // nobody is known by it
	}
	return session
}

func (a *goApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session := a.session(r)
	switch r.Method + r.URL.Path {
	case "GET/session":
		json.NewEncoder(w).Encode(session)
	case "POST/set":
		for name := range r.URL.Query() {
			session[name] = r.URL.Query().Get(name)
		}
		text, err := a.store.dumps(session)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: a.cookie, Value: text, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	case "POST/clear":
		http.SetCookie(w, &http.Cookie{Name: a.cookie, Path: "/", MaxAge: -1})
	default:
		http.NotFound(w, r)
	}
}

func startGo(t *testing.T, a *goApp) *app {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: a}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return &app{url: "http://" + listener.Addr().String()}
}

// A browser has one cookie jar for all applications: cookies do not know ports.
type browser struct {
	t *testing.T
	http.Client
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

func (b *browser) do(method, url string) string {
	b.t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		b.t.Fatalf("%s %s: %s, %v\n%s", method, url, response.Status, err, body)
	}
	return string(body)
}

func (b *browser) post(a *app, path string) { b.t.Helper(); b.do("POST", a.url+path) }

// sees checks what an application knows of the session.
func (b *browser) sees(what string, a *app, want map[string]any) {
	b.t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(b.do("GET", a.url+"/session")), &got); err != nil {
		b.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("%s (-want +got)\n%s", what, diff)
		return
	}
	b.t.Logf("%s: %.60s", what, fmt.Sprint(got))
}

// A framework is one that keeps its session in a cookie.
type framework struct {
	name, venv string
	fallbacks  bool // it knows other keys than the one that signs
	keys       rotation
	store      func(cookie, key string, fallbacks ...string) store
}

// A rotation is the key of last year, that of this year, and the same one while it is known and does not sign yet.
type rotation struct{ old, fresh, staged string }

var (
	secretKeys = rotation{"the key of last year, a long one", "the key of this year, a long one", "the key of this year, a long one"}
	sealedKeys = func() rotation {
		old, fresh := sealring.GenerateKey().Secret.Reveal(), sealring.GenerateKey().Secret.Reveal()
		return rotation{old + "@2020", fresh + "@2021", fresh + "@2999"}
	}()
)

var frameworks = []framework{
	{"flask", venv, true, secretKeys, flaskStore},
	{"django", venv, true, secretKeys, djangoStore},
	{"django", venvDjango42, true, secretKeys, djangoStore},
	{"starlette", venv, false, secretKeys, starletteStore},
	{"fastapi", venv, false, secretKeys, starletteStore},
	{"sealed-flask", venv, true, sealedKeys, sealedStore},
	{"sealed-starlette", venv, true, sealedKeys, sealedStore},
}

func flaskStore(_, key string, fallbacks ...string) store {
	s := must(flask.NewSessions(key, fallbacks, nil))
	return store{s.Dumps, func(text string) (map[string]any, error) { return untimed(s.Loads(text)) }}
}

func djangoStore(_, key string, fallbacks ...string) store {
	s := must(django.NewCookieSessions[map[string]any](key, fallbacks, nil))
	return store{s.Dumps, func(cookie string) (map[string]any, error) { return untimed(s.Loads(cookie)) }}
}

func starletteStore(_, key string, fallbacks ...string) store {
	s := must(starlette.NewSessions[map[string]any](append(fallbacks, key), nil))
	return store{s.Dumps, func(cookie string) (map[string]any, error) { return untimed(s.Loads(cookie)) }}
}

// sealedStore is a codec bound to the cookie's name, as the Python package has it.
func sealedStore(cookie, key string, fallbacks ...string) store {
	var keys []sealring.Key
	for _, k := range append(fallbacks, key) {
		secret, year, _ := strings.Cut(k, "@")
		keys = append(keys, sealring.Key{
			Secret: must(sealring.ParseSecret(secret)), SealFrom: time.Date(must(strconv.Atoi(year)), 1, 1, 0, 0, 0, 0, time.UTC),
		})
	}
	codec := must(sealring.NewCodec[map[string]any](must(sealring.NewKeyring(keys...)), "session",
		&sealring.Options{TTL: time.Hour, Encrypt: true})).For(cookie)
	return store{codec.Seal, codec.Open}
}

func untimed[T any](value T, _ time.Time, err error) (T, error) { return value, err }

// Somebody logs in at one application and is known at the other, which changes the session in turn, while the key is
// rotated under both and nobody is logged out.
func TestOneSessionInBothLanguages(t *testing.T) {
	for _, f := range frameworks {
		t.Run(f.name+strings.TrimPrefix(f.venv, venv), func(t *testing.T) {
			t.Parallel()
			cookie, keys := "session_of_"+f.name, f.keys
			golang := &goApp{cookie, f.store(cookie, keys.old)}
			goServer, python := startGo(t, golang), startApp(t, f.venv, f.name, cookie, keys.old)
			b := newBrowser(t)
			known := map[string]any{}
			set := func(a *app, name, value string) {
				known[name] = value
				b.post(a, "/set?"+url.Values{name: {value}}.Encode())
			}

			set(python, "user", "Zoë")
			b.sees("logged in in Python, known in Go", goServer, known)
			set(goServer, "theme", "dark & <wide>")
			b.sees("changed in Go, seen in Python", python, known)
			set(python, "text", strings.Repeat("compress ", 40))
			b.sees("changed in Python, seen in Go", goServer, known)
			before := b.Jar.Cookies(must(url.Parse(goServer.url)))

			// The key is rotated: first each side learns the new one, then it signs.
			python.stop()
			if f.fallbacks {
				python = startApp(t, f.venv, f.name, cookie, keys.old, keys.staged)
			}
			golang.store = f.store(cookie, keys.fresh, keys.old)
			b.sees("an old cookie where the new key signs", goServer, known)
			set(goServer, "rotated", "in Go")
			if f.fallbacks {
				b.sees("signed with the new key where the old one signs", python, known)
				python.stop()
			}
			python = startApp(t, f.venv, f.name, cookie, keys.fresh)
			golang.store = f.store(cookie, keys.fresh)
			b.sees("only the new key is left, in Python", python, known)
			set(python, "rotated", "in Python, too")
			b.sees("only the new key is left, in Go", goServer, known)

			// What the old key signed is worth nothing now, on either side.
			thief := newBrowser(t)
			thief.Jar.SetCookies(must(url.Parse(goServer.url)), before)
			thief.sees("a cookie of the old key, in Go", goServer, map[string]any{})
			thief.sees("a cookie of the old key, in Python", python, map[string]any{})

			b.post(python, "/clear")
			b.sees("logged out in Python, in Go", goServer, map[string]any{})
			clear(known)
			set(goServer, "user", "admin")
			b.sees("logged in in Go, known in Python", python, maps.Clone(known))
			b.post(goServer, "/clear")
			b.sees("logged out in Go, in Python", python, map[string]any{})
		})
	}
}

// Django's signed cookies, with the salt of each version.
func TestDjangoSignedCookies(t *testing.T) {
	for version, salt := range map[string]django.CookieSalt{venv: django.CookieSaltV2, venvDjango42: django.CookieSaltLegacy} {
		const key = "the key of the application"
		python := startApp(t, version, "django", "sessionid", key)
		cookie, err := django.NewCookie("theme", key, nil, &django.Options{Salt: []byte("of the test"), CookieSalt: salt})
		if err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t)
		b.post(python, "/sign?theme=dark+%C3%A9")
		for _, c := range b.Jar.Cookies(must(url.Parse(python.url))) {
			value, _, err := cookie.Unsign(c.Value, time.Minute)
			if c.Name != "theme" || err != nil || value != "dark é" {
				t.Errorf("%s: %s: %q, %v", version, c, value, err)
			}
		}
		signed, err := cookie.Sign("light")
		if err != nil {
			t.Fatal(err)
		}
		b.Jar.SetCookies(must(url.Parse(python.url)), []*http.Cookie{{Name: "theme", Value: signed, Path: "/"}})
		if got := b.do("GET", python.url+"/signed?theme"); got != `{"theme": "light"}` {
			t.Errorf("%s: %s", version, got)
		}
		t.Logf("%s: signed cookies go both ways", version)
	}
}
