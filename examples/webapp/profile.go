package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// themes are what a profile can have; the first is the default and leaves it to the browser.
var themes = []string{"system", "light", "dark"}

const maxName = 60 // characters

// profilePage is what the profile page shows: the form as it was sent, or the profile as it is.
type profilePage struct {
	Form   profile
	Themes []string
}

func (a *app) showProfile(w http.ResponseWriter, r *http.Request, s session) {
	p := page{Title: "Profile", Session: s, Body: profilePage{s.Value(), themes}}
	if r.URL.Query().Has("saved") {
		p.Notice = "Saved."
	}
	a.render(w, http.StatusOK, "profile", p)
}

func (a *app) saveProfile(w http.ResponseWriter, r *http.Request, s session) {
	if !a.parse(w, r) {
		return
	}
	form := profile{Name: strings.TrimSpace(r.PostForm.Get("name")), Theme: r.PostForm.Get("theme")}
	if problem := form.problem(); problem != "" {
		p := page{Title: "Profile", Session: s, Problem: problem, Body: profilePage{form, themes}}
		a.render(w, http.StatusUnprocessableEntity, "profile", p)
		return
	}
	// What is Set is written before the redirect is sent. If that fails, OnError answers in its place.
	s.Set(form)
	http.Redirect(w, r, "/profile?saved", http.StatusSeeOther)
}

// problem says what is wrong with a profile, "" if nothing is.
func (p profile) problem() string {
	switch n := utf8.RuneCountInString(p.Name); {
	case n == 0 || n > maxName || !utf8.ValidString(p.Name):
		return fmt.Sprintf("A display name has 1 to %d characters.", maxName)
	case !slices.Contains(themes, p.Theme):
		return "There is no such theme."
	}
	return ""
}
