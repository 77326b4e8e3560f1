package main

import (
	"errors"
	"net/http"

	"github.com/sealring/sealring/sessions"
)

// signInPage is what the sign-in page shows.
type signInPage struct {
	Demo []credential
	User string // as entered
}

func (a *app) showSignIn(w http.ResponseWriter, r *http.Request) {
	_, err := a.web.Session(r.Context())
	switch {
	case err == nil:
		http.Redirect(w, r, "/profile", http.StatusSeeOther)
	case errors.Is(err, sessions.ErrNoSession):
		a.renderSignIn(w, r, http.StatusOK, "")
	default:
		a.fail(w, r, err)
	}
}

// renderSignIn shows the sign-in page, with what was wrong at the last try.
func (a *app) renderSignIn(w http.ResponseWriter, r *http.Request, status int, problem string) {
	p := page{Title: "Sign in", Problem: problem, Body: signInPage{demo, r.PostForm.Get("user")}}
	switch {
	case r.URL.Query().Has("out"):
		p.Notice = "You are signed out."
	case r.URL.Query().Has("lost"):
		p.Problem = "Your browser did not keep the cookie that signs you in. It does so over https, or on localhost."
	}
	a.render(w, status, "sign-in", p)
}

func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	if !a.parse(w, r) {
		return
	}
	user := r.PostForm.Get("user")
	name, ok := a.users.check(user, r.PostForm.Get("password"))
	if !ok {
		a.renderSignIn(w, r, http.StatusUnprocessableEntity, "No user of this name has this password.")
		return
	}
	// Whatever session the browser came with, it goes on under a fresh ID.
	err := a.web.SignIn(r.Context(), user, deviceLabel(r.UserAgent()), profile{Name: name, Theme: themes[0]})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.log.Info("signed in", "user", user)
	http.Redirect(w, r, "/profile?welcome", http.StatusSeeOther)
}

// toSignIn is for who is not signed in, or no longer.
func (a *app) toSignIn(w http.ResponseWriter, r *http.Request) {
	to := "/sign-in"
	if r.URL.Query().Has("welcome") {
		to = "/sign-in?lost"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// signOut needs nobody to be signed in: a session that does not open here may still open elsewhere, and should go, too.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.web.SignOut(r.Context()); err != nil {
		a.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/sign-in?out", http.StatusSeeOther)
}

// signOutEverywhere revokes first: should the second step fail, the cookie left behind opens nothing.
func (a *app) signOutEverywhere(w http.ResponseWriter, r *http.Request, s session) {
	if err := a.sessions.InvalidateSubject(r.Context(), s.Subject()); err != nil {
		a.fail(w, r, err)
		return
	}
	a.log.Info("signed out everywhere", "user", s.Subject())
	a.signOut(w, r)
}
