package main

import (
	"errors"
	"net/http"

	"github.com/sealring/sealring/sessions"
)

// problem is what an error page shows.
type problem struct {
	Status int
	Text   string
}

// fail answers a request with an error of package sessions. That the store does not answer is not the user's fault, and is
// not taken for a logout: the cookie stays.
func (a *app) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case isGone(err): // signed out while the request ran
		a.toSignIn(w, r)
	case errors.Is(err, sessions.ErrConflict):
		a.renderError(w, "Changed elsewhere", problem{http.StatusConflict,
			"Another tab has saved this profile since yours began to. Nothing of yours is written; look at it again first."})
	case errors.Is(err, sessions.ErrStore):
		a.log.Error("store failed", "method", r.Method, "path", r.URL.Path, "err", err)
		w.Header().Set("Retry-After", "5")
		a.renderError(w, "Not available just now", problem{http.StatusServiceUnavailable,
			"We cannot look up sessions at the moment. If you were signed in, you still are, and if you wanted to sign out, " +
				"it may not have happened. Please try again in a few seconds."})
	default:
		a.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		a.renderError(w, "Something went wrong", problem{http.StatusInternalServerError, "It is our fault, and is in our log."})
	}
}

func isGone(err error) bool { return errors.Is(err, sessions.ErrNoSession) }

// refuse answers what another site made a browser send.
func (a *app) refuse(w http.ResponseWriter, r *http.Request) {
	a.log.Warn("request of another site refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"))
	a.renderError(w, "Refused", problem{http.StatusForbidden, "This request came from another site. Nothing was done."})
}

func (a *app) notFound(w http.ResponseWriter, _ *http.Request) {
	a.renderError(w, "No such page", problem{http.StatusNotFound, "There is nothing at this address."})
}

// parse reads the form of a request, and answers the request if there is none to read.
func (a *app) parse(w http.ResponseWriter, r *http.Request) bool {
	err := r.ParseForm()
	if err == nil {
		return true
	}
	status := http.StatusBadRequest
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		status = http.StatusRequestEntityTooLarge
	}
	a.renderError(w, "Not understood", problem{status, "What your browser sent is not the form of this page."})
	return false
}

func (a *app) renderError(w http.ResponseWriter, title string, p problem) {
	w.Header().Set("Cache-Control", "no-store")
	a.render(w, p.Status, "error", page{Title: title, Body: p})
}
