package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// FuzzTampered puts bytes of another hand where a Store has its own. No method panics; a record is what it was, up to its
// limit; a moment is a moment or an error, and as text the one that it is; a listing has sessions alone.
func FuzzTampered(f *testing.F) {
	f.Add([]byte(""), 0.0)
	f.Add([]byte("1700000000000"), 1e13)              // a moment, and an expiry
	f.Add([]byte("01700000000000"), -1700000000000.0) // not canonical, and a beginning
	f.Add([]byte("1e12"), 1e300)
	f.Add([]byte("999999999999999"), -1e15)
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x01record"), 0.5)
	f.Add([]byte(strings.Repeat("-", 33)), -0.5)
	f.Add([]byte(strings.Repeat("a", 32)), 1e13)
	_, c := start(f)
	s := newStore(f, c, nil)
	listed, revoked := "sealring:subject:{"+hash(2)+"}:listed", "sealring:subject:{"+hash(2)+"}:revoked"
	f.Fuzz(func(t *testing.T, bytes []byte, score float64) {
		ctx := t.Context()
		c.Set(ctx, "sealring:session:"+hash(1), bytes, time.Hour)
		c.Set(ctx, revoked, bytes, time.Hour)
		c.Del(ctx, listed)
		c.ZAdd(ctx, listed, redis.Z{Score: score, Member: bytes}, redis.Z{Score: score, Member: "-" + string(bytes)})

		if got := mustLoad(t, s, id(1)); string(got) != string(bytes) {
			t.Errorf("record %q, want %q", got, bytes)
		}
		before, err := s.Revoked(ctx, id(2))
		if err == nil && (before.UnixMilli() < 1 || before.UnixMilli() >= 1e15) {
			t.Errorf("revoked before %v", before)
		}
		ids, err2 := s.List(ctx, id(2))
		if err2 != nil || len(ids) > 2 {
			t.Errorf("%d listed, %v", len(ids), err2)
		}
		for _, id := range ids {
			if got := string(id[:]); got != string(bytes) && got != "-"+string(bytes) {
				t.Errorf("%q is listed", got)
			}
		}
		begins, err3 := s.Enter(ctx, id(2), id(1), time.UnixMilli(5), inAnHour())
		if (err3 == nil) != (err == nil) {
			t.Errorf("moment %v in Go, %v in a script", err, err3)
		}
		if err3 == nil && begins.Before(before) {
			t.Errorf("begins %v, revoked before %v", begins, before)
		}
		again, err4 := s.Revoke(ctx, id(2), time.UnixMilli(7), inAnHour())
		if err4 == nil && (err != nil || again.Before(before) || again.Before(begins)) {
			t.Errorf("revoked before %v, was %v, %v", again, before, err)
		}
		if err4 == nil {
			if got := mustRevoked(t, s, id(2)); !got.Equal(again) {
				t.Errorf("revoked before %v, want %v", got, again)
			}
		}
		for _, call := range calls {
			call.do(ctx, s)
		}
	})
}
