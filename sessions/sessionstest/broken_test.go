package sessionstest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/sealring/sealring/sessions"
)

// A broken is a memory store with the one fault that it is told, and none if that is "".
type broken struct {
	*sessions.MemoryStore
	fault string

	mu     sync.Mutex
	live   map[[32]byte]bool      // the records
	first  map[[32]byte]time.Time // the expiry of each record's first version
	shared map[[32]byte][]byte    // the very slices that were given
	before map[[32]byte]time.Time // moments that are kept in a wrong way
	expiry map[[32]byte]time.Time // when they are forgotten
}

func newBroken(fault string) *broken {
	return &broken{
		sessions.NewMemoryStore(nil), fault, sync.Mutex{}, map[[32]byte]bool{}, map[[32]byte]time.Time{}, map[[32]byte][]byte{},
		map[[32]byte]time.Time{}, map[[32]byte]time.Time{},
	}
}

func (b *broken) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.live)
}

func (b *broken) Load(ctx context.Context, ids ...[32]byte) ([][]byte, error) {
	records, err := b.MemoryStore.Load(ctx, ids...)
	switch b.fault {
	case "ended contexts find nothing":
		if err != nil {
			return make([][]byte, len(ids)), nil
		}
	case "records in another order":
		for i := range len(records) / 2 {
			records[i], records[len(records)-1-i] = records[len(records)-1-i], records[i]
		}
	case "empty records for absent ones":
		for i := range records {
			records[i] = append([]byte{}, records[i]...)
		}
	case "shares its slices":
		b.mu.Lock()
		defer b.mu.Unlock()
		for i, id := range ids {
			if records[i] != nil {
				records[i] = b.shared[id]
			}
		}
	case "remembers who asked":
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, id := range ids {
			b.live[id] = true
		}
	}
	return records, err
}

func (b *broken) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	past := !expires.After(time.Now())
	there, _ := b.MemoryStore.Load(context.Background(), id)
	is := uint64(0)
	if there[0] != nil {
		is = binary.BigEndian.Uint64(there[0])
	}
	overwrite := func(does bool) {
		if does {
			b.MemoryStore.Delete(ctx, id, nil)
			version = 0
		}
	}
	switch b.fault {
	case "saves over anything":
		overwrite(true)
	case "brings back what was deleted":
		overwrite(there[0] == nil)
	case "versions as floating-point numbers":
		overwrite(is > 0 && float64(is) == float64(version))
	case "versions of 32 bits":
		overwrite(is > 0 && uint32(is) == uint32(version) && version > 0)
	case "versions as signed numbers that are not smaller":
		overwrite(is > 0 && version > 0 && int64(version) >= int64(is))
	case "looks first and writes then":
		overwrite(is == version)
		time.Sleep(time.Millisecond)
	case "stores for ever what is past":
		if past {
			expires = time.Now().Add(time.Hour)
		}
	case "refuses what is past":
		if past {
			return false, nil
		}
	case "no expiry":
		if !past {
			expires = time.Now().Add(1000 * time.Hour)
		}
	case "the first expiry stays":
		b.mu.Lock()
		if version == 0 {
			b.first[id] = expires
		} else if !past {
			expires = b.first[id]
		}
		b.mu.Unlock()
	case "forgets what expired before":
		b.mu.Lock()
		if first := b.first[id]; version == 0 {
			b.first[id] = expires
		} else if is == version {
			time.AfterFunc(time.Until(first), func() { b.MemoryStore.Delete(context.Background(), id, nil) })
		}
		b.mu.Unlock()
	case "changes what it is given":
		defer func() { record[len(record)-1]++ }()
	}
	saved, err := b.MemoryStore.Save(ctx, id, version, record, expires)
	if saved {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.shared[id], b.live[id] = record, true
		if past {
			delete(b.live, id)
		}
	}
	return saved, err
}

func (b *broken) Delete(ctx context.Context, id [32]byte, record []byte) (bool, error) {
	switch {
	case b.fault == "deletes whatever is there", b.fault == "empty is nil" && len(record) == 0:
		record = nil
	case b.fault == "compares versions only" && len(record) >= 8:
		if there, _ := b.MemoryStore.Load(ctx, id); bytes.HasPrefix(there[0], record[:8]) {
			record = nil
		}
	case b.fault == "deletes nothing" && record == nil:
		there, err := b.MemoryStore.Load(ctx, id)
		return there[0] != nil, err
	}
	deleted, err := b.MemoryStore.Delete(ctx, id, record)
	if deleted {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.live, id)
	}
	return deleted, err
}

func (b *broken) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (time.Time, error) {
	switch b.fault {
	case "listings stay":
		expires = time.Now().Add(1000 * time.Hour)
	case "rounds up":
		at = at.Add(time.Millisecond - 1)
	}
	begins, err := b.MemoryStore.Enter(ctx, subject, id, at, expires)
	switch b.fault {
	case "begins in spite of a revocation":
		begins = time.UnixMilli(at.UnixMilli())
	case "carries what is listed past a revocation":
		if before, _ := b.MemoryStore.Revoked(ctx, subject); err == nil && !begins.After(before) {
			begins = before.Add(time.Millisecond)
		}
	case "begins as a revocation ends":
		if !begins.Equal(time.UnixMilli(at.UnixMilli())) {
			begins = begins.Add(-time.Millisecond)
		}
	}
	return begins, err
}

func (b *broken) Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error {
	switch {
	case b.fault == "everybody leaves":
		ids, _ = b.MemoryStore.List(ctx, subject)
	case b.fault == "one leaves" && len(ids) > 1:
		ids = ids[:1]
	case b.fault == "leaving deletes":
		for _, id := range ids {
			b.MemoryStore.Delete(ctx, id, nil)
		}
	}
	return b.MemoryStore.Leave(ctx, subject, ids...)
}

func (b *broken) List(ctx context.Context, subject [32]byte) ([][32]byte, error) {
	ids, err := b.MemoryStore.List(ctx, subject)
	if b.fault == "lists one page" {
		ids = ids[:min(len(ids), 100)]
	}
	return ids, err
}

func (b *broken) Revoke(ctx context.Context, subject [32]byte, at, expires time.Time) (time.Time, error) {
	before, err := b.MemoryStore.Revoke(ctx, subject, at, expires)
	if b.fault == "undercuts a moment" {
		before = time.UnixMilli(at.UnixMilli())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expiry[subject] = expires
	switch b.fault {
	case "the moment of the last caller", "what is listed is not covered":
		at = time.UnixMilli(at.UnixMilli())
		if old := b.before[subject]; b.fault == "what is listed is not covered" && old.After(at) {
			at = old
		}
		b.before[subject] = at
		return at, err
	case "revoking ends listings":
		ids, _ := b.MemoryStore.List(ctx, subject)
		b.MemoryStore.Leave(ctx, subject, ids...)
	}
	return before, err
}

func (b *broken) Revoked(ctx context.Context, subject [32]byte) (time.Time, error) {
	before, err := b.MemoryStore.Revoked(ctx, subject)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.fault {
	case "revokes nothing":
		return time.Time{}, err
	case "the last expiry of a moment":
		if expiry, ok := b.expiry[subject]; ok && !time.Now().Before(expiry) {
			return time.Time{}, err
		}
	case "the moment of the last caller", "what is listed is not covered":
		if own, ok := b.before[subject]; ok {
			return own, err
		}
	}
	return before, err
}
