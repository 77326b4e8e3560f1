package sessions_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

// hash is what the store knows a session by.
func hash(t testing.TB, id string) [32]byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(id)
	must(t, err)
	return sha256.Sum256(append([]byte("sealring/v1/session-id\x00"), b...))
}

func (w *world) record(t testing.TB, id string) []byte {
	t.Helper()
	records, err := w.store.Store.Load(w.ctx, hash(t, id))
	must(t, err)
	return records[0]
}

// plant puts a record in the place of another one.
func (w *world) plant(t testing.TB, id string, record []byte) {
	t.Helper()
	_, err := w.store.Store.Delete(w.ctx, hash(t, id), nil)
	must(t, err)
	_, err = w.store.Store.Save(w.ctx, hash(t, id), 0, record, w.clock.Now().Add(time.Hour))
	must(t, err)
}

func TestRoundTrip(t *testing.T) {
	for name, options := range map[string]*sessions.Options{
		"default":     nil,
		"signed":      {Signed: true},
		"messagepack": {Content: sealring.MessagePack},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, options)
			s, err := w.Create(w.ctx, cart{[]string{"secret-item"}, 3})
			must(t, err)
			if len(s.ID()) != 43 || len(s.Handle()) != 22 || s.Subject() != "" || !s.Created().Equal(w.clock.Now()) {
				t.Errorf("a new session: %q, %q", s.ID(), s.Handle())
			}
			got := w.loads(t, s.ID())
			if v := got.Value(); v.N != 3 || len(v.Items) != 1 || v.Items[0] != "secret-item" {
				t.Errorf("the value came back as %v", v)
			}
			if got.ID() != s.ID() || got.Handle() != s.Handle() || !got.LastSeen().Equal(s.LastSeen()) || !got.Ends().Equal(s.Ends()) {
				t.Error("the session came back as another one")
			}
			record := w.record(t, s.ID())
			if readable := bytes.Contains(record, []byte("secret-item")); readable != (name == "signed") {
				t.Errorf("the value can be read in the store: %v", readable)
			}
			if bytes.Contains(record, []byte(s.ID())) || !bytes.Equal(record[:11], []byte("\x00\x00\x00\x00\x00\x00\x00\x01\xb2\xbd\x7f")) {
				t.Errorf("the record begins with %x", record[:11])
			}
		})
	}
}

func TestIDsAreFresh(t *testing.T) {
	w := newWorld(t, nil)
	seen := map[string]bool{}
	for range 1000 {
		id := w.New(cart{}).ID()
		if seen[id] {
			t.Fatal("an ID twice")
		}
		seen[id] = true
	}
	if calls := w.store.counted(); len(calls) != 0 {
		t.Errorf("New calls the store: %v", calls)
	}
}

// Text that is no ID reaches no store, and an ID that nobody was given is read and nothing else.
func TestLoadOfBadIDs(t *testing.T) {
	w := newWorld(t, nil)
	id := w.create(t).ID()
	w.store.counted()
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", id[42])
	for _, bad := range []string{
		"", "A", id[:42], id + "A", id + "=", "=" + id[1:], id[:42] + "\n", "\n" + id, " " + id, id + " ", id[:20] + "+" + id[21:],
		id[:20] + "/" + id[21:], id[:20] + "\x00" + id[21:], id[:41] + "\r\n", "../../../../../../../../../../../../etc/passwd",
		strings.Repeat("A", 44), strings.Repeat("A", 1<<20), strings.Repeat("\u00e9", 22)[:43],
		id[:42] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last^1]), // trailing bits
	} {
		w.dead(t, bad)
	}
	if calls := w.store.counted(); len(calls) != 0 {
		t.Errorf("bad IDs make the calls %v", calls)
	}
	w.dead(t, w.New(cart{}).ID())
	if calls := w.store.counted(); !maps.Equal(calls, map[string]int{"Load": 1}) {
		t.Errorf("an unknown ID makes the calls %v", calls)
	}
	w.loads(t, id)
}

