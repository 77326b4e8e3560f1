package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

// A profile is what a session holds, sealed.
type profile struct {
	Name  string `json:"name"`
	Theme string `json:"theme"` // one of themes
}

type session = *sessions.Session[profile]

// An app is the web application.
type app struct {
	sessions *sessions.Manager[profile]
	web      *sessions.Web[profile]
	users    *users
	log      *slog.Logger
}

const (
	idle     = 2 * time.Hour
	absolute = 7 * 24 * time.Hour
	// patience is how long a request may wait for the store, before the user is told. It is well below the server's
	// WriteTimeout, after which nothing can be told.
	patience = 5 * time.Second
	// maxBody is far beyond every form of this application.
	maxBody = 16 << 10
)

// newApp returns the handler of the whole application.
func newApp(keys *keys, store sessions.Store, users *users, log *slog.Logger) (http.Handler, error) {
	manager, err := sessions.New[profile](keys.ring, store, &sessions.Options{
		Purpose:  "webapp/session",
		Idle:     idle,
		Absolute: absolute,
		Observer: observer{log},
		Openings: keys.observer(),
	})
	if err != nil {
		return nil, err
	}
	a := &app{sessions: manager, users: users, log: log}
	a.web, err = sessions.NewWeb(manager, &sessions.WebOptions{OnError: a.fail})
	if err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/profile", http.StatusSeeOther))
	mux.HandleFunc("GET /sign-in", a.showSignIn)
	mux.HandleFunc("POST /sign-in", a.signIn)
	mux.HandleFunc("GET /profile", a.signedIn(a.showProfile))
	mux.HandleFunc("POST /profile", a.signedIn(a.saveProfile))
	mux.HandleFunc("GET /devices", a.signedIn(a.showDevices))
	mux.HandleFunc("POST /devices/{handle}/sign-out", a.signedIn(a.signOutDevice))
	mux.HandleFunc("POST /sign-out", a.signOut)
	mux.HandleFunc("POST /sign-out-everywhere", a.signedIn(a.signOutEverywhere))
	mux.HandleFunc("/", a.notFound)

	// From the outside in: headers that every answer has, no requests of other sites, no large or long ones, the session.
	// What is the same for everybody needs no session, and may be cached.
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(a.refuse))
	root := http.NewServeMux()
	root.Handle("/", protection.Handler(http.MaxBytesHandler(within(patience, a.web.Handler(mux)), maxBody)))
	root.Handle("GET /assets/", assets)
	return secure(root), nil
}

// secure sets the headers that tell browsers to be strict: nothing is loaded but from here, no script runs at all, and no
// other site may frame a page. Over TLS, Strict-Transport-Security is the proxy's to set.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// within ends the context of a request after a time.
func within(d time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// signedIn calls next with the session of the user who is signed in, and sends everybody else to the sign-in page. That the
// store is down is no reason to: nobody is signed out by it.
func (a *app) signedIn(next func(http.ResponseWriter, *http.Request, session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := a.web.Session(r.Context())
		switch {
		case errors.Is(err, sessions.ErrNoSession):
			a.toSignIn(w, r)
		case err != nil:
			a.fail(w, r, err)
		default:
			next(w, r, s)
		}
	}
}

// An observer logs what no user is told. Of somebody who tampers, operators should hear at once.
type observer struct{ log *slog.Logger }

// Observe implements sessions.Observer.
func (o observer) Observe(e sessions.Event) {
	log := o.log.With("session", e.Handle, "class", e.Class, "deleted", e.Deleted, "err", e.Err)
	switch {
	case errors.Is(e.Class, sealring.ErrUnknownKey):
		log.Warn("session sealed with a key that is not in the ring")
	case errors.Is(e.Class, sealring.ErrInvalid):
		log.Warn("session in the store was tampered with")
	default:
		log.Error("session could not be written")
	}
}
