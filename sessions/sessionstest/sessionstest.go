// Package sessionstest checks that a store keeps the contract of [sessions.Store], and that sessions in it withstand what
// is done to them. A package that has a store calls [Run] in a test, as package sessions does for its own.
package sessionstest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

// A Harness is a store and what a test can know of it. Store is required.
type Harness struct {
	Store sessions.Store
	// Now is the store's clock; nil means time.Now. It may be a few milliseconds off.
	Now func() time.Time
	// Sleep lets time pass by that clock; nil means time.Sleep. The suite asks for a few seconds.
	Sleep func(time.Duration)
	// Size returns how many things the store has, in whatever unit, with or without those that have expired; nil leaves
	// out what needs it.
	Size func() int
	// MaxRecord is how many bytes a record can have in the store; 0 means any.
	MaxRecord int
	// IDs is how many random IDs are tried; 0 means a million, or 10,000 under -short.
	IDs int
}

// Run checks the stores that open returns: it is called for each test, with a store that may hold things of others. Run
// runs no test in parallel with another. Some are smaller under -short. Run it with -race too: a method without its lock may
// give right answers all the same.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for _, test := range []struct {
		name string
		run  func(*kit)
	}{
		{"load", testLoad},
		{"save", testSave},
		{"versions", testVersions},
		{"delete", testDelete},
		{"slices", testSlices},
		{"past", testPast},
		{"expiry", testExpiry},
		{"enter", testEnter},
		{"leave", testLeave},
		{"revoke", testRevoke},
		{"milliseconds", testMilliseconds},
		{"context", testContext},
		{"races", testRaces},
		{"all at once", testAllAtOnce},
		{"expiry races", testExpiryRaces},
		{"revocation races", testRevocationRaces},

		{"life", testLife},
		{"subjects", testSubjects},
		{"tampering", testTampering},
		{"swapping", testSwapping},
		{"replay", testReplay},
		{"judged bytes", testJudgedBytes},
		{"other keys", testOtherKeys},
		{"slow requests", testSlowRequests},
		{"concurrent saves", testConcurrentSaves},
		{"concurrent renewals", testConcurrentRenewals},
		{"invalidation in between", testInvalidationBetween},
		{"revocation in between", testRevocationBetween},
		{"failures", testFailures},
		{"many sessions", testManySessions},
		{"random IDs", testRandomIDs},
		{"huge record", testHugeRecord},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t)
			if h.Store == nil {
				t.Fatal("a Harness needs a Store")
			}
			if h.Now == nil {
				h.Now = time.Now
			}
			if h.Sleep == nil {
				h.Sleep = time.Sleep
			}
			test.run(&kit{h, t, t.Context()})
		})
	}
}

// A kit is what a test works with.
type kit struct {
	Harness
	*testing.T
	ctx context.Context
}

// after is a moment of the store's clock.
func (k *kit) after(d time.Duration) time.Time { return k.Now().Add(d) }

// random returns a hash that nothing is stored under.
func random() (id [32]byte) {
	rand.Read(id[:])
	return id
}

// record returns a record of a version with bytes of every kind.
func record(version uint64, text string) []byte {
	r := binary.BigEndian.AppendUint64(nil, version)
	return append(append(r, "\x00\xff\r\n \x80"...), text...)
}

// save saves, and checks whether the store says that it did.
func (k *kit) save(id [32]byte, version uint64, r []byte, expires time.Time, want bool) {
	k.Helper()
	saved, err := k.Store.Save(k.ctx, id, version, r, expires)
	if err != nil || saved != want {
		k.Fatalf("Save over version %d: %v, %v; want %v", version, saved, err, want)
	}
}

// has checks what the store has under an ID, nil for nothing.
func (k *kit) has(id [32]byte, want []byte) {
	k.Helper()
	if got := k.load(id); !bytes.Equal(got, want) || (got == nil) != (want == nil) {
		k.Fatalf("the store has %x, want %x", got, want)
	}
}

func (k *kit) load(id [32]byte) []byte {
	k.Helper()
	records, err := k.Store.Load(k.ctx, id)
	if err != nil || len(records) != 1 {
		k.Fatalf("Load of one: %d records, %v", len(records), err)
	}
	return records[0]
}

func (k *kit) delete(id [32]byte, r []byte, want bool) {
	k.Helper()
	deleted, err := k.Store.Delete(k.ctx, id, r)
	if err != nil || deleted != want {
		k.Fatalf("Delete: %v, %v; want %v", deleted, err, want)
	}
}