// What loading and saving cost in calls.
func TestCalls(t *testing.T) {
	w := newWorld(t, nil)
	costs := func(what string, want map[string]int) {
		t.Helper()
		if calls := w.store.counted(); !maps.Equal(calls, want) {
			t.Errorf("%s makes the calls %v, want %v", what, calls, want)
		}
	}
	s := w.create(t)
	costs("Create", map[string]int{"Save": 1})
	s = w.loads(t, s.ID())
	costs("Load", map[string]int{"Load": 1})
	must(t, w.Save(w.ctx, s))
	costs("Save", map[string]int{"Save": 1})
	must(t, w.Touch(w.ctx, s))
	costs("Touch at once", nil)
	must(t, w.Renew(w.ctx, s))
	costs("Renew of nobody's", map[string]int{"Save": 2})
	must(t, w.SignIn(w.ctx, s, "alice", "", cart{}))
	costs("SignIn", map[string]int{"Enter": 1, "Save": 2})
	w.loads(t, s.ID())
	costs("Load of somebody's", map[string]int{"Load": 1, "Revoked": 1})
	must(t, w.Renew(w.ctx, s))
	costs("Renew", map[string]int{"Enter": 1, "Save": 2, "Leave": 1})
	must(t, w.Invalidate(w.ctx, s))
	costs("Invalidate", map[string]int{"Delete": 1, "Leave": 1})
	must(t, w.Invalidate(w.ctx, w.New(cart{})))
	costs("Invalidate of what is not in the store", nil)
	must(t, w.Touch(w.ctx, w.loads(t, w.create(t).ID())))
}

func TestSaveConflict(t *testing.T) {
	w := newWorld(t, nil)
	a := w.create(t)
	b := w.loads(t, a.ID())
	a.Set(cart{N: 2})
	must(t, w.Save(w.ctx, a))
	b.Set(cart{N: 3})
	failsWith(t, w.Save(w.ctx, b), sessions.ErrConflict)
	failsWith(t, w.Touch(w.ctx, b), sessions.ErrConflict)
	failsWith(t, w.Renew(w.ctx, b), sessions.ErrConflict)
	if got := w.loads(t, a.ID()); got.Value().N != 2 {
		t.Errorf("the session has %v", got.Value())
	}
	must(t, w.Save(w.ctx, a))
	if record := w.record(t, a.ID()); record[7] != 3 {
		t.Errorf("the version after three saves is %d", record[7])
	}
}

// A client that repeats a command may find that it was carried out: that is no conflict.
func TestSaveThatWasRepeated(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	repeating := &repeater{w.store}
	m, err := sessions.New[cart](w.ring, repeating, &sessions.Options{Now: w.clock.Now})
	must(t, err)
	again, err := m.Load(w.ctx, s.ID())
	must(t, err)
	again.Set(cart{N: 7})
	must(t, m.Save(w.ctx, again))
	if got := w.loads(t, s.ID()); got.Value().N != 7 {
		t.Errorf("the session has %v", got.Value())
	}
	must(t, m.Save(w.ctx, again))
	created, err := m.Create(w.ctx, cart{})
	must(t, err)
	w.loads(t, created.ID())
}

func TestSaveOfTheDead(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	slow := w.loads(t, s.ID())
	must(t, w.Invalidate(w.ctx, s))
	failsWith(t, w.Save(w.ctx, s), sessions.ErrNoSession)
	failsWith(t, w.Save(w.ctx, slow), sessions.ErrNoSession)
	w.store.counted()
	failsWith(t, w.Save(w.ctx, slow), sessions.ErrNoSession)
	failsWith(t, w.Renew(w.ctx, slow), sessions.ErrNoSession)
	failsWith(t, w.SignIn(w.ctx, slow, "alice", "", cart{}), sessions.ErrNoSession)
	if calls := w.store.counted(); len(calls) != 0 {
		t.Errorf("what is known to be dead makes the calls %v", calls)
	}

	// Where a forged record is in the way, it is no conflict.
	s = w.create(t)
	w.plant(t, s.ID(), []byte("forged"))
	failsWith(t, w.Save(w.ctx, s), sessions.ErrNoSession)
}

// A value that would not come back is refused before anything is written.
func TestSaveOfBadValues(t *testing.T) {
	w := newWorld(t, &sessions.Options{MaxRecord: 1000})
	s := w.create(t)
	w.store.counted()
	for _, test := range []struct {
		value cart
		want  error
	}{
		{cart{Items: []string{strings.Repeat("x", 1000)}}, sealring.ErrTooLarge},
		{cart{Items: []string{"\xff"}}, sealring.ErrBadPayload},
	} {
		s.Set(test.value)
		err := w.Save(w.ctx, s)
		failsWith(t, err, sessions.ErrSeal)
		if !errors.Is(err, test.want) {
			t.Errorf("error %v, want %v", err, test.want)
		}
		failsWith(t, w.SignIn(w.ctx, s, "alice", "", test.value), sessions.ErrSeal)
	}
	if w.loads(t, s.ID()).Value().N != 1 {
		t.Error("the value in the store has changed")
	}
	if list, err := w.List(w.ctx, "alice"); err != nil || len(list) != 0 {
		t.Errorf("sessions %v of alice, %v", list, err)
	}

	must(t, w.ring.Replace(sealring.Key{ID: "late", Secret: sealring.GenerateKey().Secret, SealFrom: w.clock.Now().Add(time.Hour)}))
	_, err := w.Create(w.ctx, cart{})
	failsWith(t, err, sessions.ErrSeal)
	if !errors.Is(err, sealring.ErrNoPrimaryKey) {
		t.Errorf("error %v", err)
	}
}

