package sessions_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions"
)

// Nobody is logged out by a store that is down.
func TestWebStoreDown(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.signIn))
	s.store.down("Load", "Save", "Delete", "Enter", "Revoked")
	for name, handler := range map[string]http.HandlerFunc{"show": s.show, "set": s.set, "sign in": s.signIn, "sign out": s.signOut} {
		r := s.do(t, handler, c)
		noCookie(t, r)
		if got := body(t, r); r.StatusCode != http.StatusServiceUnavailable || got != "Service Unavailable\n" {
			t.Errorf("%s: %d, %q", name, r.StatusCode, got)
		}
	}
	s.store.down("Delete")
	r := s.do(t, s.signOut, c)
	noCookie(t, r)
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("signing out: %d", r.StatusCode)
	}
	s.store.down()
	if got := body(t, s.do(t, s.show, c)); got != "alice xx" {
		t.Errorf("answer %q", got)
	}

	// That a session cannot be prolonged is no reason to withhold the answer.
	s.clock.pass(2 * time.Hour)
	s.store.down("Save")
	if got := body(t, s.do(t, s.show, c)); got != "alice xx" {
		t.Errorf("answer %q", got)
	}
	if e := s.log.one(t); e.Class != sessions.ErrStore || !errors.Is(e.Err, errDown) {
		t.Errorf("the observer heard %+v", e)
	}
}

// What a key that is missing here sealed is not deleted, nor is the cookie, and signing out ends it all the same.
func TestWebSignOutOfWhatDoesNotOpen(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.signIn))
	other, err := sessions.NewWeb(s.node(t, mustRing(t, key("k2", time.Time{})), nil), nil)
	must(t, err)
	elsewhere := &site{s.world, other}
	r := elsewhere.do(t, elsewhere.show, c)
	noCookie(t, r)
	if got := body(t, r); got != "none" {
		t.Errorf("answer %q", got)
	}
	s.loads(t, c.Value)
	s.store.down("Delete")
	noCookie(t, elsewhere.do(t, elsewhere.signOut, c))
	s.store.down()
	if got := cookie(t, elsewhere.do(t, elsewhere.signOut, c)); got.MaxAge >= 0 {
		t.Errorf("signing out sets %v", got)
	}
	s.dead(t, c.Value)
	if got := cookie(t, s.do(t, s.signOut, &http.Cookie{Name: c.Name, Value: "junk"})); got.MaxAge >= 0 {
		t.Errorf("signing out sets %v", got)
	}

	// So do signing out and in where something has begun another session before.
	for name, end := range map[string]http.HandlerFunc{"sign out": elsewhere.signOut, "sign in": elsewhere.signIn} {
		for _, start := range []bool{false, true} {
			c := cookie(t, s.do(t, s.signIn))
			handler := func(w http.ResponseWriter, r *http.Request) {
				if start {
					elsewhere.web.Start(r.Context())
				}
				end(w, r)
			}
			s.store.down("Delete")
			r := elsewhere.do(t, handler, c)
			noCookie(t, r)
			if r.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%s, started %v, Delete fails: %d", name, start, r.StatusCode)
			}
			s.store.down()
			cookie(t, elsewhere.do(t, handler, c))
			s.dead(t, c.Value)
		}
	}
}

// What cannot be read can be signed out of: the ID is enough.
func TestWebSignOutWithoutLoad(t *testing.T) {
	s := newSite(t, nil)
	for _, down := range []string{"Load", "Revoked"} {
		c := cookie(t, s.do(t, s.signIn))
		s.store.down(down)
		if r := s.do(t, s.signOut, c); r.StatusCode != http.StatusOK || cookie(t, r).MaxAge >= 0 {
			t.Errorf("%s fails: %d, %v", down, r.StatusCode, r.Header)
		}
		s.store.down()
		s.dead(t, c.Value)
	}
}

