package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/redistest"
	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions"
)

// A load is what users do to a Manager while Redis fails, and what must hold of it then.
type load struct {
	t       *testing.T
	manager *sessions.Manager[value]
	timeout time.Duration // of each call

	elsewhere *sync.Map // time.Time by subject; nil: no moments are kept outside Redis

	users []*user
	stop  chan struct{}
	done  sync.WaitGroup

	calls, failures atomic.Int64 // of the store, told as such
	slowest         atomic.Int64 // nanoseconds of a call
	lost            atomic.Int64 // sessions that are gone although nobody has ended them
	back            atomic.Int64 // sessions that are there although somebody has ended them
	older           atomic.Int64 // sessions whose last Save is gone although it was acknowledged
	foreign         atomic.Int64 // sessions of somebody else
}

// A value says whose session it is, and how often it was saved.
type value struct {
	Owner string `json:"owner"`
	Saved int    `json:"saved"`
}

// A user is a goroutine with sessions of its own, of which it knows what must be.
type user struct {
	*load
	name  string
	alive map[string]int // by ID: how often it was saved at least
	dead  []string       // ended, and that was acknowledged
}

const users = 8

// ring is the keyring of all tests.
func ring(t testing.TB) *sealring.Keyring {
	t.Helper()
	r, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newLoad(t *testing.T, c redis.UniversalClient, o *redisstore.Options) *load {
	t.Helper()
	l := &load{t: t, timeout: 2 * time.Second}
	var err error
	l.manager, err = sessions.New[value](ring(t), newStore(t, c, o), &sessions.Options{RevokedBefore: l.revokedBefore})
	if err != nil {
		t.Fatal(err)
	}
	for i := range users {
		l.users = append(l.users, &user{load: l, name: fmt.Sprintf("user %d", i), alive: map[string]int{}})
	}
	return l
}

// revokeElsewhere keeps the moments of revocations outside Redis too.
func (l *load) revokeElsewhere() { l.elsewhere = new(sync.Map) }

func (l *load) revokedBefore(_ context.Context, subject string) (time.Time, error) {
	if l.elsewhere != nil {
		if at, ok := l.elsewhere.Load(subject); ok {
			return at.(time.Time), nil
		}
	}
	return time.Time{}, nil
}

// begin lets the users do what they do, until end.
func (l *load) begin() {
	l.stop = make(chan struct{})
	for _, u := range l.users {
		l.done.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
					u.act()
				}
			}
		})
	}
}

func (l *load) end() {
	close(l.stop)
	l.done.Wait()
}

// during runs something in mid-load.
func (l *load) during(f func()) {
	l.begin()
	time.Sleep(150 * time.Millisecond)
	f()
	time.Sleep(150 * time.Millisecond)
	l.end()
}

// call calls the manager, and returns its error: nil, ErrStore or ErrNoSession. Any other is a failure of the test.
func (l *load) call(f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	began := time.Now()
	err := f(ctx)
	took := int64(time.Since(began))
	for slowest := l.slowest.Load(); took > slowest && !l.slowest.CompareAndSwap(slowest, took); {
		slowest = l.slowest.Load()
	}
	l.calls.Add(1)
	switch {
	case err == nil || errors.Is(err, sessions.ErrNoSession) && !errors.Is(err, sessions.ErrStore):
	case errors.Is(err, sessions.ErrStore):
		l.failures.Add(1)
	default:
		l.t.Errorf("an error of another class: %v", err)
	}
	return err
}

// act does one thing, at random.
func (u *user) act() {
	switch n := rand.IntN(100); {
	case n < 25 || len(u.alive) == 0:
		u.signIn()
	case n < 75:
		u.use(u.any())
	case n < 88:
		u.signOut(u.any())
	case n < 90:
		u.signOutEverywhere()
	case len(u.dead) > 0:
		u.checkDead(u.dead[rand.IntN(len(u.dead))])
	}
}

// any returns one of the sessions that are alive.
func (u *user) any() string {
	for id := range u.alive {
		return id
	}
	return ""
}

func (u *user) signIn() {
	s := u.manager.New(value{})
	err := u.call(func(ctx context.Context) error {
		return u.manager.SignIn(ctx, s, u.name, "a test", value{Owner: u.name})
	})
	if err == nil {
		u.alive[s.ID()] = 0
	}
}

