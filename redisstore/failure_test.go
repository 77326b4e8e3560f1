package redisstore_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/internal/redistest"
	"github.com/sealring/sealring/sessions"
)

// The failures of a real Redis. Throughout: no panic, no forged or foreign session, no session that was ended comes back,
// and an error is an error and never "no session".

// kill -9 and a restart lose nothing that was acknowledged where every write is on disk before it is.
func TestKilled(t *testing.T) {
	server, c := start(t, "--appendonly", "yes", "--appendfsync", "always")
	// As go-redis is by default it tries again for longer than the restart takes; here it does not.
	impatient := clientOf(t, server, func(o *redis.Options) { o.MaxRetries, o.DialerRetries = -1, 1 })
	for _, c := range []*redis.Client{c, impatient} {
		l := newLoad(t, c, nil)
		for range 2 {
			l.during(func() {
				server.Kill()
				time.Sleep(50 * time.Millisecond)
				server.Run()
			})
		}
		redistest.Eventually(t, "the client works", func() error { return c.Ping(t.Context()).Err() })
		l.during(func() {})
		l.audit()
		l.wantNoneLost()
		if c == impatient {
			l.wantErrors()
		}
	}
}

// A user whose permissions are taken away is told so, and loses nothing.
func TestACLTakenAway(t *testing.T) {
	server, c := startSecured(t)
	l := newLoad(t, c, nil)
	for _, less := range [][]string{{"-@all"}, {"resetkeys"}, {"-getrange"}, {"-get"}, {"-eval", "-evalsha"}, {"off"}, {"resetpass"}} {
		l.during(func() {
			server.Do(append([]string{"ACL", "SETUSER", "sessions"}, less...)...)
			server.Try("CLIENT", "KILL", "USER", "sessions")
			time.Sleep(30 * time.Millisecond)
			server.Do(rule(t)...)
		})
	}
	l.audit()
	l.wantNoneLost()
	l.wantErrors()
}

// A Redis without memory says so, and what ends sessions works all the same.
func TestOutOfMemory(t *testing.T) {
	server, c := start(t)
	l := newLoad(t, c, nil)
	l.during(func() {
		server.Do("CONFIG", "SET", "maxmemory", "1")
		time.Sleep(100 * time.Millisecond)
		server.Do("CONFIG", "SET", "maxmemory", "0")
	})
	l.wantErrors()

	s, ctx := newStore(t, c, nil), t.Context()
	mustSave(t, s, id(1), 0, record(1))
	mustEnter(t, s, id(2), id(1), time.Now(), inAnHour())
	server.Do("CONFIG", "SET", "maxmemory", "1")
	for _, call := range calls {
		err := call.do(ctx, s)
		switch call.name {
		case "create", "save", "enter":
			if !redis.IsOOMError(err) && !strings.Contains(errText(err), "OOM ") {
				t.Errorf("%s: %v", call.name, err)
			}
		default:
			if err != nil {
				t.Errorf("%s: %v", call.name, err)
			}
		}
	}
	u := l.users[0]
	for range min(3, len(u.alive)) {
		u.signOut(u.any())
	}
	failures := l.failures.Load()
	u.signOutEverywhere()
	if l.failures.Load() != failures {
		t.Error("nobody can be logged out")
	}
	server.Do("CONFIG", "SET", "maxmemory", "0")
	l.audit()
	l.wantNoneLost()
}

// What Redis evicts is no session any more. By volatile-ttl, what says that sessions are revoked goes after them. By
// allkeys-lru it may go before, and a session that was not listed any more either is back then, unless the moment is kept
// elsewhere, too.
func TestEvicted(t *testing.T) {
	for _, policy := range []string{"volatile-ttl", "allkeys-lru"} {
		t.Run(policy, func(t *testing.T) {
			server, c := start(t)
			l := newLoad(t, c, nil)
			if policy == "allkeys-lru" {
				l.revokeElsewhere()
			}
			l.during(func() {
				used, err := strconv.Atoi(field(server.Do("INFO", "memory"), "used_memory"))
				if err != nil {
					t.Fatal(err)
				}
				server.Do("CONFIG", "SET", "maxmemory-policy", policy)
				server.Do("CONFIG", "SET", "maxmemory", strconv.Itoa(used+100_000))
				for i := range 200 {
					// Of other users, that would live longest.
					c.Set(context.Background(), "other:"+strconv.Itoa(i), strings.Repeat("x", 1000), 1000*time.Hour)
				}
			})
			server.Do("CONFIG", "SET", "maxmemory", "0")
			l.audit()
			if l.lost.Load() == 0 {
				t.Error("nothing was evicted")
			}
			t.Logf("%s keys were evicted", field(server.Do("INFO", "stats"), "evicted_keys"))
		})
	}
}