// A request that is slower than another one does not undo what that did.
func TestWebSlowRequests(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.signIn))
	slow := func(meanwhile http.HandlerFunc) *http.Response {
		return s.do(t, func(w http.ResponseWriter, r *http.Request) {
			session, err := s.web.Session(r.Context())
			must(t, err)
			s.do(t, meanwhile, c)
			session.Set(cart{N: 9})
			w.Header().Set("Location", "/")
			w.Header().Set("ETag", `"x"`)
			w.WriteHeader(http.StatusFound)
			if n, err := io.WriteString(w, "done"); err == nil || n != 0 {
				t.Errorf("the answer was written: %d, %v", n, err)
			}
		}, c)
	}
	r := slow(s.set)
	noCookie(t, r)
	if got := body(t, r); r.StatusCode != http.StatusConflict || got != "Conflict\n" || r.Header.Get("ETag")+r.Header.Get("Location") != "" {
		t.Errorf("a lost update: %d, %q, %v", r.StatusCode, got, r.Header)
	}
	if got := body(t, s.do(t, s.show, c)); got != "alice xxx" {
		t.Errorf("answer %q", got)
	}
	r = slow(s.signOut)
	noCookie(t, r)
	if r.StatusCode != http.StatusConflict {
		t.Errorf("after a logout: %d", r.StatusCode)
	}
	s.dead(t, c.Value)
}

// Two requests of one sign-in, as of a double click: both users are signed in, and one ID is alive for each.
func TestWebSignInTwice(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.set))
	var first *http.Cookie
	second := cookie(t, s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Session(r.Context())
		must(t, err)
		first = cookie(t, s.do(t, s.signIn, c))
		s.signIn(w, r)
		if session.Subject() != "alice" {
			t.Error("the handler has another session than the request")
		}
	}, c))
	s.loads(t, first.Value)
	s.loads(t, second.Value)
	s.dead(t, c.Value)
}

func TestWebRenewAndSave(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.signIn))
	renewed := cookie(t, s.do(t, func(w http.ResponseWriter, r *http.Request) { must(t, s.web.Renew(r.Context())) }, c))
	s.dead(t, c.Value)
	s.loads(t, renewed.Value)
	s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Session(r.Context())
		must(t, err)
		session.Set(cart{N: 5})
		must(t, s.web.Save(r.Context()))
		s.do(t, s.set, renewed)
		session.Set(cart{N: 1})
		failsWith(t, s.web.Save(r.Context()), sessions.ErrConflict)
	}, renewed)
	s.do(t, func(w http.ResponseWriter, r *http.Request) {
		failsWith(t, s.web.Renew(r.Context()), sessions.ErrNoSession)
		failsWith(t, s.web.Save(r.Context()), sessions.ErrNoSession)
		must(t, s.web.SignOut(r.Context()))
		_, err := s.web.Session(r.Context())
		failsWith(t, err, sessions.ErrNoSession)
	})
	// Sign out and in again within a request.
	if got := cookie(t, s.do(t, func(w http.ResponseWriter, r *http.Request) {
		must(t, s.web.SignOut(r.Context()))
		s.signIn(w, r)
	}, renewed)); got.Value == renewed.Value || got.Value == "" {
		t.Errorf("the cookie %v", got)
	}
	s.dead(t, renewed.Value)
}

// A handler that was told of a failed Save answers itself, and what it Sets then is written as always.
func TestWebSaveFails(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.set))
	for _, again := range []bool{false, true} {
		r := s.do(t, func(w http.ResponseWriter, r *http.Request) {
			session, err := s.web.Session(r.Context())
			must(t, err)
			session.Set(cart{Items: []string{"\xff"}})
			failsWith(t, s.web.Save(r.Context()), sessions.ErrSeal)
			if again {
				session.Set(cart{N: 7})
			}
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, "of the handler")
		}, c)
		if got := body(t, r); got != "of the handler" || r.StatusCode != http.StatusBadRequest {
			t.Errorf("%d, %q", r.StatusCode, got)
		}
		if n := s.loads(t, c.Value).Value().N; (n == 7) != again {
			t.Errorf("set again: %v, and the value is %d", again, n)
		}
	}
}