// use loads a session and saves it.
func (u *user) use(id string) {
	s := u.load1(id)
	if s == nil {
		return
	}
	v := s.Value()
	v.Saved++
	s.Set(v)
	err := u.call(func(ctx context.Context) error { return u.manager.Save(ctx, s) })
	switch {
	case err == nil:
		u.alive[id] = v.Saved
	case errors.Is(err, sessions.ErrNoSession):
		delete(u.alive, id)
		u.lost.Add(1)
	}
}

// load1 loads a session that is alive, nil if it cannot be had.
func (u *user) load1(id string) *sessions.Session[value] {
	var s *sessions.Session[value]
	err := u.call(func(ctx context.Context) (err error) {
		s, err = u.manager.Load(ctx, id)
		return err
	})
	switch {
	case errors.Is(err, sessions.ErrNoSession):
		delete(u.alive, id)
		u.lost.Add(1)
		return nil
	case err != nil:
		return nil
	}
	// A Save whose answer was lost may have had its effect.
	switch v := s.Value(); {
	case v.Owner != u.name || s.Subject() != u.name:
		u.foreign.Add(1)
	case v.Saved < u.alive[id]:
		u.older.Add(1)
		u.alive[id] = v.Saved
	}
	return s
}

func (u *user) signOut(id string) {
	s := u.load1(id)
	if s == nil {
		return
	}
	err := u.call(func(ctx context.Context) error { return u.manager.Invalidate(ctx, s) })
	delete(u.alive, id) // after an error nobody knows
	if err == nil {
		u.dead = append(u.dead, id)
	}
}

func (u *user) signOutEverywhere() {
	if u.elsewhere != nil {
		u.elsewhere.Store(u.name, time.Now())
	}
	err := u.call(func(ctx context.Context) error { return u.manager.InvalidateSubject(ctx, u.name) })
	for id := range u.alive {
		if err == nil {
			u.dead = append(u.dead, id)
		}
	}
	clear(u.alive)
}

// checkDead checks that a session that was ended is not there.
func (u *user) checkDead(id string) {
	err := u.call(func(ctx context.Context) error {
		_, err := u.manager.Load(ctx, id)
		return err
	})
	if err == nil {
		u.back.Add(1)
	}
}

// audit looks at every session that there was, when Redis works again, and says what it has found. None may have come back
// or be another one's.
func (l *load) audit() {
	l.t.Helper()
	// After many failures a pool of go-redis tries the server once a second.
	redistest.Eventually(l.t, "the client works", func() error {
		if _, err := l.manager.Load(l.t.Context(), hash(0)); !errors.Is(err, sessions.ErrNoSession) {
			return err
		}
		return nil
	})
	failures := l.failures.Load()
	kept, dead := 0, 0
	for _, u := range l.users {
		for id := range u.alive {
			if s := u.load1(id); s != nil {
				kept++
			}
		}
		for _, id := range u.dead {
			u.checkDead(id)
			dead++
		}
	}
	l.t.Logf("%d calls, %d errors of the store, slowest %v; %d sessions alive, %d lost, %d older; %d ended, %d back; %d foreign",
		l.calls.Load(), failures, time.Duration(l.slowest.Load()).Round(time.Millisecond), kept, l.lost.Load(), l.older.Load(), dead, l.back.Load(), l.foreign.Load())
	if l.failures.Load() != failures {
		l.t.Error("Redis does not work again")
	}
	if l.foreign.Load() > 0 {
		l.t.Error("somebody has had a session that is not theirs")
	}
	if l.back.Load() > 0 {
		l.t.Error("a session that was ended has come back")
	}
	if kept == 0 || dead == 0 {
		l.t.Error("nothing was tested")
	}
}

// wantNoneLost checks that no session is lost, and no Save.
func (l *load) wantNoneLost() {
	l.t.Helper()
	if l.lost.Load() > 0 || l.older.Load() > 0 {
		l.t.Errorf("%d sessions are lost, %d older", l.lost.Load(), l.older.Load())
	}
}

// wantErrors checks that there were errors: otherwise the failure was none.
func (l *load) wantErrors() {
	l.t.Helper()
	if l.failures.Load() == 0 {
		l.t.Error("there was no error")
	}
}
