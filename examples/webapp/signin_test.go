package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestSignIn(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(firefox)
	v.mustBeSignedIn(false)
	for _, wrong := range [][2]string{{"anna", "battery staple"}, {"anna", ""}, {"", ""}, {"nobody", "correct horse"}, {"ANNA", "correct horse"}} {
		a := v.post("/sign-in", "user", wrong[0], "password", wrong[1])
		a.mustHave(t, http.StatusUnprocessableEntity, "No user of this name has this password.")
		if v.cookie() != "" || a.header.Get("Set-Cookie") != "" {
			t.Fatalf("%q has a session", wrong)
		}
	}
	v.post("/sign-in", "user", "anna", "password", "correct horse").mustHave(t, http.StatusOK, "Hello, Anna Weber")
	if a := v.get("/sign-in"); a.path != "/profile" {
		t.Errorf("who is signed in is asked to sign in: %s", a.path)
	}
	if a := v.get("/"); a.path != "/profile" {
		t.Errorf("/ leads to %s", a.path)
	}
	if strings.Contains(s.log.String(), v.cookie()) {
		t.Error("the log has the session's ID")
	}
}

func TestCookie(t *testing.T) {
	v := newSite(t, nil).visitor(firefox)
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := v.post("/sign-in", "user", "anna", "password", "correct horse")
	value, attributes, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if !strings.HasPrefix(value, "__Host-session=") || attributes != " Path=/; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("the cookie is %q", a.header.Get("Set-Cookie"))
	}
	// A browser that does not keep it is told so, and not sent in circles.
	v = newSite(t, nil).visitor(firefox)
	v.client.Jar = nil
	v.post("/sign-in", "user", "anna", "password", "correct horse").mustHave(t, http.StatusOK, "did not keep the cookie")
}

// Somebody puts a cookie of theirs into another one's browser: it does not become the other one's session.
func TestSessionFixation(t *testing.T) {
	s := newSite(t, nil)
	attacker, victim := s.visitor(firefox).signIn("ben"), s.visitor(firefox)
	planted := attacker.cookie()
	victim.setCookie(planted)
	victim.mustBeSignedIn(true) // as ben
	victim.post("/sign-in", "user", "anna", "password", "correct horse").mustHave(t, http.StatusOK, "Hello, Anna Weber")
	if victim.cookie() == planted {
		t.Fatal("the session of anna has the ID that was planted")
	}
	attacker.mustBeSignedIn(false)

	invented := strings.Repeat("A", len(planted))
	victim = s.visitor(firefox)
	victim.setCookie(invented)
	if victim.signIn("anna"); victim.cookie() == invented {
		t.Fatal("the session has an ID that the application did not make")
	}
}

func TestSignOut(t *testing.T) {
	s := newSite(t, nil)
	v, other := s.visitor(firefox).signIn("anna"), s.visitor(iPhone).signIn("anna")
	value := v.cookie()
	v.post("/sign-out").mustHave(t, http.StatusOK, "You are signed out.")
	if v.cookie() != "" {
		t.Error("the browser still has a cookie")
	}
	v.setCookie(value)
	v.mustBeSignedIn(false)
	other.mustBeSignedIn(true)
	v.post("/sign-out").mustHave(t, http.StatusOK, "You are signed out.") // once more
}

func TestSignOutEverywhere(t *testing.T) {
	s := newSite(t, nil)
	a, b, ben := s.visitor(firefox).signIn("anna"), s.visitor(iPhone).signIn("anna"), s.visitor(iPhone).signIn("ben")
	a.post("/sign-out-everywhere").mustHave(t, http.StatusOK, "You are signed out.")
	a.mustBeSignedIn(false)
	b.mustBeSignedIn(false)
	ben.mustBeSignedIn(true)
	a.signIn("anna")
	if n := len(handlesOf(a)); n != 1 {
		t.Errorf("anna has %d devices", n)
	}
}

// A request that is under way while the user signs out everywhere does not bring the session back.
func TestSignOutEverywhereDuringRequest(t *testing.T) {
	s := newSite(t, nil)
	slow, quick := s.visitor(firefox).signIn("anna"), s.visitor(iPhone).signIn("anna")
	s.store.beforeSave = func() { quick.post("/sign-out-everywhere") }
	if a := slow.post("/profile", "name", "Mallory", "theme", "dark"); a.path != "/sign-in" || a.status != http.StatusOK {
		t.Errorf("%s, status %d", a.path, a.status)
	}
	slow.mustBeSignedIn(false)
}

func TestTamperedCookie(t *testing.T) {
	s := newSite(t, nil)
	v := s.visitor(firefox).signIn("anna")
	value := v.cookie()
	for i := range len(value) {
		c := byte('A')
		if value[i] == c {
			c = 'B'
		}
		v.setCookie(value[:i] + string(c) + value[i+1:])
		v.mustBeSignedIn(false)
	}
	for _, other := range []string{"x", value[:len(value)-1], value + "A", value + "=", strings.Repeat("A", 4000), "sr1_" + value} {
		v.setCookie(other)
		v.mustBeSignedIn(false)
	}
	v.setCookie(value)
	v.mustBeSignedIn(true) // who guesses signs nobody out
}