// What was told of a session before a sign-in says nothing of the one after it.
func TestWebSaveFailsBeforeSignIn(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Start(r.Context())
		must(t, err)
		session.Set(cart{Items: []string{"\xff"}})
		failsWith(t, s.web.Save(r.Context()), sessions.ErrSeal)
		must(t, s.web.SignIn(r.Context(), "alice", "", cart{}))
		session.Set(cart{N: 7})
	}))
	if n := s.loads(t, c.Value).Value().N; n != 7 {
		t.Errorf("the value is %d", n)
	}
}

// Once the headers are sent, nothing is written that would need a cookie.
func TestWebAfterHeaders(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.signIn))
	s.do(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		for _, call := range []func(context.Context) error{
			s.web.Renew, s.web.SignOut, s.web.Save,
			func(ctx context.Context) error { return s.web.SignIn(ctx, "bob", "", cart{}) },
		} {
			failsWith(t, call(r.Context()), sessions.ErrHeadersSent)
		}
		session, err := s.web.Session(r.Context())
		must(t, err)
		if session.Subject() != "alice" {
			t.Errorf("it is %q's", session.Subject())
		}
	}, c)
	s.do(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "x")
		_, err := s.web.Start(r.Context())
		failsWith(t, err, sessions.ErrHeadersSent)
	})
	s.loads(t, c.Value)
}

// A value that comes after the headers is lost, and the observer hears of it.
func TestWebSetAfterHeaders(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.set))
	for _, late := range []bool{false, true} {
		s.do(t, func(w http.ResponseWriter, r *http.Request) {
			s.set(w, r)
			session, err := s.web.Session(r.Context())
			must(t, err)
			if late {
				session.Set(cart{N: 100})
			}
		}, c)
		if !late {
			if events := s.log.take(); len(events) != 0 {
				t.Errorf("the observer heard %+v", events)
			}
		} else if e := s.log.one(t); e.Class != sessions.ErrHeadersSent || len(e.Handle) != 22 {
			t.Errorf("the observer heard %+v", e)
		}
	}
	if n := s.loads(t, c.Value).Value().N; n != 3 {
		t.Errorf("the value is %d", n)
	}
}

func TestWebOutsideOfHandler(t *testing.T) {
	s, other := newSite(t, nil), newSite(t, nil)
	check := func(ctx context.Context) {
		t.Helper()
		_, err := s.web.Session(ctx)
		failsWith(t, err, sessions.ErrConfig)
		_, err = s.web.Start(ctx)
		failsWith(t, err, sessions.ErrConfig)
		for _, call := range []func(context.Context) error{
			s.web.Renew, s.web.SignOut, s.web.Save,
			func(ctx context.Context) error { return s.web.SignIn(ctx, "bob", "", cart{}) },
		} {
			failsWith(t, call(ctx), sessions.ErrConfig)
		}
	}
	check(t.Context())
	other.do(t, func(_ http.ResponseWriter, r *http.Request) { check(r.Context()) })
}

// Several Webs can handle one request.
func TestSeveralWebs(t *testing.T) {
	s := newSite(t, nil)
	other, err := sessions.NewWeb(s.Manager, &sessions.WebOptions{Name: "__Host-admin"})
	must(t, err)
	r := s.do(t, func(w http.ResponseWriter, r *http.Request) {
		other.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			must(t, other.SignIn(r.Context(), "root", "", cart{}))
			must(t, s.web.SignIn(r.Context(), "alice", "", cart{}))
		})).ServeHTTP(w, r)
	})
	if len(r.Cookies()) != 2 {
		t.Errorf("the cookies %v", r.Header["Set-Cookie"])
	}
}

// Requests of one session at the same time load it each for themselves.
func TestWebConcurrency(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.signIn))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				s.do(t, s.show, c)
				s.do(t, s.set, c)
			}
		})
	}
	group.Wait()
	s.loads(t, c.Value)
}

// A handler that panics has decided nothing.
func TestWebPanic(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.set))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		s.do(t, func(_ http.ResponseWriter, r *http.Request) {
			session, err := s.web.Session(r.Context())
			must(t, err)
			session.Set(cart{N: 100})
			panic("x")
		}, c)
	}()
	if got := s.loads(t, c.Value); got.Value().N != 1 {
		t.Errorf("the session has %v", got.Value())
	}
}
