package keyfile_test

import (
	"errors"
	"expvar"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

var _ expvar.Var = (*keyfile.Usage)(nil)

func TestUsage(t *testing.T) {
	now := at(1)
	heard := new(counter)
	u := &keyfile.Usage{Next: heard, Now: func() time.Time { return now }}
	if got, want := u.String(), `{"keys":{},"no_key":{}}`; got != want {
		t.Errorf("unused: %s", got)
	}
	for _, o := range []sealring.Opening{
		{KeyID: "a"}, {KeyID: "a", Stale: true}, {KeyID: "a", Class: sealring.ErrExpired},
		{KeyID: "b", Class: sealring.ErrBadSignature}, {KeyID: "b", Class: sealring.ErrUnknownKey},
		{Class: sealring.ErrUnknownKey}, {Class: sealring.ErrUnknownKey}, {Class: sealring.ErrMalformed},
		{Class: sealring.ErrBind}, {Legacy: true, Stale: true},
	} {
		u.Opened(o)
	}
	now = at(2)
	u.Opened(sealring.Opening{KeyID: "a", Class: sealring.ErrExpired})
	u.Opened(sealring.Opening{KeyID: "c"})
	const want = `{"keys":{"a":{"expired":2,"last_used":"2026-01-02T00:00:00.123Z","opened":2},` +
		`"b":{"bad_signature":1,"unknown_key":1},"c":{"last_used":"2026-01-03T00:00:00.123Z","opened":1}},` +
		`"no_key":{"last_used":"2026-01-02T00:00:00.123Z","malformed":1,"opened":1,"other":1,"unknown_key":2}}`
	if got := u.String(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if *heard != 12 {
		t.Errorf("the next observer heard %d openings", *heard)
	}
	for _, test := range []struct {
		id    string
		class error
		want  uint64
	}{
		{"a", nil, 2}, {"a", sealring.ErrExpired, 2}, {"a", sealring.ErrMalformed, 0}, {"b", nil, 0}, {"d", nil, 0},
		{"", sealring.ErrUnknownKey, 2}, {"", nil, 1}, {"", sealring.ErrBind, 1},
	} {
		if got := u.Count(test.id, test.class); got != test.want {
			t.Errorf("key %q, class %v: %d, want %d", test.id, test.class, got, test.want)
		}
	}
	for id, want := range map[string]time.Time{"a": at(1), "b": {}, "c": at(2), "d": {}} {
		if got := u.LastUsed(id); !got.Equal(want) {
			t.Errorf("key %s was last used at %v, want %v", id, got, want)
		}
	}
}

// Every class of opening has a name of its own.
func TestUsageKnowsEveryClass(t *testing.T) {
	for _, class := range []error{
		nil, sealring.ErrTooLarge, sealring.ErrMalformed, sealring.ErrUnsupportedVersion, sealring.ErrUnsupported,
		sealring.ErrRefused, sealring.ErrUnknownKey, sealring.ErrBadSignature, sealring.ErrNotYetValid, sealring.ErrExpired,
		sealring.ErrBadPayload,
	} {
		var u keyfile.Usage
		u.Opened(sealring.Opening{Class: class})
		if u.Count("", class) != 1 || u.Count("", sealring.ErrBind) != 0 {
			t.Errorf("%v is counted among others", class)
		}
	}
}

// IDs that strangers make up leave no trace, however many there are.
func TestUsageKeepsNoStrangersIDs(t *testing.T) {
	ring, err := sealring.NewKeyring(entry(t, 1).Key)
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := sealring.NewKeyring(entry(t, 2).Key)
	if err != nil {
		t.Fatal(err)
	}
	var u keyfile.Usage
	o := sealring.Options{NeverExpires: true, Observer: &u, Now: later}
	codec, err := sealring.NewCodec[int](ring, "test", &o)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := sealring.NewCodec[int](strangers, "test", &o)
	if err != nil {
		t.Fatal(err)
	}
	token, err := foreign.Seal(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Open(token); !errors.Is(err, sealring.ErrUnknownKey) {
		t.Fatal(err)
	}
	if got, want := u.String(), `{"keys":{},"no_key":{"unknown_key":1}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestUsageAllocatesNothing(t *testing.T) {
	var u keyfile.Usage
	for _, o := range []sealring.Opening{
		{KeyID: "a"}, {KeyID: "a", Class: sealring.ErrExpired}, {Class: sealring.ErrMalformed}, {Class: sealring.ErrBind},
	} {
		u.Opened(o)
		if n := testing.AllocsPerRun(100, func() { u.Opened(o) }); n != 0 {
			t.Errorf("%+v: %v allocations", o, n)
		}
	}
}

func TestUsageLosesNoCount(t *testing.T) {
	var u keyfile.Usage
	const goroutines, openings = 64, 1000
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for n := range openings {
				u.Opened(sealring.Opening{KeyID: fmt.Sprint("key-", rand.N(20))})
				if n%100 == 0 {
					_ = u.String()
				}
			}
		})
	}
	group.Wait()
	var sum uint64
	for n := range 20 {
		sum += u.Count(fmt.Sprint("key-", n), nil)
	}
	if sum != goroutines*openings {
		t.Errorf("%d openings counted of %d", sum, goroutines*openings)
	}
}

func BenchmarkUsage(b *testing.B) {
	var u keyfile.Usage
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			u.Opened(sealring.Opening{KeyID: "key-1"})
		}
	})
}
