package sessions_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

func TestStorelessStory(t *testing.T) {
	s := newStoreless(t, nil, nil)
	noCookie(t, s.do(t, s.show))
	first := cookie(t, s.do(t, s.set))
	if !strings.HasPrefix(first.Value, "sr1_") {
		t.Errorf("the cookie %q", first.Value)
	}
	second := cookie(t, s.do(t, s.set, first))
	if got := body(t, s.do(t, s.show, second)); got != " xx" {
		t.Errorf("answer %q", got)
	}
	noCookie(t, s.do(t, s.show, second))
	r := s.do(t, s.signIn, second)
	signedIn := cookie(t, r)
	if r.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d", r.StatusCode)
	}
	if got := body(t, s.do(t, s.show, signedIn)); got != "alice xx" {
		t.Errorf("answer %q", got)
	}
	renewed := cookie(t, s.do(t, func(w http.ResponseWriter, r *http.Request) {
		must(t, s.web.Renew(r.Context()))
		session, err := s.web.Session(r.Context())
		must(t, err)
		if session.ID() != "" || session.Handle() != "" || session.Subject() != "alice" {
			t.Errorf("the session is %q, %q", session.ID(), session.Handle())
		}
	}, signedIn))
	if renewed.Value == signedIn.Value {
		t.Error("the cookie stays")
	}
	if got := cookie(t, s.do(t, s.signOut, renewed)); got.MaxAge >= 0 || got.Value != "" {
		t.Errorf("signing out sets %v", got)
	}
	cookie(t, s.do(t, s.signOut, &http.Cookie{Name: first.Name, Value: "junk"}))
	s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Session(r.Context())
		must(t, err)
		must(t, s.web.SignOut(r.Context()))
		session.Set(cart{})
		failsWith(t, s.web.Save(r.Context()), sessions.ErrNoSession)
	}, renewed)
	if calls := s.store.counted(); len(calls) != 0 {
		t.Errorf("the calls %v", calls)
	}
}

