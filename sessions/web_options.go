package sessions

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/sealring/sealring/internal/failure"
)

// maxCookieSize is what browsers keep. They count name and value, some the attributes too; this counts everything.
const maxCookieSize = 4096

// WebOptions are what a Web may be told. Every zero value is the safe default, and nil means all of them.
type WebOptions struct {
	// Name is the cookie's name; "" means "__Host-session". Browsers take a name that begins with __Host- only from the
	// host itself, over TLS, so that no other host of the domain can plant one.
	Name string
	// Insecure is for development without TLS: the cookie has no Secure attribute, and the default name is "session".
	// Anybody on the way can read it and plant another.
	Insecure bool
	// SameSite is http.SameSiteLaxMode unless set: requests that other sites make other than by a link come without the
	// cookie. Of http.SameSiteNoneMode read what the package says about other sites first.
	SameSite http.SameSite
	// Persistent lets the cookie outlive the browser, until the end of the session's absolute lifetime.
	Persistent bool

	// OnError answers a request whose session could not be written, instead of the handler, none of whose answer has been
	// sent. Nil means 503 for ErrStore, 409 for ErrConflict and ErrNoSession, and 500 for the rest, with no more text
	// than that; Options.Observer then hears of it.
	OnError func(w http.ResponseWriter, r *http.Request, err error)

	terse bool // OnError is nil, and tells nobody why
}

// webOptions returns the checked options, with defaults filled in.
func webOptions(o *WebOptions) (WebOptions, error) {
	if o == nil {
		o = new(WebOptions)
	}
	w := *o
	w.SameSite = or(w.SameSite, http.SameSiteLaxMode)
	if w.terse = w.OnError == nil; w.terse {
		w.OnError = onError
	}
	if w.Name == "" {
		w.Name = "__Host-session"
		if w.Insecure {
			w.Name = "session"
		}
	}
	lower := strings.ToLower(w.Name) // as browsers compare prefixes
	switch {
	case w.Insecure && (strings.HasPrefix(lower, "__host-") || strings.HasPrefix(lower, "__secure-")):
		return w, config("browsers refuse WebOptions.Name without Secure, and WebOptions.Insecure leaves that out")
	case w.Insecure && w.SameSite == http.SameSiteNoneMode:
		return w, config("browsers refuse WebOptions.SameSite None without Secure, and WebOptions.Insecure leaves that out")
	case w.SameSite < http.SameSiteLaxMode || w.SameSite > http.SameSiteNoneMode:
		return w, config("WebOptions.SameSite is neither Lax, Strict nor None")
	case w.cookie("x", time.Time{}, 0).Valid() != nil || len(w.Name) > maxNameSize:
		return w, config("WebOptions.Name is no name of a cookie, or has more than 64 characters")
	}
	return w, nil
}

// maxNameSize leaves the cookie to its value.
const maxNameSize = 64

// cookie returns the cookie with a value, whose session ends at a time.
func (w *WebOptions) cookie(value string, ends time.Time, now int64) *http.Cookie {
	c := &http.Cookie{
		Name: w.Name, Value: value, Path: "/", Secure: !w.Insecure, HttpOnly: true, SameSite: w.SameSite,
	}
	if w.Persistent {
		c.MaxAge = int(min(max(1, (ends.UnixMilli()-now+999)/1000), math.MaxInt32)) // rounded up, and an int everywhere
	}
	return c
}

// deletion returns the cookie that deletes it.
func (w *WebOptions) deletion() *http.Cookie {
	c := w.cookie("", time.Time{}, 0)
	c.MaxAge = -1
	return c
}

// sized checks that browsers keep a cookie.
func sized(c *http.Cookie) error {
	if n := len(c.String()); n > maxCookieSize {
		return failure.Because(ErrCookieSize, fmt.Errorf("it would have %d bytes with its attributes, and browsers keep %d; "+
			"put less into it, or use a store", n, maxCookieSize))
	}
	return nil
}

func onError(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, ErrStore):
		status = http.StatusServiceUnavailable
	case errors.Is(err, ErrConflict), errors.Is(err, ErrNoSession):
		status = http.StatusConflict
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, http.StatusText(status), status)
}
