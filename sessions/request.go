package sessions

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A request is the session of one request, while it is handled.
type request[T any] struct {
	web  *Web[T]
	http *http.Request

	mu        sync.Mutex
	touched   bool        // the session was asked for
	sent      string      // the text in the cookie that came; "" if there was none, or several
	cookies   []string    // the texts of all that came
	session   *Session[T] // nil: none
	err       error       // why
	ended     bool        // by SignOut
	told      int         // the value of so many Sets could not be saved, and the handler knows
	committed bool        // the headers are being sent, or have been
}

// load returns the session of the cookie that came, and looks for it once.
func (q *request[T]) load(ctx context.Context) (*Session[T], error) {
	if !q.touched {
		q.touched = true
		q.read()
		q.session, q.err = nil, ErrNoSession
		if q.sent != "" {
			q.session, q.err = q.web.backend.Load(ctx, q.sent)
		}
	}
	if q.session == nil {
		return nil, q.err
	}
	return q.session, nil
}

// read looks at the cookies. Several of one name, with different values, are not a browser's that keeps to __Host-: one of
// them was planted, and nobody can tell which. So none counts.
func (q *request[T]) read() {
	for _, c := range q.http.CookiesNamed(q.web.options.Name) {
		if !slices.Contains(q.cookies, c.Value) {
			q.cookies = append(q.cookies, c.Value)
		}
		if len(q.cookies) == maxCookies {
			break
		}
	}
	if len(q.cookies) == 1 {
		q.sent = q.cookies[0]
	}
}

// maxCookies is more than browsers keep for one domain.
const maxCookies = 200

// forget deletes what the store has for the cookies that came, but for the request's session. What does not open here may
// open on another node, and of several cookies one is the user's.
func (q *request[T]) forget(ctx context.Context) error {
	for _, text := range q.cookies {
		if q.session != nil && q.web.backend.text(q.session) == text {
			continue
		}
		if err := q.web.backend.forget(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (q *request[T]) start(ctx context.Context) (*Session[T], error) {
	if s, err := q.load(ctx); !errors.Is(err, ErrNoSession) {
		return s, err
	}
	if q.committed {
		return nil, ErrHeadersSent
	}
	q.session = q.web.backend.New(*new(T))
	q.session.data().changed = false
	return q.session, nil
}

// commit saves a session that was Set and touches one that was not. It is called once, before the headers are sent.
func (q *request[T]) commit() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.committed = true
	if q.session == nil {
		return nil
	}
	d, ctx := q.session.data(), q.http.Context()
	if d.changed {
		if d.sets == q.told {
			return nil // the answer is the handler's to that error
		}
		err := q.web.backend.Save(ctx, q.session)
		if err != nil && q.web.options.terse {
			q.web.observe(Event{Class: classIn(err, ErrStore, ErrSeal, ErrCookieSize, ErrConflict, ErrNoSession), Handle: d.handle(), Err: err})
		}
		return err
	}
	// That a session cannot be prolonged is no reason to withhold an answer which is complete.
	err := q.web.backend.Touch(ctx, q.session)
	if class := classIn(err, ErrStore, ErrSeal, ErrCookieSize); class != nil {
		q.web.observe(Event{Class: class, Handle: d.handle(), Err: err})
	}
	return nil
}

// finish tells the observer of a value that was Set too late, after the headers: err is why it was not written in time.
func (q *request[T]) finish(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.session == nil || err != nil {
		return
	}
	if d := q.session.data(); d.changed && d.sets != q.told {
		q.web.observe(Event{Class: ErrHeadersSent, Handle: d.handle()})
	}
}

// headers sets those that go with a session. A sign-in that was written counts, also where a later write failed.
func (q *request[T]) headers(h http.Header) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.touched {
		return
	}
	cookie := q.cookie()
	if cookie != nil {
		h.Add("Set-Cookie", cookie.String())
	}
	personal(h, cookie != nil)
}

// cookie returns the cookie to set, nil if the browser has what it should. Only SignOut deletes it: a session that is not
// found here may be found by another node, or once the store is back.
func (q *request[T]) cookie() *http.Cookie {
	if s := q.session; s != nil && s.data().version > 0 {
		if text := q.web.backend.text(s); text != q.sent {
			return q.web.options.cookie(text, s.Ends(), q.web.now())
		}
		return nil
	}
	if q.ended && len(q.cookies) > 0 {
		return q.web.options.deletion()
	}
	return nil
}

// personal keeps caches from giving one user's answer to another. A handler that says itself how its answer is to be
// cached is heeded, unless a cookie goes with it.
func personal(h http.Header, cookie bool) {
	varies := func(line string) bool {
		return slices.ContainsFunc(strings.Split(line, ","), func(name string) bool {
			name = strings.TrimSpace(name)
			return name == "*" || strings.EqualFold(name, "Cookie")
		})
	}
	if !slices.ContainsFunc(h.Values("Vary"), varies) {
		h.Add("Vary", "Cookie")
	}
	if cookie || h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-store")
	}
}
