package sessions

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
)

// A response is the http.ResponseWriter that a handler gets: it commits the session before the headers are sent, by
// whatever method that happens. If that fails, another answer has been sent, and the handler's goes nowhere.
type response struct {
	http.ResponseWriter
	before  http.Header // when the handler was called
	commit  func() error
	headers func(http.Header)
	fail    func(error)
	sent    bool
	err     error
}

var (
	_ http.Flusher  = (*response)(nil)
	_ http.Hijacker = (*response)(nil)
	_ io.ReaderFrom = (*response)(nil)
)

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// prepare commits the session.
func (w *response) prepare() error {
	if w.sent {
		return w.err
	}
	w.sent = true
	if w.err = w.commit(); w.err != nil {
		// Nothing that describes the handler's answer may describe the other one.
		clear(w.Header())
		maps.Copy(w.Header(), w.before)
	}
	w.headers(w.Header())
	if w.err != nil {
		w.fail(w.err)
	}
	return w.err
}

// WriteHeader implements http.ResponseWriter. Informational headers are followed by others, except for 101.
func (w *response) WriteHeader(status int) {
	informational := status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
	if informational && w.err == nil || w.prepare() == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (w *response) Write(b []byte) (int, error) {
	if err := w.prepare(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(b)
}

// ReadFrom implements io.ReaderFrom, by which files are sent without copying.
func (w *response) ReadFrom(r io.Reader) (int64, error) {
	if err := w.prepare(); err != nil {
		return 0, err
	}
	return io.Copy(w.ResponseWriter, r)
}

// FlushError is for http.ResponseController.
func (w *response) FlushError() error {
	if err := w.prepare(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *response) Flush() { w.FlushError() }

// Hijack implements http.Hijacker. A cookie is in the headers, for whoever hijacks to send.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := w.prepare(); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
