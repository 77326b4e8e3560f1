package sealring

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

// A Keyring is the set of keys that codecs seal and open with. Of its keys one at a time is primary and seals: among the
// enabled ones whose SealFrom has come, the one with the latest. The others open what they once sealed, and what they
// will have sealed on nodes whose clock is ahead.
//
// A Keyring is safe for concurrent use. It prints as the IDs of its keys. The zero Keyring has no keys: it seals and
// opens nothing until Replace gives it some.
type Keyring struct {
	snapshot atomic.Pointer[snapshot]

	mu sync.Mutex // serializes Replace
	// known holds, of every ID the ring ever had, a hash that tells its secret from another.
	known map[string][sha256.Size]byte
}

// A snapshot is the content of a ring between two replacements. It never changes.
type snapshot struct {
	keys   []ringKey      // in the order in which they were given
	index  map[string]int // place in keys, by ID
	order  []int          // the enabled keys' places in keys, latest SealFrom first
	newest int            // the first of order, 0 if none is enabled
}

// A ringKey is a Key in the terms of the format: Unix milliseconds, with the ends of the range for a zero time.
type ringKey struct {
	Key
	sealFrom, openUntil int64
}

var noKeys = new(snapshot)

// load returns the ring's content as it is now.
func (r *Keyring) load() *snapshot {
	if s := r.snapshot.Load(); s != nil {
		return s
	}
	return noKeys
}

// opens reports whether the key opens at now.
func (k *ringKey) opens(now int64) bool { return !k.Disabled && now < k.openUntil }

// NewKeyring returns a ring of at least one key. It refuses, with ErrKeyring and an error that says what to do, keys
// without a valid ID or secret, IDs and secrets that are there twice, keys that close before they seal, and two enabled
// keys that are to become primary at the same time: then the ring could not tell which one seals. Times are not after the
// year 9999 and count in whole milliseconds; what is below that is cut off.
func NewKeyring(keys ...Key) (*Keyring, error) {
	r := new(Keyring)
	if err := r.Replace(keys...); err != nil {
		return nil, err
	}
	return r, nil
}

