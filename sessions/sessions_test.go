package sessions_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

// A cart is what the tests keep in sessions.
type cart struct {
	Items []string `json:"items"`
	N     int      `json:"n"`
}

// A clock is one that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A log is an observer that remembers.
type log struct {
	mu     sync.Mutex
	events []sessions.Event
}

func (l *log) Observe(e sessions.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

// take returns the events and forgets them.
func (l *log) take() []sessions.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	events := l.events
	l.events = nil
	return events
}

// one returns the only event.
func (l *log) one(t *testing.T) sessions.Event {
	t.Helper()
	events := l.take()
	if len(events) != 1 {
		t.Fatalf("the observer heard %+v, want one event", events)
	}
	return events[0]
}

func key(id string, sealFrom time.Time) sealring.Key {
	k := sealring.GenerateKey()
	k.ID, k.SealFrom = id, sealFrom
	return k
}

func mustRing(t testing.TB, keys ...sealring.Key) *sealring.Keyring {
	t.Helper()
	if len(keys) == 0 {
		keys = []sealring.Key{key("k1", time.Time{})}
	}
	ring, err := sealring.NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// A world is a manager over a store in memory, with a clock for both.
type world struct {
	*sessions.Manager[cart]
	clock *clock
	store *spy
	ring  *sealring.Keyring
	log   *log
	ctx   context.Context
}

func newWorld(t testing.TB, options *sessions.Options) *world {
	t.Helper()
	w := &world{clock: newClock(), ring: mustRing(t), log: new(log), ctx: t.Context()}
	w.store = &spy{Store: sessions.NewMemoryStore(&sessions.MemoryOptions{Now: w.clock.Now})}
	w.Manager = w.node(t, w.ring, options)
	return w
}

// node returns another manager over the same store.
func (w *world) node(t testing.TB, ring *sealring.Keyring, options *sessions.Options) *sessions.Manager[cart] {
	t.Helper()
	var o sessions.Options
	if options != nil {
		o = *options
	}
	o.Now, o.Observer = w.clock.Now, w.log
	m, err := sessions.New[cart](ring, w.store, &o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (w *world) create(t testing.TB) *sessions.Session[cart] {
	t.Helper()
	s, err := w.Create(w.ctx, cart{N: 1})
	must(t, err)
	return s
}

func (w *world) signedIn(t testing.TB, subject string) *sessions.Session[cart] {
	t.Helper()
	s := w.New(cart{})
	must(t, w.SignIn(w.ctx, s, subject, "Firefox", cart{N: 1}))
	return s
}

func (w *world) loads(t testing.TB, id string) *sessions.Session[cart] {
	t.Helper()
	s, err := w.Load(w.ctx, id)
	must(t, err)
	return s
}

func (w *world) dead(t testing.TB, id string) {
	t.Helper()
	s, err := w.Load(w.ctx, id)
	failsWith(t, err, sessions.ErrNoSession)
	if s != nil {
		t.Error("a session beside an error")
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var classes = []error{
	sessions.ErrNoSession, sessions.ErrConflict, sessions.ErrStore, sessions.ErrSeal, sessions.ErrSubject,
	sessions.ErrCookieSize, sessions.ErrHeadersSent, sessions.ErrConfig,
}

// failsWith checks that an error is of one class and of no other.
func failsWith(t testing.TB, err, want error) {
	t.Helper()
	for _, class := range classes {
		if errors.Is(err, class) != (class == want) {
			t.Fatalf("error %v, want %v alone", err, want)
		}
	}
	if !strings.HasPrefix(err.Error(), "sessions: ") || strings.Count(err.Error(), "sessions: ") != 1 ||
		strings.Contains(err.Error(), "sealring: ") {
		t.Errorf("error %q", err)
	}
}

// A spy is a store that counts calls, fails when told to, and calls a function before the next Load, Save or Delete.
type spy struct {
	sessions.Store
	mu     sync.Mutex
	calls  map[string]int
	fail   map[string]error // by name of a method
	before map[string]func()
	short  bool // Load returns too few records
}

var errDown = errors.New("connection refused")

func (s *spy) call(name string) error {
	s.mu.Lock()
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[name]++
	err, f := s.fail[name], s.before[name]
	delete(s.before, name)
	s.mu.Unlock()
	if f != nil {
		f()
	}
	return err
}

// counted returns how often methods were called, and begins anew.
func (s *spy) counted() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

func (s *spy) down(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = map[string]error{}
	for _, name := range names {
		s.fail[name] = errDown
	}
}

// next calls f before the next call of a method.
func (s *spy) next(name string, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = map[string]func(){name: f}
}

func (s *spy) Load(ctx context.Context, ids ...[32]byte) ([][]byte, error) {
	if err := s.call("Load"); err != nil {
		return nil, err
	}
	if s.short {
		return nil, nil
	}
	return s.Store.Load(ctx, ids...)
}

func (s *spy) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	if err := s.call("Save"); err != nil {
		return false, err
	}
	return s.Store.Save(ctx, id, version, record, expires)
}

func (s *spy) Delete(ctx context.Context, id [32]byte, record []byte) (bool, error) {
	if err := s.call("Delete"); err != nil {
		return false, err
	}
	return s.Store.Delete(ctx, id, record)
}

func (s *spy) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (time.Time, error) {
	if err := s.call("Enter"); err != nil {
		return time.Time{}, err
	}
	return s.Store.Enter(ctx, subject, id, at, expires)
}

func (s *spy) Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error {
	if err := s.call("Leave"); err != nil {
		return err
	}
	return s.Store.Leave(ctx, subject, ids...)
}

func (s *spy) List(ctx context.Context, subject [32]byte) ([][32]byte, error) {
	if err := s.call("List"); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, subject)
}

func (s *spy) Revoke(ctx context.Context, subject [32]byte, at, expires time.Time) (time.Time, error) {
	if err := s.call("Revoke"); err != nil {
		return time.Time{}, err
	}
	return s.Store.Revoke(ctx, subject, at, expires)
}

func (s *spy) Revoked(ctx context.Context, subject [32]byte) (time.Time, error) {
	if err := s.call("Revoked"); err != nil {
		return time.Time{}, err
	}
	return s.Store.Revoked(ctx, subject)
}
