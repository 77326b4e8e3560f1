package keyfile

import (
	"encoding/json"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
)

// A Usage counts openings, by key and by how they end, so that it can be seen when a key is no longer used and may go. It
// is a [sealring.Observer] and an [expvar.Var], and safe for concurrent use; counting allocates nothing but for the first
// opening of each key. The zero Usage is ready; set its fields before use, and do not copy it after.
//
// It knows only the IDs of keys that the ring has had, which no stranger can add to. Each process counts for itself, from
// 0 on: a key is unused when no process has used it for as long as a token lives.
type Usage struct {
	// Next is an observer that hears everything after the Usage. Nil means nobody.
	Next sealring.Observer
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	keys   atomic.Pointer[map[string]*tally] // replaced whole, so that readers need no lock
	mu     sync.Mutex                        // serializes replacing
	others tally                             // openings without a known key
}

var _ sealring.Observer = (*Usage)(nil)

// A tally is the counts of one key. The zero tally has none.
type tally struct {
	ends [len(classes) + 1]atomic.Uint64 // by place in classes; the last is of all others
	used atomic.Int64                    // when it last opened something, in Unix milliseconds; 0 is never
}

// An end is a class with the name under which it is counted.
type end struct {
	class error
	name  string
}

// classes are how openings end. Legacy tokens, which have no key of the ring, are those opened without one.
var classes = [...]end{
	{nil, "opened"},
	{failure.TooLarge, failure.TooLarge.Name()},
	{failure.Malformed, failure.Malformed.Name()},
	{failure.UnsupportedVersion, failure.UnsupportedVersion.Name()},
	{failure.Unsupported, failure.Unsupported.Name()},
	{failure.Refused, failure.Refused.Name()},
	{failure.UnknownKey, failure.UnknownKey.Name()},
	{failure.BadSignature, failure.BadSignature.Name()},
	{failure.NotYetValid, failure.NotYetValid.Name()},
	{failure.Expired, failure.Expired.Name()},
	{failure.BadPayload, failure.BadPayload.Name()},
}

// place returns where in a tally a class is counted.
func place(class error) int {
	for i := range classes {
		if classes[i].class == class {
			return i
		}
	}
	return len(classes)
}

// Opened counts an opening.
func (u *Usage) Opened(o sealring.Opening) {
	t := &u.others
	if o.KeyID != "" {
		t = u.tally(o.KeyID)
	}
	t.ends[place(o.Class)].Add(1)
	if o.Class == nil {
		now := time.Now
		if u.Now != nil {
			now = u.Now
		}
		t.used.Store(now().UnixMilli())
	}
	if u.Next != nil {
		u.Next.Opened(o)
	}
}

// known returns the tallies that there are.
func (u *Usage) known() map[string]*tally {
	if keys := u.keys.Load(); keys != nil {
		return *keys
	}
	return nil
}

// tally returns the tally of a key, a new one if it has none.
func (u *Usage) tally(id string) *tally {
	if t := u.known()[id]; t != nil {
		return t
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if t := u.known()[id]; t != nil {
		return t
	}
	next := maps.Clone(u.known())
	if next == nil {
		next = map[string]*tally{}
	}
	t := new(tally)
	next[id] = t
	u.keys.Store(&next)
	return t
}

// Count returns how many openings of a key ended in a class, such as [sealring.ErrExpired]; the class nil is of those that
// succeeded. The key ID "" is of openings without a key that the ring knows: failures before that, and legacy tokens.
func (u *Usage) Count(keyID string, class error) uint64 {
	t := &u.others
	if keyID != "" {
		if t = u.known()[keyID]; t == nil {
			return 0
		}
	}
	return t.ends[place(class)].Load()
}

// LastUsed returns when a key last opened something, the zero time if it has not. Failures do not count: a stranger can
// name a key in what does not open.
func (u *Usage) LastUsed(keyID string) time.Time {
	if t := u.known()[keyID]; t != nil {
		return t.lastUsed()
	}
	return time.Time{}
}

func (t *tally) lastUsed() time.Time {
	if used := t.used.Load(); used != 0 {
		return time.UnixMilli(used).UTC()
	}
	return time.Time{}
}

// String returns the counts as JSON, as package expvar has it: for each key those that are not 0, and last_used as a ring
// document writes times. What has no key is under "no_key".
//
//	{"keys":{"2026-01":{"expired":2,"last_used":"2026-02-03T04:05:06.789Z","opened":41}},"no_key":{"unknown_key":3}}
func (u *Usage) String() string {
	keys := map[string]any{}
	for id, t := range u.known() {
		keys[id] = t.fields()
	}
	text, err := json.Marshal(map[string]any{"keys": keys, "no_key": u.others.fields()})
	if err != nil {
		return "{}" // unreachable: strings and numbers
	}
	return string(text)
}

func (t *tally) fields() map[string]any {
	fields := map[string]any{}
	for i := range t.ends {
		name := "other"
		if i < len(classes) {
			name = classes[i].name
		}
		if n := t.ends[i].Load(); n > 0 {
			fields[name] = n
		}
	}
	if used := t.lastUsed(); !used.IsZero() {
		fields["last_used"] = formatTime(used)
	}
	return fields
}
