package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var handles = regexp.MustCompile(`action="/devices/([^/]+)/sign-out"`)

// handlesOf returns the handles in a visitor's list, that of this device first.
func handlesOf(v *visitor) []string {
	var this, others []string
	for item := range strings.SplitSeq(v.get("/devices").body, "<li") {
		if m := handles.FindStringSubmatch(item); m != nil && strings.Contains(item, "This device") {
			this = append(this, m[1])
		} else if m != nil {
			others = append(others, m[1])
		}
	}
	return append(this, others...)
}

func TestDevices(t *testing.T) {
	s := newSite(t, nil)
	mine, theirs, ben := s.visitor(firefox).signIn("anna"), s.visitor(iPhone).signIn("anna"), s.visitor(firefox).signIn("ben")
	list := mine.get("/devices")
	list.mustHave(t, http.StatusOK, "Firefox on Linux")
	list.mustHave(t, http.StatusOK, "Safari on iPhone")
	if strings.Contains(list.body, mine.cookie()) || strings.Contains(list.body, theirs.cookie()) {
		t.Error("the list has the ID of a session")
	}
	if n := strings.Count(list.body, "This device"); n != 1 {
		t.Errorf("%d devices are this one", n)
	}
	anna, bens := handlesOf(mine), handlesOf(ben)
	if len(anna) != 2 || len(bens) != 1 {
		t.Fatalf("%d and %d devices", len(anna), len(bens))
	}

	// Neither somebody else's handle nor none at all ends anything.
	for _, handle := range []string{bens[0], "x", strings.Repeat("A", 22)} {
		mine.post("/devices/"+handle+"/sign-out").mustHave(t, http.StatusOK, "signed in")
	}
	ben.mustBeSignedIn(true)

	mine.post("/devices/"+anna[1]+"/sign-out").mustHave(t, http.StatusOK, "That device is signed out.")
	theirs.mustBeSignedIn(false)
	mine.mustBeSignedIn(true)
	mine.post("/devices/"+anna[0]+"/sign-out").mustHave(t, http.StatusOK, "You are signed out.")
	if mine.cookie() != "" {
		t.Error("the browser still has a cookie")
	}
}

func TestDeviceLabel(t *testing.T) {
	for userAgent, want := range map[string]string{
		firefox: "Firefox on Linux",
		iPhone:  "Safari on iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0": "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36":                  "Chrome on Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":         "Safari on macOS",
		"curl/8.14.1":                     "curl on an unknown system",
		"":                                "A browser on an unknown system",
		"<script>alert(1)</script>\x00\n": "A browser on an unknown system",
	} {
		if got := deviceLabel(userAgent); got != want {
			t.Errorf("%q is %q, want %q", userAgent, got, want)
		}
	}
}
