package sessions_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/sessions"
)

// Whoever planted or saw the ID of before a sign-in has nothing by it.
func TestSignInChangesTheID(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	planted := s.ID()
	before := w.record(t, planted)
	must(t, w.SignIn(w.ctx, s, "alice", "Firefox on Linux", cart{N: 2}))
	if s.ID() == planted || s.Subject() != "alice" || s.Label() != "Firefox on Linux" || s.Value().N != 2 {
		t.Errorf("signed in: %q, %q, %v", s.Subject(), s.Label(), s.Value())
	}
	w.dead(t, planted)
	w.plant(t, planted, before) // who can write to the store gets the session of nobody back
	if got := w.loads(t, planted); got.Subject() != "" || got.Value().N != 1 {
		t.Errorf("the planted session is %q's, with %v", got.Subject(), got.Value())
	}

	// Another user at the same browser, and the same user again.
	alice := s.ID()
	must(t, w.SignIn(w.ctx, s, "bob", "", cart{N: 3}))
	w.dead(t, alice)
	if list, err := w.List(w.ctx, "alice"); err != nil || len(list) != 0 {
		t.Errorf("sessions %v of alice, %v", list, err)
	}
	bob := s.ID()
	must(t, w.SignIn(w.ctx, s, "bob", "", cart{N: 3}))
	w.dead(t, bob)
	if list, err := w.List(w.ctx, "bob"); err != nil || len(list) != 1 || list[0].Handle != s.Handle() {
		t.Errorf("sessions %v of bob, %v", list, err)
	}
}

func TestSubjectsAndLabels(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	id := s.ID()
	w.store.counted()
	for _, subject := range []string{"", strings.Repeat("x", 1025)} {
		failsWith(t, w.SignIn(w.ctx, s, subject, "", cart{}), sessions.ErrSubject)
		failsWith(t, w.InvalidateSubject(w.ctx, subject), sessions.ErrSubject)
		failsWith(t, w.InvalidateOne(w.ctx, subject, s.Handle()), sessions.ErrSubject)
		_, err := w.List(w.ctx, subject)
		failsWith(t, err, sessions.ErrSubject)
	}
	if calls := w.store.counted(); len(calls) != 0 || s.ID() != id {
		t.Errorf("bad subjects make the calls %v", calls)
	}
	for _, label := range []string{
		"", "Firefox", "\xff\xfe", "a\x00b\n", strings.Repeat("x", 10_000), strings.Repeat("\u65e5", 300), strings.Repeat("\xff", 300),
		strings.Repeat("x", 255) + "\u00e9", "\ufffd",
	} {
		must(t, w.SignIn(w.ctx, s, strings.Repeat("x", 1024), label, cart{}))
		got := w.loads(t, s.ID()).Label()
		if len(got) > 256 || !utf8.ValidString(got) || len(label) <= 256 && utf8.ValidString(label) && got != label {
			t.Errorf("the label %q became %q", label, got)
		}
	}
}

// Renewing keeps everything but the ID, and does not get a session past a revocation.
func TestRenew(t *testing.T) {
	w := newWorld(t, nil)
	s := w.signedIn(t, "alice")
	old, ends, created := s.ID(), s.Ends(), s.Created()
	w.clock.pass(time.Hour)
	s.Set(cart{N: 9})
	must(t, w.Renew(w.ctx, s))
	got := w.loads(t, s.ID())
	if s.ID() == old || got.Value().N != 9 || got.Subject() != "alice" || got.Label() != "Firefox" || !got.Ends().Equal(ends) ||
		!got.Created().Equal(created) {
		t.Errorf("the session was renewed to %v, %v", got, got.Value())
	}
	w.dead(t, old)
	must(t, w.Renew(w.ctx, w.New(cart{})))

	other := w.loads(t, s.ID())
	record := w.record(t, s.ID())
	must(t, w.InvalidateSubject(w.ctx, "alice"))
	w.plant(t, s.ID(), record)
	failsWith(t, w.Renew(w.ctx, other), sessions.ErrNoSession)
	if list, err := w.List(w.ctx, "alice"); err != nil || len(list) != 0 {
		t.Errorf("sessions %v of alice, %v", list, err)
	}
}

// A failed sign-in leaves the old session as it was, and nothing else that is signed in, even if nothing can be undone.
func TestSignInFails(t *testing.T) {
	for _, step := range []string{"Enter", "Save", "second Save"} {
		t.Run(step, func(t *testing.T) {
			w := newWorld(t, nil)
			s := w.create(t)
			old := s.ID()
			if step == "second Save" {
				w.Manager = w.nodeOver(t, &failSecondSave{Store: w.store})
			} else {
				w.store.down(step)
			}
			err := w.SignIn(w.ctx, s, "alice", "", cart{N: 2})
			failsWith(t, err, sessions.ErrStore)
			w.store.down()
			if s.ID() != old || s.Subject() != "" || s.Value().N != 1 {
				t.Errorf("the session has become %v of %q", s.Value(), s.Subject())
			}
			if got := w.loads(t, old); got.Subject() != "" || got.Value().N != 1 {
				t.Errorf("the old session has become %v of %q", got.Value(), got.Subject())
			}
			if list, err := w.List(w.ctx, "alice"); err != nil || len(list) != 0 {
				t.Errorf("sessions %v of alice, %v", list, err)
			}
		})
	}
}

