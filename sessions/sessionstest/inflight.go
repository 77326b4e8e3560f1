package sessionstest

import (
	"errors"
	"slices"
	"sync"

	"github.com/sealring/sealring/sessions"
)

// Of saves of one version at the same time one wins, and the others hear of it.
func testConcurrentSaves(k *kit) {
	m := k.manager(k.Store)
	for range rounds {
		s := k.signedIn(m, name())
		loaded := make([]*sessions.Session[Value], callers)
		for i := range loaded {
			loaded[i] = k.loads(m, s.ID())
			loaded[i].Set(Value{"caller", i})
		}
		errs := make([]error, callers)
		at(callers, func(i int) { errs[i] = m.Save(k.ctx, loaded[i]) })
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner < 0:
				winner = i
			case !errors.Is(err, sessions.ErrConflict):
				k.Fatalf("Save %d: %v, beside %d which won", i, err, winner)
			}
		}
		if winner < 0 || k.loads(m, s.ID()).Value().N != winner {
			k.Fatalf("%d won, and the session has %v", winner, k.loads(m, s.ID()).Value())
		}
	}
}

// Of renewals of one session at the same time one wins, and there is one session in the end.
func testConcurrentRenewals(k *kit) {
	m := k.manager(k.Store)
	for range rounds {
		subject := name()
		s := k.signedIn(m, subject)
		loaded := make([]*sessions.Session[Value], callers)
		for i := range loaded {
			loaded[i] = k.loads(m, s.ID())
		}
		errs := make([]error, callers)
		at(callers, func(i int) { errs[i] = m.Renew(k.ctx, loaded[i]) })
		winners := 0
		for i, err := range errs {
			if err == nil {
				winners++
				k.loads(m, loaded[i].ID())
			} else {
				k.fails(err, sessions.ErrNoSession)
				k.dead(m, loaded[i].ID())
			}
		}
		k.dead(m, s.ID())
		if list, err := m.List(k.ctx, subject); winners != 1 || err != nil || len(list) != 1 {
			k.Fatalf("%d won, and there are the sessions %v (%v)", winners, list, err)
		}

		// Everybody saves and renews while the subject logs out.
		var group sync.WaitGroup
		group.Go(func() {
			if err := m.InvalidateSubject(k.ctx, subject); err != nil {
				k.Error(err)
			}
		})
		at(callers, func(i int) {
			if i%2 == 0 {
				m.Save(k.ctx, loaded[i])
			} else {
				m.Renew(k.ctx, loaded[i])
			}
		})
		group.Wait()
		for _, s := range loaded {
			k.dead(m, s.ID())
		}
		if list, err := m.List(k.ctx, subject); err != nil || len(list) != 0 {
			k.Fatalf("after a logout everywhere there are the sessions %v (%v)", list, err)
		}
	}
}

// operations are what a request may do with the session that it has.
func operations(k *kit, m *sessions.Manager[Value]) map[string]func(s *sessions.Session[Value]) error {
	return map[string]func(s *sessions.Session[Value]) error{
		"Save":  func(s *sessions.Session[Value]) error { return m.Save(k.ctx, s) },
		"Renew": func(s *sessions.Session[Value]) error { return m.Renew(k.ctx, s) },
		"SignIn": func(s *sessions.Session[Value]) error {
			return m.SignIn(k.ctx, s, s.Subject(), "label", Value{"again", 2})
		},
	}
}

// mostCalls is more than any operation makes.
const mostCalls = 20

// A logout before any call that an operation makes leaves nobody signed in whom the operation did not hand on.
func testInvalidationBetween(k *kit) {
	between := &hooked{Store: k.Store}
	m, direct := k.manager(between), (*sessions.Manager[Value])(nil)
	direct = m
	for what, operation := range operations(k, m) {
		for n := 1; n <= mostCalls; n++ {
			subject := name()
			s := k.signedIn(m, subject)
			old, elsewhere := s.ID(), k.loads(m, s.ID())
			between.before(n, func() { k.must(direct.Invalidate(k.ctx, elsewhere)) })
			err := operation(s)
			if len(between.hooks) > 0 {
				break // it makes fewer calls
			}
			k.dead(m, old)
			list, listErr := m.List(k.ctx, subject)
			k.must(listErr)
			want := 0
			if err == nil && what != "Save" {
				want = 1 // the old ID was dead already when the logout came
				k.loads(m, s.ID())
			} else if err != nil {
				k.fails(err, sessions.ErrNoSession)
			}
			if len(list) != want {
				k.Fatalf("%s, logout before call %d of %v: error %v, and the sessions %v", what, n, between.names, err, list)
			}
		}
	}
}

// A logout everywhere before any call that an operation makes ends it, but for a sign-in that begins after it.
func testRevocationBetween(k *kit) {
	between := &hooked{Store: k.Store}
	m := k.manager(between)
	for what, operation := range operations(k, m) {
		for n := 1; n <= mostCalls; n++ {
			subject := name()
			s := k.signedIn(m, subject)
			old := s.ID()
			entered := false
			between.before(n, func() {
				entered = slices.Contains(between.names[:n-1], "Enter")
				k.must(m.InvalidateSubject(k.ctx, subject))
			})
			err := operation(s)
			if len(between.hooks) > 0 {
				break
			}
			k.dead(m, old)
			list, listErr := m.List(k.ctx, subject)
			k.must(listErr)
			if len(list) > 0 && (what != "SignIn" || entered || err != nil) {
				k.Fatalf("%s, logout everywhere before call %d of %v: error %v, and the sessions %v",
					what, n, between.names, err, list)
			}
		}
	}
}