// A store that is down says nothing about a session.
func TestStoreDown(t *testing.T) {
	w := newWorld(t, nil)
	s := w.signedIn(t, "alice")
	for what, call := range map[string]func() error{
		"Load":              func() error { _, err := w.Load(w.ctx, s.ID()); return err },
		"Save":              func() error { return w.Save(w.ctx, s) },
		"Renew":             func() error { return w.Renew(w.ctx, s) },
		"SignIn":            func() error { return w.SignIn(w.ctx, s, "alice", "", cart{}) },
		"Create":            func() error { _, err := w.Create(w.ctx, cart{}); return err },
		"Invalidate":        func() error { return w.Invalidate(w.ctx, s) },
		"InvalidateSubject": func() error { return w.InvalidateSubject(w.ctx, "alice") },
		"InvalidateOne":     func() error { return w.InvalidateOne(w.ctx, "alice", s.Handle()) },
		"List":              func() error { _, err := w.List(w.ctx, "alice"); return err },
	} {
		w.store.down("Load", "Save", "Delete", "Enter", "Leave", "List", "Revoke", "Revoked")
		err := call()
		failsWith(t, err, sessions.ErrStore)
		if !errors.Is(err, errDown) {
			t.Errorf("%s: the store's error is not within %v", what, err)
		}
		w.store.down()
		w.loads(t, s.ID())
	}

	w.store.down("Revoked")
	_, err := w.Load(w.ctx, s.ID())
	failsWith(t, err, sessions.ErrStore)
	w.store.down()
	w.store.short = true
	_, err = w.Load(w.ctx, s.ID())
	failsWith(t, err, sessions.ErrStore)
	_, err = w.List(w.ctx, "alice")
	failsWith(t, err, sessions.ErrStore)
}

func TestStoreDownAfterConflict(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	must(t, w.Save(w.ctx, w.loads(t, s.ID())))
	w.store.next("Load", func() { w.store.down("Load") })
	w.store.down("Load")
	failsWith(t, w.Save(w.ctx, s), sessions.ErrStore)
	w.store.down()
	failsWith(t, w.Save(w.ctx, s), sessions.ErrConflict)
}

// A session that the store has, though it said that it failed, is dead after all that makes one dead.
func TestFirstSaveThatWasNotTold(t *testing.T) {
	for name, end := range map[string]func(w *world, s *sessions.Session[cart]) error{
		"Invalidate": func(w *world, s *sessions.Session[cart]) error { return w.Invalidate(w.ctx, s) },
		"SignIn":     func(w *world, s *sessions.Session[cart]) error { return w.SignIn(w.ctx, s, "alice", "", cart{N: 2}) },
		"Renew":      func(w *world, s *sessions.Session[cart]) error { return w.Renew(w.ctx, s) },
	} {
		w := newWorld(t, nil)
		s := w.New(cart{N: 1})
		id := s.ID()
		untold := w.nodeOver(t, untoldSaves{w.store})
		failsWith(t, untold.Save(w.ctx, s), sessions.ErrStore)
		w.loads(t, id)
		w.store.down("Delete")
		failsWith(t, end(w, s), sessions.ErrStore)
		w.loads(t, id)
		w.store.down()
		must(t, end(w, s))
		if w.record(t, id) != nil {
			t.Errorf("%s: the record is still there", name)
		}
		w.dead(t, id)
	}
	w := newWorld(t, nil)
	must(t, w.Invalidate(w.ctx, w.New(cart{})))
	if calls := w.store.counted(); len(calls) != 0 {
		t.Errorf("what was never saved makes the calls %v", calls)
	}
}

// untoldSaves fails after it has saved.
type untoldSaves struct{ *spy }

func (u untoldSaves) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	u.spy.Save(ctx, id, version, record, expires)
	return false, errDown
}
