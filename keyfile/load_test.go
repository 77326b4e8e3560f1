package keyfile_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// The load test: two servers that reload their keys from one file, clients that bring their sessions to both, and ten
// rotations meanwhile. SEALRING_LOAD=30s is how long it takes; without it 3 s.
const (
	loadVariable  = "SEALRING_LOAD"
	loadClients   = 64
	loadServers   = 2
	loadRotations = 10
	// propagation is how long a key is published before it seals, and lifetime how long an old one opens after that, by
	// the clock of the test. Clients come back within that.
	propagation = time.Hour
	lifetime    = 3 * propagation
)

// A loadTest is what its servers and clients share.
type loadTest struct {
	*testing.T
	path string
	// clock is the time in Unix milliseconds. The test sets it, so that a slow machine is no slow publication.
	clock atomic.Int64
	round atomic.Int64 // which rotation is on

	sealed, opened, refused, failed, starts atomic.Int64
	usage                                   keyfile.Usage
}

func (l *loadTest) now() time.Time { return time.UnixMilli(l.clock.Load()) }

// A session is what a client brings to a server.
type session struct{ Client, Visits int }

// server starts a server: a session comes in a header, and the next one of that client goes back in the body.
func (l *loadTest) server() (*keyfile.Watcher, *httptest.Server) {
	l.starts.Add(1)
	w, err := keyfile.NewWatcher(l.Context(), keyfile.File(l.path), &keyfile.WatcherOptions{
		Interval: 10 * time.Millisecond, Now: l.now, OnError: func(err error) { l.failed.Add(1); l.Error(err) },
	})
	if err != nil {
		l.Fatal(err)
	}
	codec, err := sealring.NewCodec[session](w.Keyring(), "session", &sealring.Options{
		TTL: lifetime, Encrypt: true, Now: l.now, Observer: w.Observer(&l.usage),
	})
	if err != nil {
		l.Fatal(err)
	}
	return w, httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		s, err := codec.Open(in.Header.Get("Session"))
		if err != nil {
			l.refused.Add(1)
			http.Error(out, err.Error(), http.StatusUnauthorized)
			return
		}
		l.opened.Add(1)
		s.Visits++
		token, err := codec.Seal(s)
		if err != nil {
			l.failed.Add(1)
			http.Error(out, err.Error(), http.StatusInternalServerError)
			return
		}
		l.sealed.Add(1)
		io.WriteString(out, token)
	}))
}

// client visits the servers in turn until the rotations are over, and calls arrived once it has been served by each
// server in a round that it has not been in before.
func (l *loadTest) client(n int, token string, urls []string, arrived func(), done <-chan struct{}) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	last := int64(0)
	for {
		select {
		case <-done:
			return
		default:
		}
		round := l.round.Load()
		for _, url := range urls {
			next, err := visit(client, url, token)
			if err != nil {
				l.failed.Add(1)
				l.Errorf("client %d: %v", n, err)
				break
			}
			token = next
		}
		if round != last {
			last = round
			arrived()
		}
	}
}

func visit(client *http.Client, url, token string) (string, error) {
	in, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	in.Header.Set("Session", token)
	out, err := client.Do(in)
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err == nil && out.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", out.Status, text)
	}
	return string(text), err
}

// rotate publishes the key of a round, which is the primary one after propagation, closes the one before when what it has
// sealed has expired, and leaves out what is closed.
func (l *loadTest) rotate(round int) error {
	return keyfile.Update(l.path, func(d *keyfile.Document) error {
		now := l.now()
		var keys []keyfile.Entry
		for _, e := range d.Keys {
			if e.OpenUntil.IsZero() {
				e.OpenUntil = now.Add(propagation + lifetime)
			}
			if now.Before(e.OpenUntil) {
				keys = append(keys, e)
			}
		}
		e := entry(l, round)
		e.Created, e.SealFrom = now, now.Add(propagation)
		d.Keys = append(keys, e)
		return nil
	})
}

func TestRotationUnderLoad(t *testing.T) {
	duration := 3 * time.Second
	if text := os.Getenv(loadVariable); text != "" {
		var err error
		if duration, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: %v", loadVariable, err)
		}
	}
	l := &loadTest{T: t, path: filepath.Join(t.TempDir(), "ring.json")}
	l.clock.Store(at(0).UnixMilli())
	first := entry(t, 0)
	first.SealFrom = at(-1)
	if err := keyfile.Create(l.path, &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{first}}); err != nil {
		t.Fatal(err)
	}
	var watchers []*keyfile.Watcher
	var urls []string
	for range loadServers {
		w, s := l.server()
		defer w.Close()
		defer s.Close()
		watchers, urls = append(watchers, w), append(urls, s.URL)
	}

	// Every client has a session from before the first rotation.
	login, err := sealring.NewCodec[session](watchers[0].Keyring(), "session", &sealring.Options{
		TTL: lifetime, Encrypt: true, Now: l.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var clients, arrivals sync.WaitGroup
	for n := range loadClients {
		token, err := login.Seal(session{Client: n})
		if err != nil {
			t.Fatal(err)
		}
		clients.Go(func() { l.client(n, token, urls, arrivals.Done, done) })
	}

	begin := time.Now()
	pace := time.NewTicker(duration / loadRotations)
	defer pace.Stop()
	for round := 1; round <= loadRotations; round++ {
		if err := l.rotate(round); err != nil {
			l.failed.Add(1)
			t.Error(err)
		}
		// The key is everywhere before its time comes, as a policy sees to.
		for _, w := range watchers {
			if err := w.Refresh(t.Context()); err != nil || w.Status().Generation != int64(round+1) {
				t.Errorf("round %d: generation %d, %v", round, w.Status().Generation, err)
			}
		}
		<-pace.C
		arrivals.Add(loadClients)
		l.clock.Add(propagation.Milliseconds())
		l.round.Store(int64(round))
		for _, w := range watchers {
			if primary := w.Status().Primary; primary != "key-"+strconv.Itoa(round) {
				t.Errorf("round %d: key %s seals", round, primary)
			}
		}
		arrivals.Wait() // so that no client sleeps through the life of its session
	}
	close(done)
	clients.Wait()

	t.Logf("%v, %d goroutines, %d servers, %d rotations: %d opened, %d sealed, %d refused, %d errors, %d restarts",
		time.Since(begin).Round(time.Millisecond), loadClients, loadServers, loadRotations,
		l.opened.Load(), l.sealed.Load(), l.refused.Load(), l.failed.Load(), l.starts.Load()-loadServers)
	if l.refused.Load() != 0 || l.failed.Load() != 0 || l.starts.Load() != loadServers {
		t.Error("somebody was logged out")
	}
	if l.opened.Load() < loadClients*loadServers*loadRotations || l.opened.Load() != l.sealed.Load() {
		t.Errorf("%d opened, %d sealed", l.opened.Load(), l.sealed.Load())
	}
	// Every key has been in use, and the counters say which is no longer.
	var counted uint64
	for round := range loadRotations + 1 {
		n := l.usage.Count("key-"+strconv.Itoa(round), nil)
		if n == 0 {
			t.Errorf("nothing was opened under key %d", round)
		}
		counted += n
	}
	if counted != uint64(l.opened.Load()) {
		t.Errorf("%d openings counted of %d", counted, l.opened.Load())
	}
	if keys := watchers[0].Status().Keys; keys > 6 {
		t.Errorf("%d keys are left", keys)
	}
}
