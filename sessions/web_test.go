package sessions_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions"
)

// A site is a Web over a world, and what its handlers answer.
type site struct {
	*world
	web *sessions.Web[cart]
}

func newSite(t testing.TB, options *sessions.WebOptions) *site {
	t.Helper()
	w := newWorld(t, nil)
	web, err := sessions.NewWeb(w.Manager, options)
	must(t, err)
	return &site{w, web}
}

// newStoreless returns a site whose sessions are in cookies.
func newStoreless(t testing.TB, options *sessions.Options, webOptions *sessions.WebOptions) *site {
	t.Helper()
	w := newWorld(t, options)
	o := sessions.Options{}
	if options != nil {
		o = *options
	}
	o.Now, o.Observer = w.clock.Now, w.log
	web, err := sessions.NewStoreless[cart](w.ring, &o, webOptions)
	must(t, err)
	return &site{w, web}
}

// do sends a request with cookies to a handler behind the Web.
func (s *site) do(t testing.TB, handler http.HandlerFunc, cookies ...*http.Cookie) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", "https://example.com/", nil)
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	rec := httptest.NewRecorder()
	s.web.Handler(handler).ServeHTTP(rec, r)
	return rec.Result()
}

// cookie returns the only cookie of a response.
func cookie(t testing.TB, r *http.Response) *http.Cookie {
	t.Helper()
	if cookies := r.Cookies(); len(cookies) == 1 {
		return cookies[0]
	}
	t.Fatalf("the response sets the cookies %v, want one", r.Header["Set-Cookie"])
	return nil
}

func noCookie(t testing.TB, r *http.Response) {
	t.Helper()
	if set := r.Header["Set-Cookie"]; len(set) > 0 {
		t.Fatalf("the response sets the cookies %v", set)
	}
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	must(t, err)
	return string(b)
}

// set is a handler that makes a session if there is none and counts N up.
func (s *site) set(w http.ResponseWriter, r *http.Request) {
	session, err := s.web.Start(r.Context())
	if err != nil {
		s.web.Error(w, r, err)
		return
	}
	v := session.Value()
	v.N++
	session.Set(v)
	io.WriteString(w, "set")
}

// show is a handler that says who is signed in.
func (s *site) show(w http.ResponseWriter, r *http.Request) {
	session, err := s.web.Session(r.Context())
	switch {
	case errors.Is(err, sessions.ErrNoSession):
		io.WriteString(w, "none")
	case err != nil:
		s.web.Error(w, r, err)
	default:
		io.WriteString(w, session.Subject()+" "+strings.Repeat("x", session.Value().N))
	}
}

