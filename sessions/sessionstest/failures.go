package sessionstest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sealring/sealring/sessions"
)

// A faulty is a store of which one call fails, before or after it took effect, or all from that one on.
type faulty struct {
	sessions.Store
	calls  int
	first  int // the call that fails, counted from 1; 0: none
	on     bool
	effect bool
	failed bool
	ended  bool // a Revoke or a Delete of whatever is there took effect
}

var errFaulty = errors.New("the suite lets this call fail")

// fail reports whether a call fails, and before or after its effect.
func (f *faulty) fail() (before, after bool) {
	f.calls++
	fails := f.first > 0 && (f.calls == f.first || f.on && f.calls > f.first)
	f.failed = f.failed || fails
	return fails && !f.effect, fails && f.effect
}

// call makes a call that may fail.
func call[R any](f *faulty, do func() (R, error)) (R, error) {
	before, after := f.fail()
	if before {
		return *new(R), errFaulty
	}
	r, err := do()
	if after {
		return *new(R), errFaulty
	}
	return r, err
}

func (f *faulty) Load(ctx context.Context, ids ...[32]byte) ([][]byte, error) {
	return call(f, func() ([][]byte, error) { return f.Store.Load(ctx, ids...) })
}

func (f *faulty) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	return call(f, func() (bool, error) { return f.Store.Save(ctx, id, version, record, expires) })
}

func (f *faulty) Delete(ctx context.Context, id [32]byte, record []byte) (bool, error) {
	return call(f, func() (bool, error) {
		deleted, err := f.Store.Delete(ctx, id, record)
		f.ended = f.ended || deleted && record == nil
		return deleted, err
	})
}

func (f *faulty) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (time.Time, error) {
	return call(f, func() (time.Time, error) { return f.Store.Enter(ctx, subject, id, at, expires) })
}

func (f *faulty) Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error {
	_, err := call(f, func() (struct{}, error) { return struct{}{}, f.Store.Leave(ctx, subject, ids...) })
	return err
}

func (f *faulty) List(ctx context.Context, subject [32]byte) ([][32]byte, error) {
	return call(f, func() ([][32]byte, error) { return f.Store.List(ctx, subject) })
}

func (f *faulty) Revoke(ctx context.Context, subject [32]byte, at, expires time.Time) (time.Time, error) {
	return call(f, func() (time.Time, error) {
		before, err := f.Store.Revoke(ctx, subject, at, expires)
		f.ended = f.ended || err == nil
		return before, err
	})
}

func (f *faulty) Revoked(ctx context.Context, subject [32]byte) (time.Time, error) {
	return call(f, func() (time.Time, error) { return f.Store.Revoked(ctx, subject) })
}

// A trial is an operation, and what must hold once it has returned, with or without an error.
type trial struct {
	name  string
	do    func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error
	check func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value], old string, err error)
}

// Whatever call fails, and whether it took effect: an error is told as one, a logout that is reported has happened, and no
// failed sign-in leaves anything behind that is signed in.
func testFailures(k *kit) {
	for _, trial := range []trial{
		{"Load", func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error {
			_, err := m.Load(k.ctx, s.ID())
			return err
		}, alive},
		{"List", func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error {
			_, err := m.List(k.ctx, s.Subject())
			return err
		}, alive},
		{"Save", func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error {
			s.Set(Value{"saved", 2})
			return m.Save(k.ctx, s)
		}, saved},
		{"Renew", func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error { return m.Renew(k.ctx, s) }, renewed},
		{"SignIn", func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error {
			return m.SignIn(k.ctx, s, s.Subject(), "label", Value{"signed in", 2})
		}, renewed},
		{"Invalidate", func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error {
			return m.Invalidate(k.ctx, s)
		}, ended},
		{"InvalidateOne", func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error {
			return m.InvalidateOne(k.ctx, s.Subject(), s.Handle())
		}, ended},
		{"InvalidateSubject", func(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value]) error {
			return m.InvalidateSubject(k.ctx, s.Subject())
		}, ended},
	} {
		for _, effect := range []bool{false, true} {
			for _, on := range []bool{false, true} {
				testFailure(k, trial, effect, on)
			}
		}
	}
}

func testFailure(k *kit, trial trial, effect, on bool) {
	for n := 1; n <= mostCalls; n++ {
		f := &faulty{Store: k.Store, effect: effect, on: on}
		m := k.manager(f)
		s := k.signedIn(m, name())
		old := s.ID()
		f.calls, f.first = 0, n
		err := trial.do(k, m, s)
		f.first = 0
		if !f.failed {
			k.must(err)
			return
		}
		if err != nil && (!errors.Is(err, sessions.ErrStore) || !errors.Is(err, errFaulty) || errors.Is(err, sessions.ErrNoSession)) {
			k.Fatalf("%s, call %d fails (effect %v): %v", trial.name, n, effect, err)
		}
		if f.ended && s.ID() == old && strings.HasPrefix(trial.name, "Invalidate") {
			k.dead(m, old) // whatever was told
		}
		trial.check(k, m, s, old, err)
	}
	k.Fatalf("%s makes more than %d calls", trial.name, mostCalls)
}

// alive: reading changes nothing.
func alive(k *kit, m *sessions.Manager[Value], _ *sessions.Session[Value], old string, _ error) {
	k.Helper()
	k.loads(m, old)
}

// saved: one of both values is there.
func saved(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value], old string, err error) {
	k.Helper()
	got := k.loads(m, old).Value()
	if got.N != 1 && got.N != 2 || err == nil && got.N != 2 {
		k.Fatalf("the session has %v after %v", got, err)
	}
	if err != nil { // saving again works, or says that it was saved
		if err := m.Save(k.ctx, s); err != nil {
			k.fails(err, sessions.ErrConflict)
		}
	}
}

// renewed: there is one session, under the new ID; or, after an error, none that anybody was told of but the old one.
func renewed(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value], old string, err error) {
	k.Helper()
	if err == nil {
		k.dead(m, old)
		k.loads(m, s.ID())
		return
	}
	if s.ID() != old || s.Value().N != 1 {
		k.Fatalf("the session has become another one in spite of %v", err)
	}
	got, err := m.Load(k.ctx, old)
	if err == nil && got.Value().N != 1 || err != nil && !errors.Is(err, sessions.ErrNoSession) {
		k.Fatalf("the old session: %v", err)
	}
}

// ended: a logout without an error has happened, and one with an error can be done again.
func ended(k *kit, m *sessions.Manager[Value], s *sessions.Session[Value], old string, err error) {
	k.Helper()
	if err != nil {
		k.must(m.InvalidateSubject(k.ctx, s.Subject()))
	}
	k.dead(m, old)
	if list, err := m.List(k.ctx, s.Subject()); err != nil || len(list) != 0 {
		k.Fatalf("the subject has the sessions %v (%v)", list, err)
	}
}
