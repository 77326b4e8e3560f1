package sessions_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions"
)

// serve starts a server with a handler behind the Web, and returns its URL and a client.
func (s *site) serve(t *testing.T, handler http.HandlerFunc) (string, *http.Client) {
	t.Helper()
	server := httptest.NewServer(s.web.Handler(handler))
	t.Cleanup(server.Close)
	return server.URL, server.Client()
}

// However a handler sends its headers, the cookie is among them.
func TestEveryWayToSendHeaders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, []byte("of a file"), 0o600))
	for name, send := range map[string]func(w http.ResponseWriter, r *http.Request){
		"nothing":     func(http.ResponseWriter, *http.Request) {},
		"WriteHeader": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		"Write":       func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") },
		"empty Write": func(w http.ResponseWriter, _ *http.Request) { w.Write(nil) },
		"ReadFrom":    func(w http.ResponseWriter, _ *http.Request) { w.(io.ReaderFrom).ReadFrom(strings.NewReader("x")) },
		"Flusher":     func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"controller": func(w http.ResponseWriter, _ *http.Request) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		},
		"file":     func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) },
		"early hints": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusOK)
		},
		"twice": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x")); w.Write([]byte("y")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, &sessions.WebOptions{Insecure: true})
			url, client := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
				session, err := s.web.Start(r.Context())
				must(t, err)
				session.Set(cart{N: 1})
				send(w, r)
			})
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			r, err := client.Get(url)
			must(t, err)
			defer r.Body.Close()
			s.loads(t, cookie(t, r).Value)
			if calls := s.store.counted(); calls["Save"] != 1 {
				t.Errorf("the calls %v", calls)
			}
			body(t, r)
		})
	}
}

// What is set after informational headers still counts.
func TestInformationalHeadersCommitNothing(t *testing.T) {
	s := newSite(t, &sessions.WebOptions{Insecure: true})
	url, client := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		s.signIn(w, r)
	})
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := client.Get(url)
	must(t, err)
	defer r.Body.Close()
	s.loads(t, cookie(t, r).Value)
}

func TestSwitchingProtocolsCommits(t *testing.T) {
	s := newSite(t, nil)
	r := s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Start(r.Context())
		must(t, err)
		session.Set(cart{N: 1})
		w.WriteHeader(http.StatusSwitchingProtocols)
	})
	s.loads(t, cookie(t, r).Value)
}

func TestHijack(t *testing.T) {
	s := newSite(t, &sessions.WebOptions{Insecure: true})
	url, _ := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Start(r.Context())
		must(t, err)
		session.Set(cart{N: 1})
		conn, rw, err := w.(http.Hijacker).Hijack()
		must(t, err)
		defer conn.Close()
		rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: " + w.Header().Get("Set-Cookie") + "\r\n\r\n")
		rw.Flush()
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	must(t, err)
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	s.loads(t, cookie(t, r).Value)
}

// A plain writer has neither Flush nor Hijack, and says so.
func TestPlainWriter(t *testing.T) {
	s := newSite(t, nil)
	r := httptest.NewRequest("GET", "/", nil)
	s.web.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		controller := http.NewResponseController(w)
		if err := controller.Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Flush: %v", err)
		}
		if _, _, err := controller.Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack: %v", err)
		}
		if err := controller.SetWriteDeadline(time.Now()); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("SetWriteDeadline: %v", err)
		}
	})).ServeHTTP(&plain{header: http.Header{}}, r)
}

type plain struct{ header http.Header }

func (p *plain) Header() http.Header         { return p.header }
func (p *plain) Write(b []byte) (int, error) { return len(b), nil }
func (p *plain) WriteHeader(int)             {}