// signIn is a handler that signs alice in.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) {
	if err := s.web.SignIn(r.Context(), "alice", r.UserAgent(), cart{N: 2}); err != nil {
		s.web.Error(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signOut is a handler that signs out.
func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.web.SignOut(r.Context()); err != nil {
		s.web.Error(w, r, err)
	}
}

func TestCookie(t *testing.T) {
	for _, test := range []struct {
		options *sessions.WebOptions
		want    string
	}{
		{nil, "__Host-session=ID; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{&sessions.WebOptions{Insecure: true}, "session=ID; Path=/; HttpOnly; SameSite=Lax"},
		{&sessions.WebOptions{Name: "sid", SameSite: http.SameSiteStrictMode}, "sid=ID; Path=/; HttpOnly; Secure; SameSite=Strict"},
		{&sessions.WebOptions{SameSite: http.SameSiteNoneMode}, "__Host-session=ID; Path=/; HttpOnly; Secure; SameSite=None"},
		{&sessions.WebOptions{Persistent: true}, "__Host-session=ID; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax"},
	} {
		s := newSite(t, test.options)
		r := s.do(t, s.set)
		c := cookie(t, r)
		if got := strings.Replace(r.Header.Get("Set-Cookie"), c.Value, "ID", 1); got != test.want {
			t.Errorf("the cookie %s, want %s", got, test.want)
		}
		if len(c.Value) != 43 || s.loads(t, c.Value).Value().N != 1 {
			t.Errorf("the cookie holds %q", c.Value)
		}
	}
}

// Where int has 32 bits, a long lifetime is not one that deletes the cookie.
func TestCookieForLong(t *testing.T) {
	w := newWorld(t, &sessions.Options{Absolute: 100 * 365 * 24 * time.Hour})
	web, err := sessions.NewWeb(w.Manager, &sessions.WebOptions{Persistent: true})
	must(t, err)
	s := &site{w, web}
	if c := cookie(t, s.do(t, s.set)); c.MaxAge != math.MaxInt32 {
		t.Errorf("Max-Age=%d", c.MaxAge)
	}
}

// A user comes, signs in, is known, and signs out.
func TestWebStory(t *testing.T) {
	s := newSite(t, nil)
	r := s.do(t, s.show)
	noCookie(t, r)
	anonymous := cookie(t, s.do(t, s.set))
	noCookie(t, s.do(t, s.set, anonymous))
	if got := body(t, s.do(t, s.show, anonymous)); got != " xx" {
		t.Errorf("answer %q", got)
	}
	r = s.do(t, s.signIn, anonymous)
	signedIn := cookie(t, r)
	if r.StatusCode != http.StatusSeeOther || signedIn.Value == anonymous.Value {
		t.Errorf("status %d, and the ID stays: %v", r.StatusCode, signedIn.Value == anonymous.Value)
	}
	if got := body(t, s.do(t, s.show, signedIn)); got != "alice xx" {
		t.Errorf("answer %q", got)
	}
	if got := body(t, s.do(t, s.show, anonymous)); got != "none" {
		t.Errorf("answer %q to the ID of before", got)
	}
	r = s.do(t, s.signOut, signedIn)
	if got := r.Header.Get("Set-Cookie"); got != "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("signing out sets %q", got)
	}
	if got := body(t, s.do(t, s.show, signedIn)); got != "none" {
		t.Errorf("answer %q after signing out", got)
	}
	noCookie(t, s.do(t, s.signOut))
}

// A real client and server, over TLS.
func TestWebOverTLS(t *testing.T) {
	s := newSite(t, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("/set", s.set)
	mux.HandleFunc("/show", s.show)
	mux.HandleFunc("POST /in", func(w http.ResponseWriter, r *http.Request) {
		must(t, s.web.SignIn(r.Context(), "alice", "", cart{N: 1}))
	})
	server := httptest.NewTLSServer(http.NewCrossOriginProtection().Handler(s.web.Handler(mux)))
	defer server.Close()
	client := server.Client()
	client.Jar, _ = cookiejar.New(nil)
	get := func(path string) string {
		r, err := client.Get(server.URL + path)
		must(t, err)
		defer r.Body.Close()
		return body(t, r)
	}
	get("/set")
	get("/set")
	if got := get("/show"); got != " xx" {
		t.Errorf("answer %q", got)
	}
	r, err := client.Post(server.URL+"/in", "", nil)
	must(t, err)
	r.Body.Close()
	if got := get("/show"); got != "alice x" {
		t.Errorf("answer %q", got)
	}
	foreign, _ := http.NewRequest("POST", server.URL+"/in", nil)
	foreign.Header.Set("Origin", "https://example.net")
	r, err = client.Do(foreign)
	must(t, err)
	r.Body.Close()
	if r.StatusCode != http.StatusForbidden {
		t.Errorf("another site signs in: %d", r.StatusCode)
	}
}

// The store is asked when a handler asks, once, and written to once.
func TestWebCalls(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.set))
	costs := func(what string, loads, saves int, handler http.HandlerFunc, cookies ...*http.Cookie) {
		t.Helper()
		s.store.counted()
		s.do(t, handler, cookies...)
		if calls := s.store.counted(); calls["Load"] != loads || calls["Save"] != saves {
			t.Errorf("%s makes the calls %v", what, calls)
		}
	}
	costs("nothing", 0, 0, func(http.ResponseWriter, *http.Request) {}, c)
	costs("reading", 1, 0, func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			s.web.Session(r.Context())
			s.web.Start(r.Context())
		}
	}, c)
	costs("writing", 1, 1, func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			s.set(w, r)
		}
	}, c)
	costs("starting", 0, 0, func(w http.ResponseWriter, r *http.Request) { s.web.Start(r.Context()) })
	costs("an unknown ID", 1, 0, s.show, &http.Cookie{Name: c.Name, Value: s.New(cart{}).ID()})
	costs("what is no ID", 0, 0, s.show, &http.Cookie{Name: c.Name, Value: "junk"})
	s.clock.pass(2 * time.Hour)
	costs("reading later", 1, 1, s.show, c)
	costs("reading then", 1, 0, s.show, c)

	// An unknown ID is not taken over.
	unknown := s.New(cart{}).ID()
	if fresh := cookie(t, s.do(t, s.set, &http.Cookie{Name: c.Name, Value: unknown})); fresh.Value == unknown {
		t.Error("the ID that came is used")
	}
	s.dead(t, unknown)
}

