package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestProfile(t *testing.T) {
	s := newSite(t, nil)
	v, other := s.visitor(firefox).signIn("anna"), s.visitor(iPhone).signIn("anna")
	id := v.cookie()
	v.post("/profile", "name", " Änne <b>& Co</b> ", "theme", "dark").mustHave(t, http.StatusOK, "Saved.")
	a := v.get("/profile")
	a.mustHave(t, http.StatusOK, "Hello, Änne <b>& Co</b>")
	a.mustHave(t, http.StatusOK, `data-theme="dark"`)
	if v.cookie() != id {
		t.Error("saving gives the session another ID")
	}
	other.get("/profile").mustHave(t, http.StatusOK, "Hello, Anna Weber") // each session has its own

	for _, wrong := range []struct{ name, theme, problem string }{
		{"", "dark", "A display name has 1 to 60 characters."},
		{"  \t", "dark", "A display name has 1 to 60 characters."},
		{strings.Repeat("ä", 61), "dark", "A display name has 1 to 60 characters."},
		{"a\xff", "dark", "A display name has 1 to 60 characters."},
		{"Anna", "", "There is no such theme."},
		{"Anna", `dark" onload="`, "There is no such theme."},
	} {
		v.post("/profile", "name", wrong.name, "theme", wrong.theme).mustHave(t, http.StatusUnprocessableEntity, wrong.problem)
	}
	v.post("/profile", "name", strings.Repeat("ä", 60), "theme", "light").mustHave(t, http.StatusOK, "Saved.")
}

// Of two tabs that save at the same time, the slower one is told.
func TestProfileConflict(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(firefox).signIn("anna")
	s.store.beforeSave = func() { v.post("/profile", "name", "Quick", "theme", "dark") }
	v.post("/profile", "name", "Slow", "theme", "dark").mustHave(t, http.StatusConflict, "Another tab has saved")
	v.get("/profile").mustHave(t, http.StatusOK, "Hello, Quick")
}