// Once another answer has been sent, the handler's goes nowhere, by no way.
func TestNothingAfterAFailure(t *testing.T) {
	s := newSite(t, nil)
	c := cookie(t, s.do(t, s.set))
	for name, send := range map[string]func(w http.ResponseWriter) error{
		"Write": func(w http.ResponseWriter) error { _, err := io.WriteString(w, "private"); return err },
		"ReadFrom": func(w http.ResponseWriter) error {
			_, err := io.Copy(w, struct{ io.Reader }{strings.NewReader("private")})
			return err
		},
		"Flush":  func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
		"Hijack": func(w http.ResponseWriter) error { _, _, err := http.NewResponseController(w).Hijack(); return err },
	} {
		r := s.do(t, func(w http.ResponseWriter, r *http.Request) {
			s.set(httptest.NewRecorder(), r)
			s.store.down("Save")
			for range 2 {
				failsWith(t, send(w), sessions.ErrStore)
			}
			w.WriteHeader(http.StatusOK)
			w.WriteHeader(http.StatusEarlyHints)
			w.(http.Flusher).Flush()
		}, c)
		s.store.down()
		if got := body(t, r); r.StatusCode != http.StatusServiceUnavailable || got != "Service Unavailable\n" {
			t.Errorf("%s: %d, %q", name, r.StatusCode, got)
		}
	}
}

// The answer to a failure is the program's to choose, and has the headers that were there before the handler.
func TestOnError(t *testing.T) {
	s := newSite(t, &sessions.WebOptions{OnError: func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, sessions.ErrStore) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, "try again, "+r.URL.Path)
		}
	}})
	s.store.down("Save")
	rec := httptest.NewRecorder()
	rec.Header().Set("Strict-Transport-Security", "max-age=1")
	s.web.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Strict-Transport-Security", "max-age=2")
		s.set(w, r)
	})).ServeHTTP(rec, httptest.NewRequest("GET", "/path", nil))
	r := rec.Result()
	if got := body(t, r); got != "try again, /path" || r.Header.Get("Retry-After") != "1" ||
		r.Header.Get("Strict-Transport-Security") != "max-age=1" || r.Header.Get("Content-Length")+r.Header.Get("Content-Type") != "" {
		t.Errorf("%q, %v", got, r.Header)
	}
}

// Where nobody was told to answer, the observer hears why there was no answer.
func TestTerseAnswers(t *testing.T) {
	s := newSite(t, nil)
	s.store.down("Save")
	rec := httptest.NewRecorder()
	s.web.Handler(http.HandlerFunc(s.set)).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", rec.Code)
	}
	if e := s.log.one(t); e.Class != sessions.ErrStore || !errors.Is(e.Err, errDown) || e.Handle == "" {
		t.Errorf("the observer heard %+v", e)
	}

	told := newSite(t, &sessions.WebOptions{OnError: func(http.ResponseWriter, *http.Request, error) {}})
	told.store.down("Save")
	told.web.Handler(http.HandlerFunc(told.set)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if events := told.log.take(); len(events) != 0 {
		t.Errorf("the observer heard %+v", events)
	}
}

// A session that cannot be sealed is a fault of the program.
func TestOnErrorOfSealing(t *testing.T) {
	s := newSite(t, nil)
	r := s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Start(r.Context())
		must(t, err)
		session.Set(cart{Items: []string{"\xff"}})
	})
	noCookie(t, r)
	if r.StatusCode != http.StatusInternalServerError || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d, %v", r.StatusCode, r.Header)
	}
}

// Inside of a TimeoutHandler, a handler that is too late has written its session or not, and told nobody the ID.
func TestTimeoutHandler(t *testing.T) {
	s := newSite(t, nil)
	done := make(chan error, 1)
	handler := http.TimeoutHandler(s.web.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		done <- s.web.SignIn(context.WithoutCancel(r.Context()), "alice", "", cart{})
	})), 10*time.Millisecond, "late")
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Set-Cookie") != "" {
		t.Errorf("%d, %v", rec.Code, rec.Header())
	}
	must(t, <-done)
}

// A sign-in that was written is handed on, though what came after it was not.
func TestCookieInSpiteOfAFailure(t *testing.T) {
	s := newSite(t, nil)
	visitor := cookie(t, s.do(t, s.set))
	r := s.do(t, func(w http.ResponseWriter, r *http.Request) {
		session, err := s.web.Start(r.Context())
		must(t, err)
		must(t, s.web.SignIn(r.Context(), "alice", "", cart{N: 2}))
		session.Set(cart{N: 3})
		s.store.down("Save")
	}, visitor)
	s.store.down()
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d, %v", r.StatusCode, r.Header)
	}
	if got := s.loads(t, cookie(t, r).Value); got.Subject() != "alice" || got.Value().N != 2 {
		t.Errorf("the session is %q's, with %v", got.Subject(), got.Value())
	}
}