// Of two cookies of one name, one was planted.
func TestWebDuplicateCookies(t *testing.T) {
	s := newSite(t, nil)
	a, b := cookie(t, s.do(t, s.signIn)), cookie(t, s.do(t, s.signIn))
	for _, cookies := range [][]*http.Cookie{{a, b}, {b, a}, {a, a, b}, {a, {Name: a.Name, Value: "x"}}, {{Name: a.Name, Value: ""}, a}} {
		if got := body(t, s.do(t, s.show, cookies...)); got != "none" {
			t.Errorf("answer %q to several cookies", got)
		}
	}
	if got := body(t, s.do(t, s.show, a, a)); got != "alice xx" {
		t.Errorf("answer %q to one cookie twice", got)
	}
	if got := body(t, s.do(t, s.show, &http.Cookie{Name: "session", Value: a.Value})); got != "none" {
		t.Errorf("answer %q to a cookie of another name", got)
	}

	// Nobody can tell which one the user signs out of, or signs in over: both end.
	for _, end := range []http.HandlerFunc{s.signOut, s.signIn} {
		for _, start := range []bool{false, true} {
			a, b := cookie(t, s.do(t, s.signIn)), cookie(t, s.do(t, s.signIn))
			cookie(t, s.do(t, func(w http.ResponseWriter, r *http.Request) {
				if start {
					s.web.Start(r.Context())
				}
				end(w, r)
			}, a, b))
			s.dead(t, a.Value)
			s.dead(t, b.Value)
		}
	}

	// No request makes as many calls as it has cookies.
	var many []*http.Cookie
	for range 1000 {
		many = append(many, &http.Cookie{Name: a.Name, Value: s.New(cart{}).ID()})
	}
	s.store.counted()
	s.do(t, s.signOut, many...)
	if calls := s.store.counted(); calls["Load"] != 0 || calls["Delete"] > 200 {
		t.Errorf("a thousand cookies make the calls %v", calls)
	}
}

// Caches must not give one user's answer to another.
func TestWebCaching(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.set))
	header := func(set ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(set); i += 2 {
				w.Header().Set(set[i], set[i+1])
			}
			s.show(w, r)
		}
	}
	for _, test := range []struct {
		handler         http.HandlerFunc
		control, varies string
	}{
		{func(http.ResponseWriter, *http.Request) {}, "", ""},
		{s.show, "private, no-store", "Cookie"},
		{s.set, "private, no-store", "Cookie"},
		{header("Cache-Control", "private, max-age=60"), "private, max-age=60", "Cookie"},
		{header("Vary", "Accept-Encoding"), "private, no-store", "Accept-Encoding,Cookie"},
		{header("Vary", "Accept, cookie"), "private, no-store", "Accept, cookie"},
		{header("Vary", "*"), "private, no-store", "*"},
	} {
		r := s.do(t, test.handler, c)
		if got := r.Header.Get("Cache-Control"); got != test.control {
			t.Errorf("Cache-Control %q, want %q", got, test.control)
		}
		if got := strings.Join(r.Header["Vary"], ","); got != test.varies {
			t.Errorf("Vary %q, want %q", got, test.varies)
		}
	}
	r := s.do(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		s.set(w, r)
	})
	if got := r.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("a cookie goes with Cache-Control %q", got)
	}
}