// Replace puts keys in the place of all that the ring has. Every codec of the ring follows at once. If the keys are
// refused, by the rules of NewKeyring or because an ID that the ring has had comes with another secret, the ring stays
// as it is. What Keys returns has no secrets and is refused: hand over keys from where they are kept. A program that
// reloads a ring document has more to check before, as package keyfile says under Reloading.
func (r *Keyring) Replace(keys ...Key) error {
	next, err := newSnapshot(keys)
	if err != nil {
		return err
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	hashes := make([][sha256.Size]byte, len(next.keys))
	for i, k := range next.keys {
		hashes[i] = sha256.Sum256(append([]byte("sealring keyring\x00"), k.Secret.bytes()[:]...))
		if old, ok := r.known[k.ID]; ok && old != hashes[i] {
			return failure.Keyring.With(fmt.Sprintf("key %s has had another secret; a new secret needs a new ID", k.ID))
		}
	}
	if r.known == nil {
		r.known = map[string][sha256.Size]byte{}
	}
	for i, k := range next.keys {
		r.known[k.ID] = hashes[i]
	}
	r.snapshot.Store(next)
	return nil
}

func newSnapshot(keys []Key) (*snapshot, error) {
	if len(keys) == 0 {
		return nil, failure.Keyring.With("no keys; make one with GenerateKey")
	}
	s := &snapshot{keys: make([]ringKey, len(keys)), index: make(map[string]int, len(keys))}
	secrets := make(map[[envelope.SecretSize]byte]string, len(keys))
	for i, k := range keys {
		id := k.String()
		if k.Secret.bytes == nil {
			return nil, failure.Keyring.With(fmt.Sprintf("key %d has no secret; parse it or make one (Keys leaves secrets out)", i))
		}
		if !envelope.ValidKeyID(id) {
			return nil, failure.Keyring.With(fmt.Sprintf("the ID of key %d is not 1 to 32 of A-Z a-z 0-9 . _ - with a letter "+
				"or digit in front; leave it empty for the default", i))
		}
		if _, ok := s.index[id]; ok {
			return nil, failure.Keyring.With(fmt.Sprintf("key %s is there twice; leave one out", id))
		}
		if other, ok := secrets[*k.Secret.bytes()]; ok {
			return nil, failure.Keyring.With(fmt.Sprintf("keys %s and %s have one secret; leave one out", other, id))
		}
		k.ID = id
		rk := ringKey{Key: k, sealFrom: math.MinInt64, openUntil: math.MaxInt64}
		if !k.SealFrom.IsZero() {
			rk.sealFrom = unixMilli(k.SealFrom)
		}
		if !k.OpenUntil.IsZero() {
			rk.openUntil = unixMilli(k.OpenUntil)
		}
		if rk.sealFrom > envelope.MaxTime || !k.OpenUntil.IsZero() && rk.openUntil > envelope.MaxTime {
			return nil, failure.Keyring.With(fmt.Sprintf("SealFrom or OpenUntil of key %s is after the year 9999; leave OpenUntil "+
				"zero for a key without an end", id))
		}
		if rk.openUntil <= rk.sealFrom {
			return nil, failure.Keyring.With(fmt.Sprintf("key %s closes before it seals; let OpenUntil be after SealFrom", id))
		}
		s.keys[i], s.index[id], secrets[*k.Secret.bytes()] = rk, i, id
		if !k.Disabled {
			s.order = append(s.order, i)
		}
	}

	slices.SortFunc(s.order, func(a, b int) int {
		if s.keys[a].sealFrom > s.keys[b].sealFrom {
			return -1
		}
		return 1
	})
	if len(s.order) > 0 {
		s.newest = s.order[0]
	}
	for i := 1; i < len(s.order); i++ {
		if a, b := &s.keys[s.order[i-1]], &s.keys[s.order[i]]; a.sealFrom == b.sealFrom {
			return nil, failure.Keyring.With(fmt.Sprintf("keys %s and %s seal from the same time; set SealFrom of the newer one",
				min(a.ID, b.ID), max(a.ID, b.ID)))
		}
	}
	return s, nil
}

// farMillis is far beyond every time that an envelope has, and far enough from int64's ends to add to and subtract from.
const farMillis = 1 << 60

// unixMilli is t in Unix milliseconds, from -farMillis to farMillis: time.Time.UnixMilli wraps around where t is further.
func unixMilli(t time.Time) int64 {
	switch seconds := t.Unix(); {
	case seconds > farMillis/1000:
		return farMillis
	case seconds < -farMillis/1000:
		return -farMillis
	}
	return t.UnixMilli()
}

// primary returns the place of the key that seals at now, -1 if none does. It never falls back to an older key: that one
// was retired for a reason.
func (s *snapshot) primary(now int64) int {
	for _, i := range s.order {
		if k := &s.keys[i]; k.sealFrom <= now {
			if now < k.openUntil {
				return i
			}
			return -1
		}
	}
	return -1
}

// Primary returns the ID of the key that seals at a time; ok is false if none does.
func (r *Keyring) Primary(at time.Time) (id string, ok bool) {
	s := r.load()
	i := s.primary(unixMilli(at))
	if i < 0 {
		return "", false
	}
	return s.keys[i].ID, true
}

// Keys returns the ring's keys, in the order in which they were given, without their secrets.
func (r *Keyring) Keys() []Key {
	s := r.load()
	keys := make([]Key, len(s.keys))
	for i, k := range s.keys {
		keys[i] = k.Key
		keys[i].Secret = Secret{}
	}
	return keys
}

// String returns the IDs of the ring's keys.
func (r *Keyring) String() string {
	if r == nil {
		return "keyring()"
	}
	var ids []string
	for _, k := range r.Keys() {
		ids = append(ids, k.ID)
	}
	return "keyring(" + strings.Join(ids, " ") + ")"
}

// Format writes the IDs of the ring's keys, whatever the verb.
func (r *Keyring) Format(f fmt.State, _ rune) { io.WriteString(f, r.String()) }

// LogValue makes slog write the IDs of the ring's keys.
func (r *Keyring) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalText makes encoding/json and others write the IDs of the ring's keys.
func (r *Keyring) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