// nodeOver returns a manager over another store.
func (w *world) nodeOver(t *testing.T, store sessions.Store) *sessions.Manager[cart] {
	t.Helper()
	m, err := sessions.New[cart](w.ring, store, &sessions.Options{Now: w.clock.Now, Observer: w.log})
	must(t, err)
	return m
}

type failSecondSave struct {
	sessions.Store
	saves int
}

func (f *failSecondSave) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	if f.saves++; f.saves == 2 {
		return false, errDown
	}
	return f.Store.Save(ctx, id, version, record, expires)
}

// Undoing goes on where the request's context has ended.
func TestUndoWithoutAContext(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	ctx, cancel := context.WithCancel(w.ctx)
	w.store.next("Save", func() { w.store.next("Save", cancel) }) // the new record is written, the old one stays
	err := w.SignIn(ctx, s, "alice", "", cart{})
	failsWith(t, err, sessions.ErrStore)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if calls := w.store.counted(); calls["Delete"] != 1 || calls["Leave"] != 1 {
		t.Errorf("the calls %v", calls)
	}
	if events := w.log.take(); len(events) != 0 {
		t.Errorf("the observer heard %+v", events)
	}
	if list, err := w.List(w.ctx, "alice"); err != nil || len(list) != 0 {
		t.Errorf("sessions %v of alice, %v", list, err)
	}
	w.loads(t, s.ID())
}

// What cannot be undone, or cleaned, is told to the observer and changes nothing.
func TestUnfinished(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	w.store.down("Save", "Delete", "Leave")
	failsWith(t, w.SignIn(w.ctx, s, "alice", "", cart{}), sessions.ErrStore)
	events := w.log.take()
	if len(events) != 2 {
		t.Fatalf("the observer heard %+v", events)
	}
	for _, e := range events {
		if e.Class != sessions.ErrStore || !errors.Is(e.Err, errDown) || len(e.Handle) != 22 {
			t.Errorf("the observer heard %+v", e)
		}
	}
	w.store.down()
	s = w.signedIn(t, "bob")
	w.store.down("Leave")
	must(t, w.Invalidate(w.ctx, s))
	w.dead(t, s.ID())
	if e := w.log.one(t); e.Class != sessions.ErrStore || e.Handle != s.Handle() {
		t.Errorf("the observer heard %+v", e)
	}
	w.store.down()
	if list, err := w.List(w.ctx, "bob"); err != nil || len(list) != 0 {
		t.Errorf("sessions %v of bob, %v", list, err)
	}
}

func TestInvalidateSubject(t *testing.T) {
	w := newWorld(t, nil)
	anonymous, bob := w.create(t), w.signedIn(t, "bob")
	var alice []*sessions.Session[cart]
	for range 150 {
		alice = append(alice, w.signedIn(t, "alice"))
	}
	must(t, w.InvalidateSubject(w.ctx, "alice"))
	for _, s := range alice {
		w.dead(t, s.ID())
		if w.record(t, s.ID()) != nil {
			t.Fatal("the record is still there")
		}
	}
	w.loads(t, anonymous.ID())
	w.loads(t, bob.ID())
	w.loads(t, w.signedIn(t, "alice").ID()) // in the same millisecond
	must(t, w.InvalidateSubject(w.ctx, "nobody"))
}

// A moment is kept for as long as there can be a session that it revokes, however long that is.
func TestInvalidateSubjectForLong(t *testing.T) {
	const long = 1<<63 - 1 - (1<<63-1)%time.Millisecond
	for _, absolute := range []time.Duration{24 * time.Hour, long} {
		w := newWorld(t, &sessions.Options{Idle: min(absolute, 200*365*24*time.Hour), Absolute: absolute})
		s := w.signedIn(t, "alice")
		record := w.record(t, s.ID())
		must(t, w.InvalidateSubject(w.ctx, "alice"))
		w.clock.pass(24*time.Hour - time.Millisecond)
		w.plant(t, s.ID(), record)
		w.dead(t, s.ID())
	}
}

