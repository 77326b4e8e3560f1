package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions"
)

// While the store is down every page says so, and nobody is signed out by it.
func TestStoreDown(t *testing.T) {
	s := newSite(t, nil)
	v, new := s.visitor(firefox).signIn("anna"), s.visitor(firefox)
	cookie := v.cookie()
	s.store.down.Store(true)
	for _, request := range []func() answer{
		func() answer { return v.get("/profile") },
		func() answer { return v.get("/devices") },
		func() answer { return v.get("/sign-in") },
		func() answer { return v.post("/profile", "name", "Anna", "theme", "dark") },
		func() answer { return v.post("/devices/x/sign-out") },
		func() answer { return v.post("/sign-out") },
		func() answer { return v.post("/sign-out-everywhere") },
		func() answer { return v.post("/sign-in", "user", "anna", "password", "correct horse") },
		func() answer { return new.post("/sign-in", "user", "anna", "password", "correct horse") },
	} {
		a := request()
		a.mustHave(t, http.StatusServiceUnavailable, "you still are")
		if a.header.Get("Set-Cookie") != "" || a.header.Get("Retry-After") == "" || strings.Contains(a.body, errDown.Error()) {
			t.Errorf("%s: %v", a.path, a.header)
		}
	}
	if v.cookie() != cookie || new.cookie() != "" {
		t.Error("a cookie has changed")
	}
	new.mustBeSignedIn(false) // it has no cookie, so that is known without the store
	s.store.down.Store(false)
	v.mustBeSignedIn(true)
	if log := s.log.String(); !strings.Contains(log, errDown.Error()) || strings.Contains(log, cookie) {
		t.Errorf("the log has not why, or the session's ID:\n%s", log)
	}
}

// The store goes down between the loading of a session and its writing: what was not saved is not said to be.
func TestStoreDownDuringRequest(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(firefox).signIn("anna")
	s.store.beforeSave = func() { s.store.down.Store(true) }
	v.post("/profile", "name", "Other", "theme", "dark").mustHave(t, http.StatusServiceUnavailable, "you still are")
	s.store.down.Store(false)
	v.get("/profile").mustHave(t, http.StatusOK, "Hello, Anna Weber")
}

// A store that does not answer at all is waited for, but not for ever.
func TestStoreHangs(t *testing.T) {
	s := newSite(t, hanging{sessions.NewMemoryStore(nil)})
	r := httptest.NewRequest(http.MethodGet, "/profile", nil)
	r.Header.Set("Cookie", "__Host-session="+strings.Repeat("A", 43))
	w := httptest.NewRecorder()
	within(10*time.Millisecond, s.server.Config.Handler).ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("status %d, %v", w.Code, w.Header())
	}
}

// A hanging store loads nothing until the request ends.
type hanging struct{ sessions.Store }

func (hanging) Load(ctx context.Context, _ ...[32]byte) ([][]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestOtherSites(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(firefox).signIn("anna")
	for name, set := range map[string]func(http.Header){
		"another site":             func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
		"another host of the site": func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
		"an old browser": func(h http.Header) {
			h.Del("Sec-Fetch-Site")
			h.Set("Origin", "https://example.com")
		},
		"a sandboxed frame in an old browser": func(h http.Header) {
			h.Del("Sec-Fetch-Site")
			h.Set("Origin", "null")
		},
	} {
		other := *v
		other.header = v.header.Clone()
		set(other.header)
		for _, path := range []string{"/sign-in", "/sign-out", "/sign-out-everywhere", "/profile", "/devices/x/sign-out"} {
			other.post(path, "name", "Mallory", "theme", "dark").mustHave(t, http.StatusForbidden, "came from another site")
		}
		if v.get("/profile").mustHave(t, http.StatusOK, "Hello, Anna Weber"); t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestBadRequests(t *testing.T) {
	v := newSite(t, nil).visitor(firefox).signIn("anna")
	v.post("/profile", "name", strings.Repeat("a", 1<<20)).mustHave(t, http.StatusRequestEntityTooLarge, "Not understood")
	v.post("/sign-in", "user", strings.Repeat("a", 1<<20)).mustHave(t, http.StatusRequestEntityTooLarge, "Not understood")
	v.get("/nowhere").mustHave(t, http.StatusNotFound, "No such page")
	v.get("/sign-out").mustHave(t, http.StatusNotFound, "No such page")
	v.mustBeSignedIn(true) // a link signs nobody out
}
