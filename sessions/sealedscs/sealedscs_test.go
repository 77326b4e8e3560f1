package sealedscs_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
	"github.com/sealring/sealring/sessions/sealedscs"
)

// A clock is one that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

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

// A spy is a store that counts calls, fails when told to, and calls a function before the next one of a method.
type spy struct {
	sessions.Store
	mu     sync.Mutex
	calls  map[string]int
	fail   map[string]error
	before map[string]func()
	short  bool           // Load returns too few records
	seen   []bytes.Buffer // everything that the store was given
}

var errDown = errors.New("connection refused")

func (s *spy) call(name string, given ...[]byte) error {
	s.mu.Lock()
	if s.calls == nil {
		s.calls = map[string]int{}
	}
	s.calls[name]++
	for _, g := range given {
		s.seen = append(s.seen, *bytes.NewBuffer(bytes.Clone(g)))
	}
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
	if err := s.call("Load", ids[0][:]); err != nil {
		return nil, err
	}
	if s.short {
		return nil, nil
	}
	return s.Store.Load(ctx, ids...)
}

func (s *spy) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	if err := s.call("Save", id[:], record); err != nil {
		return false, err
	}
	return s.Store.Save(ctx, id, version, record, expires)
}

func (s *spy) Delete(ctx context.Context, id [32]byte, record []byte) (bool, error) {
	if err := s.call("Delete", id[:], record); err != nil {
		return false, err
	}
	return s.Store.Delete(ctx, id, record)
}

func (s *spy) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (time.Time, error) {
	if err := s.call("Enter", subject[:], id[:]); err != nil {
		return time.Time{}, err
	}
	return s.Store.Enter(ctx, subject, id, at, expires)
}

func (s *spy) Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error {
	if err := s.call("Leave", subject[:]); err != nil {
		return err
	}
	return s.Store.Leave(ctx, subject, ids...)
}

func (s *spy) List(ctx context.Context, subject [32]byte) ([][32]byte, error) {
	if err := s.call("List", subject[:]); err != nil {
		return nil, err
	}
	return s.Store.List(ctx, subject)
}

// A world is a store for scs over one in memory, with a clock for both.
type world struct {
	*sealedscs.Store
	beneath *spy
	clock   *clock
	log     *log
	ring    *sealring.Keyring
	options sealedscs.Options
}

func newWorld(t testing.TB, options *sealedscs.Options) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, log: new(log), ring: ringOf(t, key("k1"))}
	w.beneath = &spy{Store: sessions.NewMemoryStore(&sessions.MemoryOptions{Now: w.clock.Now})}
	if options != nil {
		w.options = *options
	}
	w.options.Now, w.options.Observer = w.clock.Now, w.log
	w.Store = w.node(t, w.ring, &w.options)
	return w
}

// node returns another store for scs over the same one.
func (w *world) node(t testing.TB, ring *sealring.Keyring, o *sealedscs.Options) *sealedscs.Store {
	t.Helper()
	with := *o
	with.Now, with.Observer = w.clock.Now, w.log
	s, err := sealedscs.NewStore(ring, w.beneath, &with)
	must(t, err)
	return s
}

func key(id string) sealring.Key {
	k := sealring.GenerateKey()
	k.ID = id
	return k
}

func ringOf(t testing.TB, keys ...sealring.Key) *sealring.Keyring {
	t.Helper()
	ring, err := sealring.NewKeyring(keys...)
	must(t, err)
	return ring
}

// newToken returns a token as scs makes them.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// idOf is what the store beneath must know a token by.
func idOf(token string) [32]byte { return sha256.Sum256([]byte("sealring/v1/scs-token\x00" + token)) }

func (w *world) expiry(d time.Duration) time.Time { return w.clock.Now().Add(d) }

// commit writes a session that lasts an hour, and returns its token.
func (w *world) commit(t testing.TB, data string) string {
	t.Helper()
	token := newToken()
	must(t, w.Commit(token, []byte(data), w.expiry(time.Hour)))
	return token
}

// has checks what is found, and that the observer hears nothing.
func (w *world) has(t testing.TB, s *sealedscs.Store, token, want string) {
	t.Helper()
	data, found, err := s.Find(token)
	if err != nil || !found || string(data) != want {
		t.Fatalf("found %q, %v, %v; want %q", data, found, err, want)
	}
	if events := w.log.take(); len(events) > 0 {
		t.Fatalf("the observer heard %+v", events)
	}
}

// none checks that nothing is found, and returns what the observer heard.
func (w *world) none(t testing.TB, s *sealedscs.Store, token string) []sessions.Event {
	t.Helper()
	data, found, err := s.Find(token)
	if err != nil || found || data != nil {
		t.Fatalf("found %q, %v, %v; want nothing", data, found, err)
	}
	return w.log.take()
}

// record returns what the store beneath has.
func (w *world) record(t testing.TB, token string) []byte {
	t.Helper()
	records, err := w.beneath.Store.Load(context.Background(), idOf(token))
	must(t, err)
	return records[0]
}

// plant puts a record into the store beneath, whatever is there.
func (w *world) plant(t testing.TB, token string, record []byte) {
	t.Helper()
	ctx := context.Background()
	_, err := w.beneath.Store.Delete(ctx, idOf(token), nil)
	must(t, err)
	_, err = w.beneath.Store.Save(ctx, idOf(token), 0, record, w.expiry(time.Hour))
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var classes = []error{sealedscs.ErrDeleted, sessions.ErrStore, sessions.ErrSeal, sessions.ErrConfig}

// failsWith checks that an error is of one class and of no other, and its prefix.
func failsWith(t testing.TB, err, want error) {
	t.Helper()
	for _, class := range classes {
		if errors.Is(err, class) != (class == want) {
			t.Fatalf("error %v, want %v alone", err, want)
		}
	}
	if strings.Count(err.Error(), "sessions: ")+strings.Count(err.Error(), "sealedscs: ") != 1 || strings.Contains(err.Error(), "sealring: ") {
		t.Errorf("error %q", err)
	}
}

// version is the version that a store sees in a record.
func version(record []byte) uint64 {
	if len(record) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(record)
}
