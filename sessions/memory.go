package sessions

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"
)

// A MemoryStore is a Store in the memory of the process: for a service of one node, whose sessions end with it, and for
// tests. It has no goroutine and nothing to close.
type MemoryStore struct {
	now    func() time.Time
	shards [shards]shard
}

var _ Store = (*MemoryStore)(nil)

const (
	// shards is how many parts a MemoryStore has, by the first byte of a hash, each under a lock of its own. So callers
	// seldom wait for one another, nor long for a sweep.
	shards = 64
	// sweepMin is how many writes a shard takes between sweeps at least.
	sweepMin = 64
)

// A shard has the records and subjects of some hashes. What has expired is treated as if it were not there. A sweep deletes
// it once there have been as many writes as the last one left things: so there is never more than what was alive at one
// time and as much again, and the cost of writing is, on the average, constant.
type shard struct {
	mu       sync.Mutex
	records  map[[32]byte]kept
	subjects map[[32]byte]*listed
	writes   int // since the last sweep
	left     int // by the last sweep
}

type kept struct {
	record  []byte
	expires int64
}

// A listed is what there is of a subject.
type listed struct {
	sessions       map[[32]byte]listing
	before, expiry int64 // of the revocation; an expiry of 0 means none
}

type listing struct{ begins, expires int64 }

// MemoryOptions are what a MemoryStore may be told; nil means the defaults.
type MemoryOptions struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// NewMemoryStore returns an empty store.
func NewMemoryStore(options *MemoryOptions) *MemoryStore {
	m := &MemoryStore{now: time.Now}
	if options != nil && options.Now != nil {
		m.now = options.Now
	}
	return m
}

// Len returns how many records, listings and subjects the store has, with those that have expired and not been swept yet.
func (m *MemoryStore) Len() (n int) {
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		n += len(s.records)
		for _, l := range s.subjects {
			n += 1 + len(l.sessions)
		}
		s.mu.Unlock()
	}
	return n
}

// lock returns the shard of a hash, locked, and the time.
func (m *MemoryStore) lock(hash [32]byte) (*shard, int64) {
	now := milliseconds(m.now())
	s := &m.shards[hash[0]%shards]
	s.mu.Lock()
	return s, now
}

// wrote counts a write, and sweeps if it is time.
func (s *shard) wrote(now int64) {
	if s.writes++; s.writes < max(sweepMin, s.left) {
		return
	}
	for id, k := range s.records {
		if k.expires <= now {
			delete(s.records, id)
		}
	}
	s.writes, s.left = 0, len(s.records)
	for subject, l := range s.subjects {
		for id, session := range l.sessions {
			if session.expires <= now {
				delete(l.sessions, id)
			}
		}
		if len(l.sessions) == 0 && l.expiry <= now {
			delete(s.subjects, subject)
		} else {
			s.left += 1 + len(l.sessions)
		}
	}
}

// get returns the record of an ID, nil if there is none.
func (s *shard) get(id [32]byte, now int64) []byte {
	if k, ok := s.records[id]; ok && now < k.expires {
		return k.record
	}
	return nil
}

// Load implements Store.
func (m *MemoryStore) Load(ctx context.Context, ids ...[32]byte) ([][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	records := make([][]byte, len(ids))
	for i, id := range ids {
		s, now := m.lock(id)
		records[i] = bytes.Clone(s.get(id, now))
		s.mu.Unlock()
	}
	return records, nil
}

// Save implements Store.
func (m *MemoryStore) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s, now := m.lock(id)
	defer s.mu.Unlock()
	old := s.get(id, now)
	if version == 0 && old != nil || version > 0 && (len(old) < versionSize || binary.BigEndian.Uint64(old) != version) {
		return false, nil
	}
	if until := milliseconds(expires); until <= now {
		delete(s.records, id)
	} else {
		if s.records == nil {
			s.records = map[[32]byte]kept{}
		}
		s.records[id] = kept{append([]byte{}, record...), until}
	}
	s.wrote(now)
	return true, nil
}

// Delete implements Store.
func (m *MemoryStore) Delete(ctx context.Context, id [32]byte, record []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s, now := m.lock(id)
	defer s.mu.Unlock()
	old := s.get(id, now)
	if old == nil || record != nil && !bytes.Equal(old, record) {
		return false, nil
	}
	delete(s.records, id)
	return true, nil
}

// subject returns what there is of a subject, making it if there is nothing.
func (s *shard) subject(subject [32]byte) *listed {
	l := s.subjects[subject]
	if l == nil {
		l = &listed{sessions: map[[32]byte]listing{}}
		if s.subjects == nil {
			s.subjects = map[[32]byte]*listed{}
		}
		s.subjects[subject] = l
	}
	return l
}

// Enter implements Store.
func (m *MemoryStore) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	s, now := m.lock(subject)
	defer s.mu.Unlock()
	l := s.subject(subject)
	begins := milliseconds(at)
	if old, ok := l.sessions[id]; ok && now < old.expires {
		begins = max(begins, old.begins)
	} else if now < l.expiry {
		begins = max(begins, l.before+1)
	}
	l.sessions[id] = listing{begins, milliseconds(expires)}
	s.wrote(now)
	return time.UnixMilli(begins), nil
}

// Leave implements Store.
func (m *MemoryStore) Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s, _ := m.lock(subject)
	defer s.mu.Unlock()
	if l := s.subjects[subject]; l != nil {
		for _, id := range ids {
			delete(l.sessions, id)
		}
	}
	return nil
}

// List implements Store.
func (m *MemoryStore) List(ctx context.Context, subject [32]byte) ([][32]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, now := m.lock(subject)
	defer s.mu.Unlock()
	var ids [][32]byte
	if l := s.subjects[subject]; l != nil {
		for id, session := range l.sessions {
			if now < session.expires {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// Revoke implements Store.
func (m *MemoryStore) Revoke(ctx context.Context, subject [32]byte, at, expires time.Time) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	s, now := m.lock(subject)
	defer s.mu.Unlock()
	l := s.subject(subject)
	before := milliseconds(at)
	if now < l.expiry {
		before = max(before, l.before)
	}
	for _, session := range l.sessions {
		if now < session.expires {
			before = max(before, session.begins)
		}
	}
	l.before, l.expiry = before, max(l.expiry, milliseconds(expires))
	s.wrote(now)
	return time.UnixMilli(before), nil
}

// Revoked implements Store.
func (m *MemoryStore) Revoked(ctx context.Context, subject [32]byte) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	s, now := m.lock(subject)
	defer s.mu.Unlock()
	if l := s.subjects[subject]; l != nil && now < l.expiry {
		return time.UnixMilli(l.before), nil
	}
	return time.Time{}, nil
}

// String says how many records there are, and nothing of them.
func (m *MemoryStore) String() string { return fmt.Sprintf("sessions in memory(%d)", m.Len()) }

// Format writes String, whatever the verb.
func (m *MemoryStore) Format(f fmt.State, _ rune) { io.WriteString(f, m.String()) }
