package sessions_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

func TestIdleLifetime(t *testing.T) {
	w := newWorld(t, &sessions.Options{Idle: time.Hour, Absolute: 24 * time.Hour})
	s := w.create(t)
	w.clock.pass(time.Hour - time.Millisecond)
	w.loads(t, s.ID())
	w.clock.pass(time.Millisecond)
	w.dead(t, s.ID())
	if events := w.log.take(); len(events) != 0 {
		t.Errorf("an expired session is reported: %+v", events)
	}
	failsWith(t, w.Save(w.ctx, s), sessions.ErrNoSession)
}

// The store need not be right about the time: the seal says when a session ends.
func TestStoreWithAWrongClock(t *testing.T) {
	w := newWorld(t, &sessions.Options{Idle: time.Hour, Absolute: 2 * time.Hour})
	w.store.Store = sessions.NewMemoryStore(&sessions.MemoryOptions{Now: newClock().Now}) // it stands still
	s := w.create(t)
	w.clock.pass(time.Hour)
	w.dead(t, s.ID())
	for range 4 {
		s = w.create(t)
	}
	w.clock.pass(59 * time.Minute)
	s = w.loads(t, s.ID())
	must(t, w.Touch(w.ctx, s))
	w.clock.pass(59 * time.Minute)
	s = w.loads(t, s.ID())
	must(t, w.Touch(w.ctx, s))
	w.clock.pass(2 * time.Minute)
	w.dead(t, s.ID())
	failsWith(t, w.Save(w.ctx, s), sessions.ErrNoSession)
	if events := w.log.take(); len(events) != 0 {
		t.Errorf("reported: %+v", events)
	}
}

func TestAbsoluteLifetime(t *testing.T) {
	w := newWorld(t, &sessions.Options{Idle: time.Hour, Absolute: 3 * time.Hour})
	s := w.create(t)
	if want := w.clock.Now().Add(3 * time.Hour); !s.Ends().Equal(want) {
		t.Errorf("it ends %v, want %v", s.Ends(), want)
	}
	for range 5 {
		w.clock.pass(30 * time.Minute)
		s = w.loads(t, s.ID())
		must(t, w.Touch(w.ctx, s))
	}
	must(t, w.Renew(w.ctx, s))
	w.clock.pass(30*time.Minute - time.Millisecond)
	s = w.loads(t, s.ID())
	must(t, w.Touch(w.ctx, s))
	w.clock.pass(time.Millisecond)
	w.dead(t, s.ID())

	// A sign-in begins a new one.
	s = w.create(t)
	w.clock.pass(59 * time.Minute)
	must(t, w.SignIn(w.ctx, s, "alice", "", cart{}))
	if want := w.clock.Now().Add(3 * time.Hour); !s.Ends().Equal(want) || !s.Created().Equal(w.clock.Now()) {
		t.Errorf("after signing in it ends %v, want %v", s.Ends(), want)
	}
}

// Shorter lifetimes than before hold for the sessions that there are.
func TestShorterLifetimes(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	idle := w.node(t, w.ring, &sessions.Options{Idle: time.Minute})
	absolute := w.node(t, w.ring, &sessions.Options{Idle: time.Hour, Absolute: time.Hour})
	w.clock.pass(time.Minute + time.Millisecond)
	_, err := idle.Load(w.ctx, s.ID())
	failsWith(t, err, sessions.ErrNoSession)
	_, err = absolute.Load(w.ctx, s.ID())
	must(t, err)
	w.clock.pass(59 * time.Minute)
	must(t, w.Touch(w.ctx, s))
	_, err = absolute.Load(w.ctx, s.ID())
	failsWith(t, err, sessions.ErrNoSession)
	w.loads(t, s.ID())
}

// Longer ones hold for those that are made from now on.
func TestLongerLifetimes(t *testing.T) {
	w := newWorld(t, &sessions.Options{Idle: time.Hour, Absolute: time.Hour})
	s := w.create(t)
	w.store.Store = standing{w.store.Store}
	longer := w.node(t, w.ring, &sessions.Options{Idle: time.Hour, Absolute: 10 * time.Hour})
	w.clock.pass(30 * time.Minute)
	got, err := longer.Load(w.ctx, s.ID())
	must(t, err)
	must(t, longer.Save(w.ctx, got))
	w.clock.pass(30*time.Minute - time.Millisecond)
	_, err = longer.Load(w.ctx, s.ID())
	must(t, err)
	w.clock.pass(time.Millisecond)
	_, err = longer.Load(w.ctx, s.ID())
	failsWith(t, err, sessions.ErrNoSession)
	failsWith(t, longer.Save(w.ctx, got), sessions.ErrNoSession)
}