// A cookie is encrypted, and of use under its own name, for its own purpose and unchanged only.
func TestStorelessCookies(t *testing.T) {
	s := newStoreless(t, nil, nil)
	genuine := cookie(t, s.do(t, s.signIn)).Value
	named := &site{s.world, nil}
	var err error
	named.web, err = sessions.NewStoreless[cart](s.ring, &sessions.Options{Now: s.clock.Now}, &sessions.WebOptions{Name: "__Host-other"})
	must(t, err)
	codec, err := sealring.NewCodec[map[string]any](s.ring, "session-cookie", &sealring.Options{TTL: time.Hour, Encrypt: true, Now: s.clock.Now})
	must(t, err)
	unbound, err := codec.Seal(map[string]any{"value": map[string]any{}})
	must(t, err)
	none, err := codec.For("__Host-session").Seal(map[string]any{"value": 5})
	must(t, err)
	for name, test := range map[string]struct {
		value string
		want  error
	}{
		"truncated":       {genuine[:len(genuine)-1], sealring.ErrMalformed},
		"changed":         {genuine[:100] + "A" + genuine[101:], nil},
		"junk":            {"junk", sealring.ErrMalformed},
		"another version": {"sr2_" + genuine[4:], sealring.ErrUnsupportedVersion},
		"padded":          {genuine + "=", sealring.ErrMalformed},
		"unbound":         {unbound, sealring.ErrBadSignature},
		"another type":    {none, sealring.ErrBadPayload},
		"an ID":           {s.create(t).ID(), sealring.ErrMalformed},
	} {
		r := s.do(t, s.show, &http.Cookie{Name: "__Host-session", Value: test.value})
		noCookie(t, r)
		if got := body(t, r); got != "none" {
			t.Errorf("%s: answer %q", name, got)
		}
		if e := s.log.one(t); test.want != nil && e.Class != test.want || e.Deleted || e.Handle != "" {
			t.Errorf("%s: the observer heard %+v", name, e)
		}
	}
	if got := body(t, named.do(t, named.show, &http.Cookie{Name: "__Host-other", Value: genuine})); got != "none" {
		t.Errorf("answer %q under another name", got)
	}
	if got := body(t, s.do(t, s.show, &http.Cookie{Name: "__Host-session", Value: strings.Repeat("A", 5000)})); got != "none" {
		t.Errorf("answer %q to a long cookie", got)
	}

	signed := newStoreless(t, &sessions.Options{Signed: true}, nil)
	if info, err := sealring.Inspect(cookie(t, signed.do(t, signed.signIn)).Value); err != nil || info.Suite != sealring.Signed {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := sealring.Inspect(genuine); err != nil || info.Suite != sealring.Encrypted {
		t.Errorf("%v, %v", info, err)
	}
}

// A record of a store is no cookie, and a cookie is no record.
func TestStorelessAndStoredAreApart(t *testing.T) {
	s := newStoreless(t, nil, nil)
	stored := s.create(t)
	text := encode(s.record(t, stored.ID())[8:])
	if got := body(t, s.do(t, s.show, &http.Cookie{Name: "__Host-session", Value: text})); got != "none" {
		t.Errorf("answer %q", got)
	}
	if e := s.log.one(t); e.Class != sealring.ErrBadSignature {
		t.Errorf("the observer heard %+v", e)
	}
}

// The last size that browsers keep is set, and the next one is an error that says so.
func TestStorelessSize(t *testing.T) {
	s := newStoreless(t, nil, nil)
	try := func(n int) *http.Response {
		return s.do(t, func(w http.ResponseWriter, r *http.Request) {
			session, err := s.web.Start(r.Context())
			must(t, err)
			session.Set(cart{Items: []string{strings.Repeat("x", n)}})
		})
	}
	fits := 0
	for n, step := 0, 1024; step > 0; step /= 2 {
		for try(n+step).StatusCode == http.StatusOK {
			n += step
			fits = n
		}
	}
	line := try(fits).Header.Get("Set-Cookie")
	if len(line) > 4096 || len(line) < 4090 {
		t.Errorf("the largest cookie has %d bytes", len(line))
	}
	r := try(fits + 1)
	noCookie(t, r)
	if r.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d", r.StatusCode)
	}

	small := cookie(t, try(1))
	s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Start(r.Context())
		must(t, err)
		large := cart{Items: []string{strings.Repeat("x", 4000)}}
		err = s.web.SignIn(r.Context(), "alice", "", large)
		failsWith(t, err, sessions.ErrCookieSize)
		if session.Subject() != "" || len(session.Value().Items[0]) != 1 {
			t.Error("the session has changed in spite of an error")
		}
		session.Set(large)
		err = s.web.Save(r.Context())
		failsWith(t, err, sessions.ErrCookieSize)
		if !strings.Contains(err.Error(), "browsers keep 4096") {
			t.Errorf("error %v", err)
		}
		session.Set(cart{})
		failsWith(t, s.web.SignIn(r.Context(), "", "", cart{}), sessions.ErrSubject)
		failsWith(t, s.web.SignIn(r.Context(), "alice", "", cart{Items: []string{"\xff"}}), sessions.ErrSeal)
	}, small)
}

func TestStorelessLifetimes(t *testing.T) {
	s := newStoreless(t, &sessions.Options{Idle: time.Hour, Absolute: 3 * time.Hour}, &sessions.WebOptions{Persistent: true})
	c := cookie(t, s.do(t, s.set))
	if c.MaxAge != 3*3600 {
		t.Errorf("Max-Age %d", c.MaxAge)
	}
	s.clock.pass(5 * time.Minute)
	noCookie(t, s.do(t, s.show, c))
	s.clock.pass(time.Minute + time.Millisecond)
	next := cookie(t, s.do(t, s.show, c))
	if next.MaxAge != 3*3600-360 {
		t.Errorf("Max-Age %d", next.MaxAge)
	}
	s.clock.pass(54 * time.Minute)
	if got := body(t, s.do(t, s.show, c)); got != "none" {
		t.Errorf("answer %q after an hour", got)
	}
	for range 4 {
		s.clock.pass(30 * time.Minute)
		if cookies := s.do(t, s.show, next).Cookies(); len(cookies) == 1 {
			next = cookies[0]
		}
	}
	if got := body(t, s.do(t, s.show, next)); got != "none" {
		t.Errorf("answer %q after three hours", got)
	}
	if events := s.log.take(); len(events) != 0 {
		t.Errorf("the observer heard %+v", events)
	}
	// The absolute lifetime ends while a request runs.
	c = cookie(t, s.do(t, s.set))
	s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Session(r.Context())
		must(t, err)
		s.clock.pass(3 * time.Hour)
		session.Set(cart{})
		failsWith(t, s.web.Save(r.Context()), sessions.ErrNoSession)
	}, c)
}