// field is a field of what INFO says.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// A Redis that is slow costs as long as the context has, and the error says why.
func TestSlow(t *testing.T) {
	server, c := start(t)
	s := newStore(t, c, nil)
	for _, call := range calls {
		if err := call.do(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	server.Do("CLIENT", "PAUSE", "500", "ALL") // which heeds no UNPAUSE either
	for _, call := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		began := time.Now()
		err := call.do(ctx, s)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > time.Second {
			t.Errorf("%s: %v after %v", call.name, err, took)
		}
		cancel()
	}
	server.Do("PING")

	l := newLoad(t, c, nil)
	l.timeout = 40 * time.Millisecond
	for range 3 {
		l.during(func() { server.Do("CLIENT", "PAUSE", "100", "ALL") })
	}
	l.timeout = time.Second
	l.audit()
	l.wantNoneLost()
	l.wantErrors()
}

// A full disk ends a server that must have every write on it; nothing that was acknowledged is lost.
func TestDiskFull(t *testing.T) {
	server := redistest.Start(t, redistest.Options{
		Args:    []string{"--appendonly", "yes", "--appendfsync", "always"},
		MaxFile: 600,
	})
	l := newLoad(t, clientOf(t, server, nil), nil)
	l.begin()
	redistest.Eventually(t, "the disk is full", func() error {
		if _, err := server.Try("PING"); err == nil {
			return errors.New("the server runs")
		}
		return nil
	})
	l.end()
	server.Kill()
	if log, _ := os.ReadFile(filepath.Join(server.Dir, "redis.log")); !strings.Contains(string(log), "AOF write error") {
		t.Errorf("the disk was not full:\n%s", log)
	}
	server.Unlimit()
	server.Run()
	l.during(func() {})
	l.audit()
	l.wantNoneLost()
	l.wantErrors()
}

// With everysec the server goes on, refuses to write, and recovers by itself when there is space.
func TestDiskFullEverySecond(t *testing.T) {
	server := redistest.Start(t, redistest.Options{
		Args:    []string{"--appendonly", "yes", "--appendfsync", "everysec"},
		MaxFile: 600,
	})
	c := clientOf(t, server, nil)
	l := newLoad(t, c, nil)
	l.begin()
	s := newStore(t, c, nil)
	redistest.Eventually(t, "the disk is full", func() error {
		_, err := s.Save(t.Context(), fresh(), 0, record(1), inAnHour())
		if !redis.HasErrorPrefix(err, "MISCONF") {
			return errors.New("the server writes")
		}
		return nil
	})
	for _, call := range calls {
		// Where Save finds another version there is nothing to write.
		if err := call.do(t.Context(), s); (err != nil) != call.writes && call.name != "save" {
			t.Errorf("%s: %v", call.name, err)
		}
	}
	if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(server.Pid()), "--fsize=unlimited").CombinedOutput(); err != nil {
		t.Fatalf("prlimit: %v: %s", err, out)
	}
	redistest.Eventually(t, "there is space", func() error {
		_, err := s.Save(t.Context(), fresh(), 0, record(1), inAnHour())
		return err
	})
	l.end()
	l.audit()
	l.wantNoneLost()
	l.wantErrors()
}

// A clock that steps back by an hour brings nothing back that was ended, and nothing that has expired by the clock of the
// program.
func TestClockBack(t *testing.T) {
	libraries, _ := filepath.Glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
	if len(libraries) == 0 {
		t.Fatal("missing: libfaketime (Debian: faketime); make redis installs it for root")
	}
	// Without the malloc of the C library before that of jemalloc, the one needs the clock before there is one.
	libc := filepath.Join(filepath.Dir(filepath.Dir(libraries[0])), "libc.so.6")
	clock := filepath.Join(t.TempDir(), "clock")
	set := func(offset string) {
		t.Helper()
		if err := os.WriteFile(clock+".new", []byte(offset), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(clock+".new", clock); err != nil {
			t.Fatal(err)
		}
	}
	set("+0")
	server := redistest.Start(t, redistest.Options{Env: []string{
		"LD_PRELOAD=" + libraries[0] + ":" + libc, "FAKETIME_TIMESTAMP_FILE=" + clock, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
	}})
	c := clientOf(t, server, nil)
	l := newLoad(t, c, nil)
	short, err := sessions.New[value](ring(t), newStore(t, c, nil), &sessions.Options{Idle: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	expiring, err := short.Create(t.Context(), value{})
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(t, c, nil)
	at := millis(time.Now())
	mustRevoke(t, s, id(1), at, inAnHour())

	l.during(func() { set("-3600") })
	if back := time.Since(c.Time(t.Context()).Val()).Round(time.Minute); back != time.Hour {
		t.Fatalf("the clock is %v back", back)
	}
	time.Sleep(200 * time.Millisecond)
	if _, err := short.Load(t.Context(), expiring.ID()); !errors.Is(err, sessions.ErrNoSession) {
		t.Errorf("expired: %v", err)
	}
	if got := mustRevoke(t, s, id(1), at.Add(-time.Hour), time.Now().Add(-time.Minute)); got.Before(at) {
		t.Errorf("revoked before %v, was %v", got, at)
	}
	if begins := mustEnter(t, s, id(1), id(2), at, inAnHour()); !begins.After(at) {
		t.Errorf("begins %v", begins)
	}
	l.audit()
	l.wantNoneLost()
	set("+0")
	l.during(func() {})
	l.audit()
	l.wantNoneLost()
}