// plant puts a record in the place of whatever is there, as somebody does who can write to the store.
func (k *kit) plant(id [32]byte, r []byte) {
	k.Helper()
	if _, err := k.Store.Delete(k.ctx, id, nil); err != nil {
		k.Fatal(err)
	}
	k.save(id, 0, r, k.after(time.Hour), true)
}

func (k *kit) enter(subject, id [32]byte, at, expires, want time.Time) {
	k.Helper()
	begins, err := k.Store.Enter(k.ctx, subject, id, at, expires)
	if err != nil || !begins.Equal(want) {
		k.Fatalf("Enter: begins at %v, %v; want %v", begins, err, want)
	}
}

func (k *kit) revoke(subject [32]byte, at, expires, want time.Time) {
	k.Helper()
	before, err := k.Store.Revoke(k.ctx, subject, at, expires)
	if err != nil || !before.Equal(want) {
		k.Fatalf("Revoke: up to %v, %v; want %v", before, err, want)
	}
}

func (k *kit) revoked(subject [32]byte, want time.Time) {
	k.Helper()
	before, err := k.Store.Revoked(k.ctx, subject)
	if err != nil || !before.Equal(want) || before.IsZero() != want.IsZero() {
		k.Fatalf("Revoked: up to %v, %v; want %v", before, err, want)
	}
}

// lists checks which sessions are listed.
func (k *kit) lists(subject [32]byte, want ...[32]byte) {
	k.Helper()
	ids, err := k.Store.List(k.ctx, subject)
	if err != nil {
		k.Fatal(err)
	}
	missing := map[[32]byte]bool{}
	for _, id := range want {
		missing[id] = true
	}
	for _, id := range ids {
		if !missing[id] {
			k.Fatalf("%x is listed, or is so twice", id[:4])
		}
		delete(missing, id)
	}
	if len(missing) > 0 {
		k.Fatalf("%d of %d are not listed", len(missing), len(want))
	}
}

// at runs f in as many goroutines and waits for them.
func at(once int, f func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range once {
		group.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	group.Wait()
}

// A Value is what the suite's sessions hold.
type Value struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// A witness is an observer that counts.
type witness struct {
	mu     sync.Mutex
	events []sessions.Event
}

func (w *witness) Observe(e sessions.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// last returns the last event and forgets all.
func (w *witness) last() (e sessions.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.events); n > 0 {
		e = w.events[n-1]
	}
	w.events = nil
	return e
}

func ring(t testing.TB) *sealring.Keyring {
	t.Helper()
	r, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// manager returns a manager over a store, with a ring of its own.
func (k *kit) manager(store sessions.Store) *sessions.Manager[Value] {
	k.Helper()
	m, _ := k.observed(store)
	return m
}

func (k *kit) observed(store sessions.Store) (*sessions.Manager[Value], *witness) {
	k.Helper()
	w := new(witness)
	m, err := sessions.New[Value](ring(k), store, &sessions.Options{Now: k.Now, Observer: w})
	if err != nil {
		k.Fatal(err)
	}
	return m, w
}

// signedIn returns a session of a subject.
func (k *kit) signedIn(m *sessions.Manager[Value], subject string) *sessions.Session[Value] {
	k.Helper()
	s := m.New(Value{})
	k.must(m.SignIn(k.ctx, s, subject, "label", Value{"user", 1}))
	return s
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// loads returns the session of an ID, which must be alive.
func (k *kit) loads(m *sessions.Manager[Value], id string) *sessions.Session[Value] {
	k.Helper()
	s, err := m.Load(k.ctx, id)
	if err != nil {
		k.Fatalf("Load: %v", err)
	}
	return s
}

// dead checks that an ID is of no use, for whatever reason there is no session.
func (k *kit) dead(m *sessions.Manager[Value], id string) {
	k.Helper()
	if s, err := m.Load(k.ctx, id); s != nil || !errors.Is(err, sessions.ErrNoSession) || errors.Is(err, sessions.ErrStore) {
		k.Fatalf("Load of a session that should be dead: %v, %v", s, err)
	}
}

// fails checks the class of an error.
func (k *kit) fails(err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Fatalf("error %v, want %v", err, want)
	}
}

// size returns what the store says of its size.
func (k *kit) size() int {
	if k.Size == nil {
		return 0
	}
	return k.Size()
}

func name(parts ...any) string { return fmt.Sprint(parts...) + " " + rand.Text() }
