package redisstore_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions"
)

func testRecords(t *testing.T, c redis.UniversalClient) {
	s, ctx := ownStore(t, c), t.Context()
	first, second, third := record(1), record(2), record(math.MaxUint64)

	if got := mustLoad(t, s, id(1)); got != nil {
		t.Errorf("%q where there is nothing", got)
	}
	if saved, err := s.Save(ctx, id(1), 1, second, inAnHour()); saved || err != nil {
		t.Errorf("saved over nothing: %v, %v", saved, err)
	}
	mustSave(t, s, id(1), 0, first)
	if saved, err := s.Save(ctx, id(1), 0, record(1), inAnHour()); saved || err != nil {
		t.Errorf("created twice: %v, %v", saved, err)
	}
	for _, version := range []uint64{2, 1 << 56, math.MaxUint64} {
		if saved, err := s.Save(ctx, id(1), version, third, inAnHour()); saved || err != nil {
			t.Errorf("saved over version %d: %v, %v", version, saved, err)
		}
	}
	if got := mustLoad(t, s, id(1)); !bytes.Equal(got, first) {
		t.Errorf("%q, want the first", got)
	}
	mustSave(t, s, id(1), 1, second)
	mustSave(t, s, id(1), 2, third)
	if got := mustLoad(t, s, id(1)); !bytes.Equal(got, third) {
		t.Errorf("%q, want the third", got)
	}
	mustSave(t, s, id(1), math.MaxUint64, first)

	for _, other := range [][]byte{third, {}, first[:len(first)-1], append(bytes.Clone(first), 0)} {
		if deleted, err := s.Delete(ctx, id(1), other); deleted || err != nil {
			t.Errorf("deleted as %q: %v, %v", other, deleted, err)
		}
	}
	if deleted, err := s.Delete(ctx, id(1), first); !deleted || err != nil {
		t.Errorf("deleted: %v, %v", deleted, err)
	}
	if deleted, err := s.Delete(ctx, id(1), first); deleted || err != nil {
		t.Errorf("deleted twice: %v, %v", deleted, err)
	}
	// What has been deleted does not come back.
	if saved, err := s.Save(ctx, id(1), 1, second, inAnHour()); saved || err != nil {
		t.Errorf("saved what was deleted: %v, %v", saved, err)
	}
	mustSave(t, s, id(1), 0, first)
	if deleted, err := s.Delete(ctx, id(1), nil); !deleted || err != nil {
		t.Errorf("deleted whatever it is: %v, %v", deleted, err)
	}
	if got := mustLoad(t, s, id(1)); got != nil {
		t.Errorf("%q is left", got)
	}
}