// A standing is a store that lets records expire late.
type standing struct{ sessions.Store }

func (s standing) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	return s.Store.Save(ctx, id, version, record, expires.Add(24*time.Hour))
}

// Using a session is written down once a tenth of the idle lifetime has passed, and disturbs nobody.
func TestTouch(t *testing.T) {
	w := newWorld(t, &sessions.Options{Idle: time.Hour})
	id := w.create(t).ID()
	touch := func(want map[string]int) {
		t.Helper()
		s := w.loads(t, id)
		w.store.counted()
		must(t, w.Touch(w.ctx, s))
		if calls := w.store.counted(); !maps.Equal(calls, want) {
			t.Errorf("the calls %v, want %v", calls, want)
		}
	}
	touch(nil)
	w.clock.pass(6*time.Minute - time.Millisecond)
	touch(nil)
	w.clock.pass(time.Millisecond)
	slow := w.loads(t, id)
	touch(map[string]int{"Save": 1})
	touch(nil)
	if !w.loads(t, id).LastSeen().Equal(w.clock.Now()) {
		t.Error("it was not written down")
	}
	w.clock.pass(-time.Hour) // a clock that is set back
	touch(nil)
	w.clock.pass(time.Hour)
	slow.Set(cart{N: 5})
	must(t, w.Save(w.ctx, slow))
	if got := w.loads(t, id); got.Value().N != 5 {
		t.Errorf("the value is %v", got.Value())
	}

	// What was Set is saved, as another version.
	s := w.loads(t, id)
	s.Set(cart{N: 6})
	must(t, w.Touch(w.ctx, s))
	failsWith(t, w.Save(w.ctx, slow), sessions.ErrConflict)
	must(t, w.Touch(w.ctx, w.New(cart{})))
}

// A clock that is behind the one that sealed by a day says nothing against a session; what is further ahead is somebody
// else's mistake, and the session waits.
func TestClocksApart(t *testing.T) {
	w := newWorld(t, &sessions.Options{Idle: 100 * time.Hour})
	s := w.create(t)
	w.clock.pass(-24 * time.Hour)
	w.loads(t, s.ID())
	w.clock.pass(-time.Millisecond)
	w.dead(t, s.ID())
	if e := w.log.one(t); e.Class != sealring.ErrNotYetValid || e.Deleted {
		t.Errorf("the observer heard %+v", e)
	}
	w.clock.pass(24 * time.Hour)
	w.loads(t, s.ID())

	w.clock.pass(-100 * 365 * 24 * time.Hour) // no time that an envelope could have
	w.dead(t, s.ID())
	_, err := w.Create(w.ctx, cart{})
	failsWith(t, err, sessions.ErrSeal)
}

// A session that was sealed with an older key is sealed anew when it is next touched, once.
func TestRotation(t *testing.T) {
	w := newWorld(t, nil)
	january := key("january", time.Time{})
	must(t, w.ring.Replace(january))
	s := w.create(t)
	february := key("february", w.clock.Now().Add(time.Minute))
	must(t, w.ring.Replace(january, february))
	if w.loads(t, s.ID()).Stale() {
		t.Error("stale before the next key's time")
	}
	w.clock.pass(time.Minute)
	got := w.loads(t, s.ID())
	if !got.Stale() {
		t.Error("not stale")
	}
	must(t, w.Touch(w.ctx, got))
	if got.Stale() || w.loads(t, s.ID()).Stale() {
		t.Error("stale after a touch")
	}
	must(t, w.ring.Replace(february))
	w.loads(t, s.ID())
	must(t, w.Save(w.ctx, got))

	// A session dies with its key.
	other := key("other", time.Time{})
	must(t, w.ring.Replace(other))
	w.dead(t, s.ID())
	if e := w.log.one(t); e.Class != sealring.ErrUnknownKey || e.Deleted || e.Handle != s.Handle() {
		t.Errorf("the observer heard %+v", e)
	}
	must(t, w.ring.Replace(february))
	w.loads(t, s.ID())
}
