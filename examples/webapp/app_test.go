package main

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
	iPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)

// A site is the application, served over TLS as by its proxy.
type site struct {
	t      *testing.T
	keys   *keys
	store  *gate
	log    *buffer
	server *httptest.Server
}

// newSite serves the application with a store, in memory if it is nil, and a key whose ID is "first".
func newSite(t *testing.T, store sessions.Store) *site {
	t.Helper()
	ring, err := sealring.NewKeyring(key("first", time.Time{}))
	if err != nil {
		t.Fatal(err)
	}
	return newSiteOf(t, &keys{ring: ring}, store)
}

func newSiteOf(t *testing.T, keys *keys, store sessions.Store) *site {
	t.Helper()
	if store == nil {
		store = sessions.NewMemoryStore(nil)
	}
	s := &site{t: t, keys: keys, store: &gate{Store: store}, log: new(buffer)}
	app, err := newApp(s.keys, s.store, newUsers(1), slog.New(slog.NewTextHandler(s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewTLSServer(app)
	t.Cleanup(s.server.Close)
	return s
}

func key(id string, sealFrom time.Time) sealring.Key {
	k := sealring.GenerateKey()
	k.ID, k.SealFrom = id, sealFrom
	return k
}

// A gate is a store that can be down as a whole, and that can do something first.
type gate struct {
	sessions.Store
	down       atomic.Bool
	beforeSave func()
}

var errDown = errors.New("connection refused")

func (g *gate) err() error {
	if g.down.Load() {
		return errDown
	}
	return nil
}

func (g *gate) Load(ctx context.Context, ids ...[32]byte) ([][]byte, error) {
	if err := g.err(); err != nil {
		return nil, err
	}
	return g.Store.Load(ctx, ids...)
}

func (g *gate) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	if before := g.beforeSave; before != nil {
		g.beforeSave = nil
		before()
	}
	if err := g.err(); err != nil {
		return false, err
	}
	return g.Store.Save(ctx, id, version, record, expires)
}

func (g *gate) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (time.Time, error) {
	if err := g.err(); err != nil {
		return time.Time{}, err
	}
	return g.Store.Enter(ctx, subject, id, at, expires)
}

func (g *gate) Delete(ctx context.Context, id [32]byte, record []byte) (bool, error) {
	if err := g.err(); err != nil {
		return false, err
	}
	return g.Store.Delete(ctx, id, record)
}

func (g *gate) Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error {
	if err := g.err(); err != nil {
		return err
	}
	return g.Store.Leave(ctx, subject, ids...)
}

func (g *gate) List(ctx context.Context, subject [32]byte) ([][32]byte, error) {
	if err := g.err(); err != nil {
		return nil, err
	}
	return g.Store.List(ctx, subject)
}

func (g *gate) Revoke(ctx context.Context, subject [32]byte, at, expires time.Time) (time.Time, error) {
	if err := g.err(); err != nil {
		return time.Time{}, err
	}
	return g.Store.Revoke(ctx, subject, at, expires)
}

func (g *gate) Revoked(ctx context.Context, subject [32]byte) (time.Time, error) {
	if err := g.err(); err != nil {
		return time.Time{}, err
	}
	return g.Store.Revoked(ctx, subject)
}

// A buffer is a log that tests read.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A visitor is somebody's browser, as far as cookies and redirects go.
type visitor struct {
	*site
	client *http.Client
	header http.Header
}

func (s *site) visitor(userAgent string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := *s.server.Client()
	client.Jar = jar
	return &visitor{s, &client, http.Header{"User-Agent": {userAgent}, "Sec-Fetch-Site": {"same-origin"}}}
}

// An answer is what a visitor sees in the end.
type answer struct {
	path   string // where redirects led to
	status int
	header http.Header
	body   string // with entities undone
}

func (v *visitor) do(method, path string, form url.Values) answer {
	v.t.Helper()
	req, err := http.NewRequest(method, v.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header = v.header.Clone()
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{resp.Request.URL.Path, resp.StatusCode, resp.Header, html.UnescapeString(string(body))}
}

func (v *visitor) get(path string) answer { v.t.Helper(); return v.do(http.MethodGet, path, nil) }

func (v *visitor) post(path string, pairs ...string) answer {
	v.t.Helper()
	form := make(url.Values)
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return v.do(http.MethodPost, path, form)
}

// signIn signs in as one of the users of the demonstration.
func (v *visitor) signIn(user string) *visitor {
	v.t.Helper()
	for _, c := range demo {
		if c.User == user {
			v.post("/sign-in", "user", user, "password", c.Password)
		}
	}
	v.mustBeSignedIn(true)
	return v
}

// mustBeSignedIn looks at a page that needs a session. Whether or not there is one, nothing fails.
func (v *visitor) mustBeSignedIn(want bool) {
	v.t.Helper()
	a := v.get("/profile")
	path := "/sign-in"
	if want {
		path = "/profile"
	}
	if a.path != path || a.status != http.StatusOK {
		v.t.Fatalf("the profile is answered with %s, status %d; want %s", a.path, a.status, path)
	}
}

// cookie returns the value of the session's cookie, "" if there is none.
func (v *visitor) cookie() string {
	u, _ := url.Parse(v.server.URL)
	for _, c := range v.client.Jar.Cookies(u) {
		if c.Name == "__Host-session" {
			return c.Value
		}
	}
	return ""
}

func (v *visitor) setCookie(value string) {
	u, _ := url.Parse(v.server.URL)
	v.client.Jar.SetCookies(u, []*http.Cookie{{Name: "__Host-session", Value: value, Path: "/", Secure: true}})
}

func (a answer) mustHave(t *testing.T, status int, text string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, text) {
		t.Fatalf("%s has status %d, want %d and %q:\n%s", a.path, a.status, status, text, a.body)
	}
}

func TestHeaders(t *testing.T) {
	v := newSite(t, nil).visitor(firefox).signIn("anna")
	for _, path := range []string{"/sign-in", "/profile", "/devices", "/nowhere", "/assets/style.css", "/assets/nowhere"} {
		h := v.get(path).header
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none';") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s lacks headers: %v", path, h)
		}
		personal := path != "/nowhere" && !strings.HasPrefix(path, "/assets/")
		if got := h.Get("Cache-Control"); personal && (got != "private, no-store" || h.Get("Vary") != "Cookie") {
			t.Errorf("%s may be cached: %v", path, h)
		}
	}
	style, err := asset("style.css")
	if err != nil {
		t.Fatal(err)
	}
	if a := v.get(style); a.status != http.StatusOK || a.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s: %d %v", style, a.status, a.header)
	}
	if body := v.get("/profile").body; !strings.Contains(body, style) || strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Error("the page is not what the Content-Security-Policy lets through")
	}
}