// Many records come in their order, also where every other one is missing and where they are of all slots.
func testLoadMany(t *testing.T, c redis.UniversalClient) {
	s := newStore(t, c, nil)
	const n = 1100 // more than a batch
	ids := make([][32]byte, n)
	want := make([][]byte, n)
	_, err := c.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range ids {
			ids[i] = id(i)
			if i%2 == 0 {
				want[i] = record(1)
				p.Set(t.Context(), "sealring:session:"+hash(i), want[i], time.Hour)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(t.Context(), ids...)
	if err != nil || len(got) != n {
		t.Fatalf("%d, %v", len(got), err)
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) || (got[i] == nil) != (want[i] == nil) {
			t.Fatalf("record %d is %q, want %q", i, got[i], want[i])
		}
	}
	if got, err := s.Load(t.Context()); len(got) != 0 || err != nil {
		t.Errorf("none: %d, %v", len(got), err)
	}
}

// The expiry is that of the last Save, in milliseconds, and one in the past ends a record at once.
func TestExpiry(t *testing.T) {
	_, c := start(t)
	s, ctx := newStore(t, c, nil), t.Context()
	key := "sealring:session:" + hash(1)
	expires := inAnHour()
	mustSave(t, s, id(1), 0, record(1))
	for i, want := range []time.Time{expires.Add(time.Hour), expires, expires.Add(999 * time.Microsecond)} {
		if saved, err := s.Save(ctx, id(1), uint64(i+1), record(uint64(i+2)), want); !saved || err != nil {
			t.Fatal(saved, err)
		}
		if got := c.PExpireTime(ctx, key).Val(); got != time.Duration(want.UnixMilli())*time.Millisecond {
			t.Errorf("expires at %v, want %v", got, want.UnixMilli())
		}
	}
	// Also what Redis would take as a year that is not.
	for _, far := range []time.Time{time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC), time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<60, 0)} {
		if saved, err := s.Save(ctx, id(2), 0, record(1), far); !saved || err != nil {
			t.Errorf("%v: %v, %v", far, saved, err)
		}
		if got, _ := c.Do(ctx, "pexpiretime", "sealring:session:"+hash(2)).Int64(); got != 253402300799999 {
			t.Errorf("%v: %d", far, got)
		}
		if deleted, err := s.Delete(ctx, id(2), nil); !deleted || err != nil {
			t.Error(deleted, err)
		}
	}
	for i, past := range []time.Time{time.Now().Add(-time.Millisecond), time.Unix(0, 0), time.Unix(-1, 0), {}, time.Unix(-1<<60, 0)} {
		if saved, err := s.Save(ctx, id(3), 0, record(1), past); !saved || err != nil {
			t.Errorf("%v: %v, %v", past, saved, err)
		}
		mustSave(t, s, id(4), 0, record(1))
		if saved, err := s.Save(ctx, id(4), 1, record(2), past); !saved || err != nil {
			t.Errorf("%v, over another: %v, %v", past, saved, err)
		}
		for _, n := range []int{3, 4} {
			if got := mustLoad(t, s, id(n)); got != nil {
				t.Errorf("%d: %v has not passed", i, past)
			}
		}
	}
	if n := c.DBSize(ctx).Val(); n != 1 {
		t.Errorf("%d keys are left", n)
	}

	soon := time.Now().Add(50 * time.Millisecond)
	if saved, err := s.Save(ctx, id(5), 0, record(1), soon); !saved || err != nil {
		t.Fatal(saved, err)
	}
	time.Sleep(time.Until(soon) + 5*time.Millisecond)
	if saved, err := s.Save(ctx, id(5), 1, record(2), inAnHour()); saved || err != nil {
		t.Errorf("an expired record was replaced: %v, %v", saved, err)
	}
}

