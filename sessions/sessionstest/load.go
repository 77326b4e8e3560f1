package sessionstest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions"
)

// A subject with 10,000 sessions can list them and log out of all.
func testManySessions(k *kit) {
	n := 10_000
	if testing.Short() {
		n = 500
	}
	m := k.manager(k.Store)
	subject, other := name("many"), name("other")
	bystander := k.signedIn(m, other)
	made := make([]*sessions.Session[Value], n)
	at(callers, func(caller int) {
		for i := caller; i < n; i += callers {
			made[i] = m.New(Value{})
			if err := m.SignIn(k.ctx, made[i], subject, "label", Value{subject, i}); err != nil {
				k.Errorf("sign-in %d: %v", i, err)
				return
			}
		}
	})
	if k.Failed() {
		return
	}
	list, err := m.List(k.ctx, subject)
	if err != nil || len(list) != n {
		k.Fatalf("%d of %d sessions are listed (%v)", len(list), n, err)
	}
	before := k.size()
	k.must(m.InvalidateSubject(k.ctx, subject))
	for i := 0; i < n; i += 1 + n/100 {
		k.dead(m, made[i].ID())
		k.has(hash(made[i].ID()), nil)
	}
	if list, err := m.List(k.ctx, subject); err != nil || len(list) != 0 {
		k.Fatalf("%d sessions are listed after a logout everywhere (%v)", len(list), err)
	}
	if after := k.size(); k.Size != nil && after > before-n {
		k.Errorf("the store had %d things and has %d after a logout of %d sessions", before, after, n)
	}
	k.loads(m, bystander.ID())
}

// A reading is a store that counts what is not reading.
type reading struct {
	sessions.Store
	loads, others atomic.Int64
}

func (r *reading) Load(ctx context.Context, ids ...[32]byte) ([][]byte, error) {
	r.loads.Add(1)
	return r.Store.Load(ctx, ids...)
}

func (r *reading) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	r.others.Add(1)
	return r.Store.Save(ctx, id, version, record, expires)
}

func (r *reading) Delete(ctx context.Context, id [32]byte, record []byte) (bool, error) {
	r.others.Add(1)
	return r.Store.Delete(ctx, id, record)
}

func (r *reading) Revoked(ctx context.Context, subject [32]byte) (time.Time, error) {
	r.others.Add(1)
	return r.Store.Revoked(ctx, subject)
}

// IDs that nobody was given cost one reading each, and leave nothing behind.
func testRandomIDs(k *kit) {
	n := k.IDs
	if n == 0 {
		n = 1_000_000
		if testing.Short() {
			n = 10_000
		}
	}
	store := &reading{Store: k.Store}
	m, heard := k.observed(store)
	size, memory := k.size(), inUse()
	at(callers, func(caller int) {
		var id [32]byte
		for i := caller; i < n; i += callers {
			rand.Read(id[:])
			s, err := m.Load(k.ctx, base64.RawURLEncoding.EncodeToString(id[:]))
			if s != nil || !errors.Is(err, sessions.ErrNoSession) {
				k.Errorf("Load of a random ID: %v, %v", s, err)
				return
			}
		}
	})
	if store.loads.Load() != int64(n) || store.others.Load() != 0 {
		k.Errorf("%d random IDs made %d loads and %d other calls", n, store.loads.Load(), store.others.Load())
	}
	if after := k.size(); after > size {
		k.Errorf("the store had %d things and has %d after %d random IDs", size, after, n)
	}
	const most = 16 << 20
	if after := inUse(); after > memory+most {
		k.Errorf("%d bytes of memory stay in use after %d random IDs", after-memory, n)
	}
	if e := heard.last(); e.Class != nil {
		k.Errorf("the observer heard %+v", e)
	}

	// What is no ID costs nothing at all.
	store.loads.Store(0)
	for _, id := range []string{"", "A", string(make([]byte, 43)), "../../dev/null", string(make([]byte, 8<<20))} {
		k.dead(m, id)
	}
	if store.loads.Load() != 0 {
		k.Error("text that is no ID reached the store")
	}
}

func inUse() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// A record of 100 MiB that somebody has written reads as no session, and is not copied over and over.
func testHugeRecord(k *kit) {
	size := 100 << 20
	if testing.Short() {
		size = 8 << 20
	}
	if k.MaxRecord > 0 && k.MaxRecord < size {
		k.Skip("the store takes no such record")
	}
	m, heard := k.observed(k.Store)
	s := k.signedIn(m, name())
	id := hash(s.ID())
	huge := make([]byte, size)
	copy(huge, k.load(id))
	k.plant(id, huge)
	defer k.Store.Delete(context.WithoutCancel(k.ctx), id, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	k.dead(m, s.ID())
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > uint64(3*size) {
		k.Errorf("reading a record of %d bytes allocates %d", size, n)
	}
	if e := heard.last(); e.Class == nil {
		k.Error("the observer heard nothing")
	}
}
