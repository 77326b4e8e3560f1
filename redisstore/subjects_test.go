package redisstore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/redisstore"
)

func mustEnter(t testing.TB, s *redisstore.Store, subject, id [32]byte, at, expires time.Time) time.Time {
	t.Helper()
	begins, err := s.Enter(t.Context(), subject, id, at, expires)
	if err != nil {
		t.Fatal(err)
	}
	return begins
}

func mustRevoke(t testing.TB, s *redisstore.Store, subject [32]byte, at, expires time.Time) time.Time {
	t.Helper()
	before, err := s.Revoke(t.Context(), subject, at, expires)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustRevoked(t, s, subject); !got.Equal(before) && expires.After(time.Now()) {
		t.Errorf("revoked before %v, and Revoke said %v", got, before)
	}
	return before
}

func mustRevoked(t testing.TB, s *redisstore.Store, subject [32]byte) time.Time {
	t.Helper()
	before, err := s.Revoked(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return before
}

// checkListed checks which sessions a subject has.
func checkListed(t testing.TB, s *redisstore.Store, subject [32]byte, want ...[32]byte) {
	t.Helper()
	got, err := s.List(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	compare := func(a, b [32]byte) int { return slices.Compare(a[:], b[:]) }
	slices.SortFunc(got, compare)
	slices.SortFunc(want, compare)
	if !slices.Equal(got, want) {
		t.Errorf("%d sessions are listed, want %d", len(got), len(want))
	}
}

func testSubjects(t *testing.T, c redis.UniversalClient) {
	s, ctx := ownStore(t, c), t.Context()
	alice, bob := id(-1), id(-2)
	now := millis(time.Now())

	checkListed(t, s, alice)
	if !mustRevoked(t, s, alice).IsZero() {
		t.Error("revoked from the start")
	}
	if begins := mustEnter(t, s, alice, id(1), now, inAnHour()); !begins.Equal(now) {
		t.Errorf("begins %v, want %v", begins, now)
	}
	mustEnter(t, s, alice, id(2), now, inAnHour())
	mustEnter(t, s, alice, id(2), now.Add(-time.Second), inAnHour()) // anew
	mustEnter(t, s, bob, id(3), now.Add(time.Minute), inAnHour())
	checkListed(t, s, alice, id(1), id(2))
	checkListed(t, s, bob, id(3))

	// Revoking covers what is listed, whenever it began, and nobody else's.
	if before := mustRevoke(t, s, alice, now.Add(-time.Hour), inAnHour()); !before.Equal(now) {
		t.Errorf("revoked before %v, want the beginning of the last session, %v", before, now)
	}
	if !mustRevoked(t, s, bob).IsZero() {
		t.Error("another one is revoked, too")
	}
	checkListed(t, s, alice, id(1), id(2))
	// It never becomes earlier, but later.
	if before := mustRevoke(t, s, alice, now.Add(-time.Minute), inAnHour()); !before.Equal(now) {
		t.Errorf("revoked before %v, want still %v", before, now)
	}
	later := now.Add(5 * time.Second)
	if before := mustRevoke(t, s, alice, later.Add(999*time.Microsecond), inAnHour()); !before.Equal(later) {
		t.Errorf("revoked before %v, want %v", before, later)
	}
	// Who signs in now begins after that.
	for _, at := range []time.Time{now, later, later.Add(999 * time.Microsecond)} {
		if begins := mustEnter(t, s, alice, id(4), at, inAnHour()); !begins.Equal(later.Add(time.Millisecond)) {
			t.Errorf("begins %v, want %v", begins, later.Add(time.Millisecond))
		}
	}
	if begins := mustEnter(t, s, alice, id(4), later.Add(time.Hour), inAnHour()); !begins.Equal(later.Add(time.Hour)) {
		t.Errorf("begins %v, want %v", begins, later.Add(time.Hour))
	}

	if err := s.Leave(ctx, alice, id(1), id(3), id(4)); err != nil {
		t.Fatal(err)
	}
	checkListed(t, s, alice, id(2))
	checkListed(t, s, bob, id(3))
	if err := s.Leave(ctx, alice); err != nil {
		t.Fatal(err)
	}
	// What has left does not count.
	if before := mustRevoke(t, s, alice, now, inAnHour()); !before.Equal(later) {
		t.Errorf("revoked before %v, want %v", before, later)
	}
}

// 10,000 sessions of one subject are listed, revoked and left.
func TestManySessions(t *testing.T) {
	_, c := start(t)
	s, ctx := newStore(t, c, nil), t.Context()
	const n = 10_000
	ids := make([][32]byte, n)
	now := millis(time.Now())
	key := "sealring:subject:{" + hash(-1) + "}:listed"
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range ids {
			ids[i] = id(i)
			p.ZAdd(ctx, key, redis.Z{Score: float64(inAnHour().UnixMilli()), Member: string(ids[i][:])},
				redis.Z{Score: float64(-now.Add(time.Duration(i) * time.Millisecond).UnixMilli()), Member: "-" + string(ids[i][:])})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkListed(t, s, id(-1), slices.Clone(ids)...)
	mustEnter(t, s, id(-1), id(n), now, inAnHour())
	if before := mustRevoke(t, s, id(-1), now, inAnHour()); !before.Equal(now.Add((n - 1) * time.Millisecond)) {
		t.Errorf("revoked before %v", before)
	}
	if err := s.Leave(ctx, id(-1), append(ids, id(n))...); err != nil {
		t.Fatal(err)
	}
	if left := c.Exists(ctx, key).Val(); left != 0 {
		t.Error("something is left")
	}
}

// A listing ends by itself, and is cleaned step by step. A moment is kept until the latest expiry.
func TestSubjectExpiry(t *testing.T) {
	_, c := start(t)
	s, ctx := newStore(t, c, nil), t.Context()
	listed, revoked := "sealring:subject:{"+hash(-1)+"}:listed", "sealring:subject:{"+hash(-1)+"}:revoked"
	at := func(key string) int64 { return c.PExpireTime(ctx, key).Val().Milliseconds() }
	now := time.Now()
	soon, later := now.Add(time.Hour), now.Add(2*time.Hour)

	for _, expires := range []time.Time{soon, later, soon} {
		mustEnter(t, s, id(-1), id(1), now, expires)
		mustRevoke(t, s, id(-1), now, expires)
	}
	if at(listed) != later.UnixMilli() || at(revoked) != later.UnixMilli() {
		t.Errorf("expire at %d and %d, want %d", at(listed), at(revoked), later.UnixMilli())
	}

	// A past expiry ends a listing, and does not end a moment that has a later one.
	moment := mustRevoked(t, s, id(-1))
	for _, past := range []time.Time{now.Add(-time.Second), {}, time.Unix(-1<<60, 0)} {
		mustEnter(t, s, id(-1), id(2), now, later)
		mustEnter(t, s, id(-1), id(2), now, past)
		checkListed(t, s, id(-1), id(1))
		mustRevoke(t, s, id(-1), now, past)
		if got := mustRevoked(t, s, id(-1)); got.Before(moment) {
			t.Errorf("revoked before %v, was %v", got, moment)
		}
		mustRevoke(t, s, id(-2), now, past)
		if got := mustRevoked(t, s, id(-2)); !got.IsZero() {
			t.Errorf("revoked before %v by what has expired", got)
		}
	}

	// 250 that have expired are gone after three more, the first of which cleans 100.
	for i := range 250 {
		c.ZAdd(ctx, listed, redis.Z{Score: float64(now.UnixMilli() - 1), Member: member(100 + i)},
			redis.Z{Score: -float64(now.UnixMilli()), Member: "-" + member(100+i)})
	}
	checkListed(t, s, id(-1), id(1))
	for i, want := range []int64{304, 106, 8} {
		mustEnter(t, s, id(-1), id(2+i), now, later)
		if got := c.ZCard(ctx, listed).Val(); got != want {
			t.Errorf("%d members after %d, want %d", got, i+1, want)
		}
	}
	checkListed(t, s, id(-1), id(1), id(2), id(3), id(4))

	soon = time.Now().Add(30 * time.Millisecond)
	mustEnter(t, s, id(-3), id(1), now, soon)
	mustRevoke(t, s, id(-3), now, soon)
	time.Sleep(time.Until(soon) + 5*time.Millisecond)
	checkListed(t, s, id(-3))
	if !mustRevoked(t, s, id(-3)).IsZero() {
		t.Error("revoked beyond the expiry")
	}
}

func member(n int) string {
	h := id(n)
	return string(h[:])
}

// Times from all of the calendar have their order, and the sums that are made of them are exact.
func TestMoments(t *testing.T) {
	_, c := start(t)
	s := newStore(t, c, nil)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
	for i, test := range []struct{ at, want time.Time }{
		{time.Time{}, time.UnixMilli(1)},
		{time.Unix(-1<<60, 0), time.UnixMilli(1)},
		{time.Unix(0, 0), time.UnixMilli(1)},
		{time.UnixMilli(2), time.UnixMilli(2)},
		{time.Unix(1700000000, 123999999), time.UnixMilli(1700000000123)},
		{last.Add(-time.Millisecond), last.Add(-time.Millisecond)},
		{last, last},
		{last.Add(time.Hour), last},
		{time.Unix(1<<60, 0), last},
	} {
		if begins := mustEnter(t, s, id(i), id(1), test.at, inAnHour()); !begins.Equal(test.want) {
			t.Errorf("%v: begins %v, want %v", test.at, begins, test.want)
		}
		if before := mustRevoke(t, s, id(i), time.Time{}, inAnHour()); !before.Equal(test.want) {
			t.Errorf("%v: revoked before %v, want %v", test.at, before, test.want)
		}
		for n := range 3 {
			want := test.want.Add(time.Duration(n+1) * time.Millisecond)
			if begins := mustEnter(t, s, id(i), id(20+n), test.at, inAnHour()); !begins.Equal(want) {
				t.Errorf("%v: begins anew %v, want %v", test.at, begins, want)
			}
			if before := mustRevoke(t, s, id(i), test.at, inAnHour()); !before.Equal(want) {
				t.Errorf("%v: revoked anew before %v, want %v", test.at, before, want)
			}
		}
	}
}

// What another hand has put where a moment must be is an error: to take it for nothing would be to take all sessions for
// valid.
func TestTamperedMoment(t *testing.T) {
	_, c := start(t)
	s, ctx := newStore(t, c, nil), t.Context()
	key := "sealring:subject:{" + hash(2) + "}:revoked"
	for _, text := range []string{"", "0", "-1", "01", "1.5", "1e12", "0x10", "inf", "nan", " 1", "1\n", "1\x00", "1000000000000000",
		"9223372036854775808", strings.Repeat("9", 1000)} {
		c.Set(ctx, key, text, time.Hour)
		for _, call := range calls {
			err := call.do(ctx, s)
			switch call.name {
			case "enter", "revoke", "revoked":
				if err == nil || !strings.Contains(err.Error(), "is not a moment") {
					t.Errorf("%.20q: %s: %v", text, call.name, err)
				}
			default:
				if err != nil {
					t.Errorf("%.20q: %s: %v", text, call.name, err)
				}
			}
		}
	}
}

// Members of a listing that are none are left out, and none of them makes a moment that is none.
func TestTamperedListing(t *testing.T) {
	_, c := start(t)
	s, ctx := newStore(t, c, nil), t.Context()
	key := "sealring:subject:{" + hash(-1) + "}:listed"
	mustEnter(t, s, id(-1), id(1), time.Now(), inAnHour())
	for i, score := range []string{"inf", "1e300", "1e15", "99999999999999"} {
		c.Do(ctx, "zadd", key, score, fmt.Sprintf("not a session %d", i))
		c.Do(ctx, "zadd", key, score, "-"+member(i))
	}
	checkListed(t, s, id(-1), id(1))
	mustRevoke(t, s, id(-1), time.Now(), inAnHour())
	for _, score := range []string{"-inf", "-1e300", "-1e15"} {
		c.Do(ctx, "zadd", key, score, "-"+member(9))
		if before, err := s.Revoke(ctx, id(-1), time.Now(), inAnHour()); err == nil {
			t.Errorf("%s: revoked before %v", score, before)
		}
		if err := s.Leave(context.WithoutCancel(ctx), id(-1), id(9)); err != nil {
			t.Error(err)
		}
	}
}