// go-redis tries again when an answer is lost. Nothing has its effect twice, and nobody is told of a session that is not
// there, or that one is gone which is.
func TestLostAnswer(t *testing.T) {
	server, _ := start(t)
	l := new(line)
	s, ctx := newStore(t, clientOf(t, server, func(o *redis.Options) { o.Dialer = l.dialer(server) }), nil), t.Context()
	m, err := sessions.New[value](ring(t), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lose := range []int{0, 1} { // at first, the server gets the scripts
		session, err := m.Create(ctx, value{})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			session.Set(value{Saved: n})
			l.reset(lose)
			if err := m.Save(ctx, session); err != nil {
				t.Fatal(err)
			}
			if got, err := m.Load(ctx, session.ID()); err != nil || got.Value().Saved != n {
				t.Errorf("%v, %v", got, err)
			}
		}
		l.reset(lose)
		if err := m.Invalidate(ctx, session); err != nil {
			t.Error(err)
		}
		if _, err := m.Load(ctx, session.ID()); !errors.Is(err, sessions.ErrNoSession) {
			t.Error(err)
		}
		l.reset(lose)
		if session, err = m.Create(ctx, value{}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Load(ctx, session.ID()); err != nil {
			t.Error(err)
		}

		subject := id(lose)
		at := millis(time.Now())
		l.reset(lose)
		if before, err := s.Revoke(ctx, subject, at, inAnHour()); err != nil || !before.Equal(at) {
			t.Errorf("revoked before %v, %v", before, err)
		}
		l.reset(lose)
		if begins, err := s.Enter(ctx, subject, id(1), at, inAnHour()); err != nil || !begins.Equal(at.Add(time.Millisecond)) {
			t.Errorf("begins %v, %v", begins, err)
		}
		l.reset(lose)
		if err := s.Leave(ctx, subject, id(1)); err != nil {
			t.Error(err)
		}
		checkListed(t, s, subject)
	}
}

// Records have a size, of both ends; a larger one that another hand has put there is read no further, and can be deleted
// as what was read.
func TestRecordSize(t *testing.T) {
	_, c := start(t)
	s, ctx := newStore(t, c, &redisstore.Options{MaxRecord: 100}), t.Context()
	for _, size := range []int{0, 101} {
		if saved, err := s.Save(ctx, id(1), 0, make([]byte, size), inAnHour()); saved || err == nil {
			t.Errorf("saved %d bytes: %v, %v", size, saved, err)
		}
	}
	mustSave(t, s, id(1), 0, make([]byte, 100))

	key := "sealring:session:" + hash(2)
	c.Set(ctx, key, strings.Repeat("x", 100<<20), time.Hour)
	got := mustLoad(t, s, id(2))
	if len(got) != 101 {
		t.Fatalf("loaded %d bytes", len(got))
	}
	if deleted, err := s.Delete(ctx, id(2), got[:100]); deleted || err != nil {
		t.Errorf("deleted as a part: %v, %v", deleted, err)
	}
	if deleted, err := s.Delete(ctx, id(2), got); !deleted || err != nil {
		t.Errorf("deleted: %v, %v", deleted, err)
	}
	// What is shorter than a version can be deleted, too, but for an empty string: that is as good as nothing.
	for _, text := range []string{"x", "1234567"} {
		c.Set(ctx, key, text, time.Hour)
		if got := mustLoad(t, s, id(2)); string(got) != text {
			t.Errorf("loaded %q", got)
		}
		if deleted, err := s.Delete(ctx, id(2), []byte(text)); !deleted || err != nil {
			t.Errorf("deleted %q: %v, %v", text, deleted, err)
		}
	}
	c.Set(ctx, key, "", time.Hour)
	if got := mustLoad(t, s, id(2)); got != nil {
		t.Errorf("loaded %q", got)
	}
	if saved, err := s.Save(ctx, id(2), 0, record(1), inAnHour()); saved || err != nil {
		t.Errorf("saved over an empty string: %v, %v", saved, err)
	}
}

// A key of another type is an error and never "no session".
func TestWrongType(t *testing.T) {
	_, c := start(t)
	s, ctx := newStore(t, c, nil), t.Context()
	for _, call := range calls {
		c.FlushDB(ctx)
		for _, key := range []string{"session:" + hash(1), "subject:{" + hash(2) + "}:listed", "subject:{" + hash(2) + "}:revoked"} {
			c.LPush(ctx, "sealring:"+key, "x")
		}
		err := call.do(ctx, s)
		switch call.name {
		case "create", "delete whatever": // they look at nothing
			if err != nil {
				t.Errorf("%s: %v", call.name, err)
			}
		default:
			if !redis.HasErrorPrefix(err, "WRONGTYPE") {
				t.Errorf("%s: %v", call.name, err)
			}
		}
	}
	if saved, err := s.Save(ctx, id(1), 0, record(1), inAnHour()); saved || err != nil {
		t.Errorf("created over a list: %v, %v", saved, err)
	}
}

// Slices that are given are kept nowhere, and ones that are returned are the caller's.
func TestOwnership(t *testing.T) {
	_, c := start(t)
	s := newStore(t, c, nil)
	given := record(1)
	want := bytes.Clone(given)
	mustSave(t, s, id(1), 0, given)
	clear(given)
	got := mustLoad(t, s, id(1))
	if !bytes.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	clear(got)
	if got := mustLoad(t, s, id(1)); !bytes.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A server that has lost its scripts gets them again.
func TestScriptsFlushed(t *testing.T) {
	server, c := start(t)
	for _, s := range []*redisstore.Store{newStore(t, c, nil), newStore(t, c, &redisstore.Options{Prefix: "p:"})} {
		for _, call := range calls {
			server.Do("SCRIPT", "FLUSH")
			if err := call.do(t.Context(), s); err != nil {
				t.Errorf("%s: %v", call.name, err)
			}
		}
	}
}
