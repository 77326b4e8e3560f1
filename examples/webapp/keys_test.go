package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/sessions"
)

// The key is rotated while people are signed in: whoever comes by is sealed again, and the old key can go.
func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring.json")
	first := keyfile.Entry{Key: key("first", time.Time{}), Created: time.Now()}
	if err := keyfile.Create(path, &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{first}}); err != nil {
		t.Fatal(err)
	}
	log := new(buffer)
	keys, err := openKeys(t.Context(), slog.New(slog.NewTextHandler(log, nil)), path, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	change := func(f func(*keyfile.Document)) {
		t.Helper()
		if err := keyfile.Update(path, func(d *keyfile.Document) error { f(d); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := keys.watcher.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	s := newSiteOf(t, keys, nil)
	here, away := s.visitor(firefox).signIn("anna"), s.visitor(iPhone).signIn("anna")
	id := here.cookie()
	change(func(d *keyfile.Document) {
		second := keyfile.Entry{Key: key("second", time.Now().Add(-time.Second)), Created: time.Now()}
		d.Keys = append(d.Keys, second)
	})
	here.mustBeSignedIn(true)
	if here.cookie() != id {
		t.Error("rotation changes the cookie")
	}
	change(func(d *keyfile.Document) { d.Keys = d.Keys[1:] })
	here.mustBeSignedIn(true)
	away.mustBeSignedIn(false) // it did not come by
	if got := s.log.String(); !strings.Contains(got, "not in the ring") {
		t.Errorf("the log does not say that a key was missing:\n%s", got)
	}
	if got := log.String(); !strings.Contains(got, "generation=3 keys=1 primary=second") {
		t.Errorf("the log does not say that keys were loaded:\n%s", got)
	}
}

func TestOpenKeysFails(t *testing.T) {
	_, err := openKeys(t.Context(), slog.New(slog.DiscardHandler), filepath.Join(t.TempDir(), "none.json"), time.Second)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Whoever writes to the store puts one session's record in the place of another's, or damages it: nobody gets in, nobody
// sees an error, and operators hear of it.
func TestTamperedRecord(t *testing.T) {
	store := &recorder{Store: sessions.NewMemoryStore(nil), records: make(map[[32]byte][]byte)}
	s := newSite(t, store)
	ben, anna := s.visitor(firefox).signIn("ben"), s.visitor(iPhone).signIn("anna")
	store.tamper(t)
	ben.mustBeSignedIn(false)
	anna.mustBeSignedIn(false)
	if got := strings.Count(s.log.String(), "session in the store was tampered with"); got != 2 {
		t.Errorf("the log tells of it %d times:\n%s", got, s.log)
	}
}

// A recorder is a store that knows what is in it.
type recorder struct {
	sessions.Store
	records map[[32]byte][]byte
}

func (r *recorder) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	r.records[id] = append([]byte(nil), record...)
	return r.Store.Save(ctx, id, version, record, expires)
}

// tamper swaps the only two records.
func (r *recorder) tamper(t *testing.T) {
	t.Helper()
	var ids [][32]byte
	for id := range r.records {
		ids = append(ids, id)
	}
	if len(ids) != 2 {
		t.Fatalf("%d records", len(ids))
	}
	for i, id := range ids {
		if _, err := r.Delete(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
		if ok, err := r.Store.Save(t.Context(), id, 0, r.records[ids[1-i]], time.Now().Add(time.Hour)); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
}
