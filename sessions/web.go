package sessions

import (
	"context"
	"errors"
	"net/http"

	"github.com/sealring/sealring"
)

// A Web brings sessions to the handlers of net/http, in a cookie. Handler puts a request's session in reach of its context;
// the other methods take that context. The session is loaded when it is first asked for, and written once, before the
// headers are sent. A Web is safe for concurrent use, and a request's session for one goroutine at a time. Make a Web
// with NewWeb or NewStoreless: the zero Web is of no use.
type Web[T any] struct {
	*settings
	options WebOptions
	backend backend[T]
}

// A backend is what keeps sessions: a Manager, or a storeless.
type backend[T any] interface {
	New(value T) *Session[T]
	Load(ctx context.Context, text string) (*Session[T], error)
	Save(ctx context.Context, s *Session[T]) error
	Touch(ctx context.Context, s *Session[T]) error
	Renew(ctx context.Context, s *Session[T]) error
	SignIn(ctx context.Context, s *Session[T], subject, label string, value T) error
	Invalidate(ctx context.Context, s *Session[T]) error
	forget(ctx context.Context, text string) error
	text(s *Session[T]) string // of the cookie
}

func (m *Manager[T]) text(s *Session[T]) string { return s.ID() }

// NewWeb returns a Web whose sessions are a manager's: the cookie holds the ID alone. Errors match ErrConfig.
func NewWeb[T any](m *Manager[T], options *WebOptions) (*Web[T], error) {
	if m == nil {
		return nil, config("no manager")
	}
	o, err := webOptions(options)
	if err != nil {
		return nil, err
	}
	return &Web[T]{m.settings, o, m}, nil
}

// NewStoreless returns a Web whose sessions are in the cookie itself: sealed, encrypted unless Options.Signed says
// otherwise, and bound to the cookie's name. Nothing has to be kept, and so nothing can be taken back: read what the
// package says about sessions without a store. Options.MaxRecord and Options.SubjectSecret mean nothing to it.
func NewStoreless[T any](ring *sealring.Keyring, options *Options, web *WebOptions) (*Web[T], error) {
	o, err := webOptions(web)
	if err != nil {
		return nil, err
	}
	s, err := newSettings(options, "session-cookie")
	if err != nil {
		return nil, err
	}
	codec, err := newCodec[T](ring, s)
	if err != nil {
		return nil, err
	}
	return &Web[T]{s, o, &storeless[T]{s, o, codec.For(o.Name)}}, nil
}

// contextKey finds the session of a request that a Web handles; several of them can handle one request.
type contextKey[T any] struct{ web *Web[T] }

// Handler returns a handler that calls next with a context that has the request's session. Put it inside of what answers
// on behalf of a handler, such as http.TimeoutHandler and what recovers from panics, and of what compresses. A panic that
// passes through it writes nothing of what was Set; to one that was recovered before, the handler has just returned.
func (web *Web[T]) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request[T]{web: web}
		r = r.WithContext(context.WithValue(r.Context(), contextKey[T]{web}, q))
		q.http = r
		rw := &response{
			ResponseWriter: w, before: w.Header().Clone(), commit: q.commit, headers: q.headers,
			fail: func(err error) { web.options.OnError(w, r, err) },
		}
		next.ServeHTTP(rw, r)
		q.finish(rw.prepare()) // and prepare is for a handler that has sent nothing
	})
}

var errContext = config("the context is not of a request that Web.Handler passed on")

func (web *Web[T]) request(ctx context.Context) (*request[T], error) {
	if q, ok := ctx.Value(contextKey[T]{web}).(*request[T]); ok {
		return q, nil
	}
	return nil, errContext
}

// Session returns the request's session. It fails with ErrNoSession if there is none, and with ErrStore if the store does
// not say: then the user is not logged out, and should be told to try again, as Error does.
func (web *Web[T]) Session(ctx context.Context) (*Session[T], error) {
	q, err := web.request(ctx)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.load(ctx)
}

// Start returns the request's session, and if there is none a new one with the zero value of T. Nothing is written, and no
// cookie set, unless Session.Set is called.
func (web *Web[T]) Start(ctx context.Context) (*Session[T], error) {
	q, err := web.request(ctx)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.start(ctx)
}

// SignIn gives the request a session of a subject under a fresh ID, in the place of the one that it has, as
// [Manager.SignIn] does. Call it once the user has proved who they are. It writes at once. What the request brought that does
// not open here ends too. If the session that the request has was invalidated in the meantime, as by another request of the
// same sign-in, the subject gets one all the same.
func (web *Web[T]) SignIn(ctx context.Context, subject, label string, value T) error {
	return web.change(ctx, func(q *request[T]) error {
		s, err := q.start(ctx)
		if err == nil {
			err = q.forget(ctx)
		}
		if err != nil {
			return err
		}
		err = web.backend.SignIn(ctx, s, subject, label, value)
		if errors.Is(err, ErrNoSession) {
			fresh := web.backend.New(value)
			if err = web.backend.SignIn(ctx, fresh, subject, label, value); err == nil {
				*s.data() = *fresh.data()
			}
		}
		if err == nil {
			q.told = 0
		}
		return err
	})
}

// Renew gives the request's session a fresh ID, as [Manager.Renew] does. It writes at once.
func (web *Web[T]) Renew(ctx context.Context) error {
	return web.change(ctx, func(q *request[T]) error {
		s, err := q.load(ctx)
		if err != nil {
			return err
		}
		return web.backend.Renew(ctx, s)
	})
}

// Save writes the request's session now, for handlers that want the error, such as ErrConflict or ErrCookieSize, and answer
// to it. Otherwise a session that was Set is written before the headers are sent, and errors go to WebOptions.OnError.
func (web *Web[T]) Save(ctx context.Context) error {
	return web.change(ctx, func(q *request[T]) error {
		s, err := q.load(ctx)
		if err != nil {
			return err
		}
		if err = web.backend.Save(ctx, s); err != nil {
			q.told = s.data().sets
		}
		return err
	})
}

// SignOut invalidates the request's session and whatever else its cookies are of, and deletes the cookie. It is no error if
// there is no session. After an error the session may be alive, and the cookie stays: tell the user that they are not
// logged out yet.
func (web *Web[T]) SignOut(ctx context.Context) error {
	return web.change(ctx, func(q *request[T]) error {
		if s, err := q.load(ctx); err == nil {
			if err := web.backend.Invalidate(ctx, s); err != nil {
				return err
			}
		}
		if err := q.forget(ctx); err != nil { // whatever could not be loaded
			return err
		}
		q.session, q.err, q.ended = nil, ErrNoSession, true
		return nil
	})
}

// change calls f, which may make another cookie necessary.
func (web *Web[T]) change(ctx context.Context, f func(q *request[T]) error) error {
	q, err := web.request(ctx)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.committed {
		return ErrHeadersSent
	}
	return f(q)
}

// Error answers a request with an error of this package, as WebOptions.OnError does.
func (web *Web[T]) Error(w http.ResponseWriter, r *http.Request, err error) {
	web.options.OnError(w, r, err)
}