// A cookie of a longer absolute lifetime than today's ends by today's.
func TestStorelessShorterLifetime(t *testing.T) {
	s := newStoreless(t, &sessions.Options{Idle: 10 * time.Hour, Absolute: 20 * time.Hour}, nil)
	c := cookie(t, s.do(t, s.set))
	s.clock.pass(9 * time.Hour)
	c = cookie(t, s.do(t, s.show, c))
	shorter := &site{world: s.world}
	var err error
	shorter.web, err = sessions.NewStoreless[cart](s.ring, &sessions.Options{Idle: 10 * time.Hour, Absolute: 10 * time.Hour, Now: s.clock.Now}, nil)
	must(t, err)
	if got := body(t, shorter.do(t, shorter.show, c)); got != " x" {
		t.Errorf("answer %q", got)
	}
	s.clock.pass(time.Hour)
	if got := body(t, shorter.do(t, shorter.show, c)); got != "none" {
		t.Errorf("answer %q", got)
	}
	if got := body(t, s.do(t, s.show, c)); got != " x" {
		t.Errorf("answer %q", got)
	}
}

// Only a moment that is kept elsewhere can revoke what is in a cookie.
func TestStorelessRevocation(t *testing.T) {
	var moment time.Time
	var down error
	s := newStoreless(t, &sessions.Options{RevokedBefore: func(context.Context, string) (time.Time, error) { return moment, down }}, nil)
	c, anonymous := cookie(t, s.do(t, s.signIn)), cookie(t, s.do(t, s.set))
	moment = s.clock.Now()
	if got := body(t, s.do(t, s.show, c)); got != "none" {
		t.Errorf("answer %q", got)
	}
	if got := body(t, s.do(t, s.show, anonymous)); got != " x" {
		t.Errorf("answer %q", got)
	}
	if got := body(t, s.do(t, s.show, cookie(t, s.do(t, s.signIn)))); got != "alice xx" {
		t.Errorf("answer %q", got)
	}
	down = errDown
	r := s.do(t, s.show, c)
	noCookie(t, r)
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", r.StatusCode)
	}
	if r := s.do(t, s.signIn); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", r.StatusCode)
	}
}

// Where no key seals, what is there still opens, and is not prolonged.
func TestStorelessWithoutAPrimaryKey(t *testing.T) {
	s := newStoreless(t, nil, nil)
	k := key("k2", time.Time{})
	must(t, s.ring.Replace(k))
	c := cookie(t, s.do(t, s.signIn))
	later := key("k3", s.clock.Now().Add(2*time.Hour))
	must(t, s.ring.Replace(k, later))
	s.clock.pass(2 * time.Hour)
	k.OpenUntil, later.OpenUntil = s.clock.Now().Add(time.Hour), s.clock.Now().Add(time.Millisecond)
	must(t, s.ring.Replace(k, later))
	s.clock.pass(time.Millisecond)
	r := s.do(t, s.show, c)
	noCookie(t, r)
	if got := body(t, r); got != "alice xx" {
		t.Errorf("answer %q", got)
	}
	if e := s.log.one(t); e.Class != sessions.ErrSeal || !errors.Is(e.Err, sealring.ErrNoPrimaryKey) {
		t.Errorf("the observer heard %+v", e)
	}
	if r := s.do(t, func(w http.ResponseWriter, r *http.Request) { s.set(w, r); io.WriteString(w, "x") }, c); r.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d", r.StatusCode)
	}
}