// Where the store fails after the moment is written, all are dead, and the error says that it is not cleaned.
func TestInvalidateSubjectFails(t *testing.T) {
	for _, method := range []string{"List", "Delete", "Leave"} {
		w := newWorld(t, nil)
		s := w.signedIn(t, "alice")
		w.store.down(method)
		failsWith(t, w.InvalidateSubject(w.ctx, "alice"), sessions.ErrStore)
		w.store.down()
		w.dead(t, s.ID())
		must(t, w.InvalidateSubject(w.ctx, "alice"))
		if w.record(t, s.ID()) != nil {
			t.Errorf("%s failed, and the record is still there", method)
		}
	}
}

func TestList(t *testing.T) {
	w := newWorld(t, &sessions.Options{Idle: time.Hour})
	first := w.signedIn(t, "alice")
	w.clock.pass(20 * time.Minute)
	second := w.signedIn(t, "alice")
	w.clock.pass(10 * time.Minute)
	must(t, w.Touch(w.ctx, first))
	idle := w.signedIn(t, "alice")
	list, err := w.List(w.ctx, "alice")
	must(t, err)
	if len(list) != 3 || list[2].Handle != second.Handle() || list[0].Label != "Firefox" {
		t.Fatalf("the list %+v", list)
	}
	for _, s := range list {
		if s.Handle == first.Handle() && (!s.Created.Equal(first.Created()) || !s.LastSeen.Equal(first.LastSeen()) || !s.Ends.Equal(first.Ends())) {
			t.Errorf("the list has %+v", s)
		}
	}
	failsWith(t, w.InvalidateOne(w.ctx, "bob", first.Handle()), sessions.ErrNoSession)
	failsWith(t, w.InvalidateOne(w.ctx, "alice", first.ID()), sessions.ErrNoSession)
	failsWith(t, w.InvalidateOne(w.ctx, "alice", ""), sessions.ErrNoSession)
	must(t, w.InvalidateOne(w.ctx, "alice", first.Handle()))
	failsWith(t, w.InvalidateOne(w.ctx, "alice", first.Handle()), sessions.ErrNoSession)
	w.dead(t, first.ID())

	w.store.down("Load")
	_, err = w.List(w.ctx, "alice")
	failsWith(t, err, sessions.ErrStore)
	w.store.down("Revoked")
	_, err = w.List(w.ctx, "alice")
	failsWith(t, err, sessions.ErrStore)
	w.store.down()

	// What has expired, and what was forged, is not listed.
	w.plant(t, idle.ID(), []byte("forged"))
	if list, err = w.List(w.ctx, "alice"); err != nil || len(list) != 1 {
		t.Errorf("the list %+v, %v", list, err)
	}
	if e := w.log.one(t); !e.Deleted || e.Handle != idle.Handle() {
		t.Errorf("the observer heard %+v", e)
	}
	w.clock.pass(time.Hour)
	if list, err = w.List(w.ctx, "alice"); err != nil || len(list) != 0 {
		t.Errorf("the list %+v, %v", list, err)
	}
}

// A moment that is kept elsewhere decides, whatever the store says.
func TestRevokedBefore(t *testing.T) {
	var moment time.Time
	var down error
	asked := ""
	w := newWorld(t, &sessions.Options{RevokedBefore: func(_ context.Context, subject string) (time.Time, error) {
		asked = subject
		return moment, down
	}})
	w.loads(t, w.create(t).ID())
	if asked != "" {
		t.Error("asked about nobody")
	}
	s := w.signedIn(t, "alice\x00")
	moment = w.clock.Now().Add(-time.Millisecond)
	w.loads(t, s.ID())
	moment = w.clock.Now()
	w.dead(t, s.ID())
	if list, err := w.List(w.ctx, "alice\x00"); err != nil || len(list) != 0 || asked != "alice\x00" {
		t.Errorf("the list %+v, %v; asked about %q", list, err, asked)
	}

	// Who signs in then is signed in, by a clock that is a little behind too.
	w.loads(t, w.signedIn(t, "alice\x00").ID())
	moment = w.clock.Now().Add(59*time.Second + 999_999)
	w.loads(t, w.signedIn(t, "alice\x00").ID())
	moment = w.clock.Now().Add(time.Minute)
	w.dead(t, w.signedIn(t, "alice\x00").ID())
	moment = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	w.dead(t, w.signedIn(t, "alice\x00").ID())

	moment = time.Time{}
	s = w.signedIn(t, "alice\x00")
	down = errDown
	_, err := w.Load(w.ctx, s.ID())
	failsWith(t, err, sessions.ErrStore)
	failsWith(t, w.SignIn(w.ctx, w.New(cart{}), "alice\x00", "", cart{}), sessions.ErrStore)
	_, err = w.List(w.ctx, "alice\x00")
	failsWith(t, err, sessions.ErrStore)
	for _, class := range []error{sessions.ErrNoSession, sessions.ErrConflict, sessions.ErrSubject} {
		down = class
		_, err = w.Load(w.ctx, s.ID())
		failsWith(t, err, sessions.ErrStore)
	}
	down = nil
	w.loads(t, s.ID())
}
