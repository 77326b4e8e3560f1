package sessions_test

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions"
)

func storeRecord(version uint64) []byte { return binary.BigEndian.AppendUint64(nil, version) }

func number(n int) (id [32]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(n)*0x9E3779B97F4A7C15)
	return id
}

// A store to which sessions come and go does not grow, and a million that have expired are gone with what comes next.
func TestMemoryStoreIsBounded(t *testing.T) {
	c := newClock()
	store := sessions.NewMemoryStore(&sessions.MemoryOptions{Now: c.Now})
	most := 0
	for n := range 200_000 {
		expires := c.Now().Add(time.Second)
		if _, err := store.Save(t.Context(), number(n), 0, storeRecord(1), expires); err != nil {
			t.Fatal(err)
		}
		if n%4 == 0 { // a subject for every four, and one for all
			store.Enter(t.Context(), number(n), number(n), c.Now(), expires)
			store.Enter(t.Context(), number(-1), number(n), c.Now(), expires)
			store.Revoke(t.Context(), number(n+1), c.Now(), expires)
		}
		c.pass(time.Millisecond)
		if n%100 == 0 {
			most = max(most, store.Len())
		}
	}
	// 1,000 records, 250 subjects with a session and 250 with a revocation, and 250 sessions of one subject are alive at
	// a time.
	if alive := 1000 + 2*250 + 250 + 250; most > 2*alive+64*64 {
		t.Errorf("%d things in the store, of which %d are alive", most, alive)
	}
}

// What one subject has is swept at a cost that does not grow with every write.
func TestMemoryStoreWithOneBigSubject(t *testing.T) {
	store := sessions.NewMemoryStore(nil)
	began := time.Now()
	for n := range 50_000 {
		store.Enter(t.Context(), number(1), number(n), began, began.Add(time.Hour))
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("50,000 listings took %v", took)
	}
	ids, err := store.List(t.Context(), number(1))
	if err != nil || len(ids) != 50_000 {
		t.Errorf("%d listed, %v", len(ids), err)
	}
}

func TestMemoryStoreContext(t *testing.T) {
	store := sessions.NewMemoryStore(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	at := time.Now().Add(time.Hour)
	for name, call := range map[string]func() error{
		"Load":    func() error { _, err := store.Load(ctx, number(1)); return err },
		"Save":    func() error { _, err := store.Save(ctx, number(1), 0, storeRecord(1), at); return err },
		"Delete":  func() error { _, err := store.Delete(ctx, number(1), nil); return err },
		"Enter":   func() error { _, err := store.Enter(ctx, number(1), number(1), at, at); return err },
		"Leave":   func() error { return store.Leave(ctx, number(1), number(1)) },
		"List":    func() error { _, err := store.List(ctx, number(1)); return err },
		"Revoke":  func() error { _, err := store.Revoke(ctx, number(1), at, at); return err },
		"Revoked": func() error { _, err := store.Revoked(ctx, number(1)); return err },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := store.Len(); n != 0 {
		t.Errorf("%d things in the store", n)
	}
}

// Times far from today are no other times.
func TestMemoryStoreFarTimes(t *testing.T) {
	store := sessions.NewMemoryStore(nil)
	for expires, want := range map[time.Time]bool{
		time.Unix(1<<62, 0):  true,
		time.Unix(-1<<62, 0): false,
		{}:                   false,
		time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC): true,
	} {
		id := number(int(expires.Year()))
		if saved, err := store.Save(t.Context(), id, 0, storeRecord(1), expires); !saved || err != nil {
			t.Fatal(saved, err)
		}
		if records, _ := store.Load(t.Context(), id); (records[0] != nil) != want {
			t.Errorf("a record that expires %v is there: %v", expires, !want)
		}
		store.Delete(t.Context(), id, nil)
	}
}
