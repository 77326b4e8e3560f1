package main

import (
	"net/http"
	"strings"

	"github.com/sealring/sealring/sessions"
)

// A device is one session of the user, in the list.
type device struct {
	sessions.Summary
	This  bool // the one that asks
	Phone bool
}

func (a *app) showDevices(w http.ResponseWriter, r *http.Request, s session) {
	list, err := a.sessions.List(r.Context(), s.Subject())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	var devices []device
	for _, d := range list {
		devices = append(devices, device{d, d.Handle == s.Handle(), isPhone(d.Label)})
	}
	p := page{Title: "Devices", Session: s, Body: devices}
	if r.URL.Query().Has("out") {
		p.Notice = "That device is signed out."
	}
	a.render(w, http.StatusOK, "devices", p)
}

// signOutDevice signs out one device of the list. A handle is no secret, but of use to its owner only: InvalidateOne looks
// among the sessions of the user who asks. One that is gone already is what the user wanted.
func (a *app) signOutDevice(w http.ResponseWriter, r *http.Request, s session) {
	handle := r.PathValue("handle")
	if handle == s.Handle() {
		a.signOut(w, r)
		return
	}
	err := a.sessions.InvalidateOne(r.Context(), s.Subject(), handle)
	if err != nil && !isGone(err) {
		a.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/devices?out", http.StatusSeeOther)
}

// browsers and systems are in the order in which to look, as most browsers claim to be others, too.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	}
	systems = [][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// deviceLabel returns what a user may recognize a device by. Whoever sends a User-Agent can write anything into it, so only
// words from here get into the label.
func deviceLabel(userAgent string) string {
	find := func(table [][2]string, otherwise string) string {
		for _, entry := range table {
			if strings.Contains(userAgent, entry[0]) {
				return entry[1]
			}
		}
		return otherwise
	}
	return find(browsers, "A browser") + " on " + find(systems, "an unknown system")
}

func isPhone(label string) bool {
	return strings.HasSuffix(label, "Android") || strings.HasSuffix(label, "iPhone")
}
