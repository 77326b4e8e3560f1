package rotation

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/keyfile"
)

// The ends of time in the model: far beyond every time that a document has, and far enough from int64's ends to add the
// durations of a policy to.
const (
	farPast   = math.MinInt64 / 4
	farFuture = math.MaxInt64 / 4
)

// maxGeneration is the last generation that a document may have; format.md, Section 15.
const maxGeneration = 1<<53 - 1

// A model is a document in Unix milliseconds, with the rules of a Keyring: format.md, Section 5. Its keys stand in the
// order of the document.
type model struct {
	keys  []key
	order []int // the enabled keys' places, latest sealFrom first
}

type key struct {
	place               int // in the document
	id                  string
	created             int64
	sealFrom, openUntil int64 // farPast and farFuture where the document has none
	disabled            bool
}

// newModel returns the model of a document that nodes would load, and otherwise why they would not, an error of class
// sealring.ErrKeyring.
func newModel(d *keyfile.Document) (*model, error) {
	if err := checkDocument(d); err != nil {
		return nil, err
	}
	m := &model{keys: make([]key, len(d.Keys))}
	for i, e := range d.Keys {
		k := key{place: i, id: e.String(), created: e.Created.UnixMilli(), sealFrom: farPast, openUntil: farFuture, disabled: e.Disabled}
		if !e.SealFrom.IsZero() {
			k.sealFrom = e.SealFrom.UnixMilli()
		}
		if !e.OpenUntil.IsZero() {
			k.openUntil = e.OpenUntil.UnixMilli()
		}
		m.keys[i] = k
		if !k.disabled {
			m.order = append(m.order, i)
		}
	}
	slices.SortFunc(m.order, func(a, b int) int { return cmp.Compare(m.keys[b].sealFrom, m.keys[a].sealFrom) })
	return m, nil
}

// checkDocument refuses what keyfile refuses to read for its keys, generation and times.
func checkDocument(d *keyfile.Document) error {
	if d.Generation < 1 || d.Generation > maxGeneration {
		return failure.Keyring.With("a generation is from 1 to 9007199254740991")
	}
	if len(d.Keys) > maxKeys {
		return failure.Keyring.With(fmt.Sprintf("a document has at most %d keys; leave out those that are closed", maxKeys))
	}
	if _, err := sealring.NewKeyring(d.SealringKeys()...); err != nil {
		return err
	}
	for _, e := range d.Keys {
		if !inRange(e.Created) || !e.SealFrom.IsZero() && !inRange(e.SealFrom) || !e.OpenUntil.IsZero() && !inRange(e.OpenUntil) {
			return failure.Keyring.With(fmt.Sprintf("a time of key %s is not in the years 1970 to 9999", e))
		}
	}
	return nil
}

func inRange(t time.Time) bool {
	year := t.UTC().Year()
	return 1970 <= year && year <= 9999
}

// toTime returns the time of a moment, zero for the ends of time.
func toTime(milli int64) time.Time {
	if milli <= farPast || milli >= farFuture {
		return time.Time{}
	}
	return time.UnixMilli(milli).UTC()
}

// primary returns the key that seals at a moment, nil if none does.
func (m *model) primary(t int64) *key {
	for _, i := range m.order {
		if k := &m.keys[i]; k.sealFrom <= t {
			if t < k.openUntil {
				return k
			}
			return nil
		}
	}
	return nil
}

// find returns the key of an ID, nil if there is none.
func (m *model) find(id string) *key {
	for i := range m.keys {
		if m.keys[i].id == id {
			return &m.keys[i]
		}
	}
	return nil
}

// same returns the key that has the ID of a key of another model of the same ring, nil if there is none. Documents are
// mostly extended, so that it looks at the same place first.
func (m *model) same(k *key) *key {
	if k.place < len(m.keys) && m.keys[k.place].id == k.id {
		return &m.keys[k.place]
	}
	return m.find(k.id)
}

// opens reports whether the key opens at a moment.
func (k *key) opens(t int64) bool { return !k.disabled && t < k.openUntil }

// start returns since when the key seals, for its age: a SealFrom may be before the key was made.
func (k *key) start() int64 { return max(k.sealFrom, k.created) }

// successor returns the enabled key that seals next after a key, nil if none does.
func (m *model) successor(k *key) *key {
	var next *key
	for _, i := range m.order {
		if m.keys[i].sealFrom <= k.sealFrom {
			break
		}
		next = &m.keys[i]
	}
	return next
}

// superseded returns from when on no node seals with a key, by the clock of a node: when a newer key seals and every node
// has it. It is farFuture if there is no newer key.
func (m *model) superseded(k *key, p Policy) int64 {
	end := int64(farFuture)
	for _, i := range m.order {
		newer := &m.keys[i]
		// A disabled key may have had the time that its replacement has now.
		if newer.sealFrom > k.sealFrom || k.disabled && newer.sealFrom == k.sealFrom {
			end = min(end, max(newer.sealFrom, newer.created+p.Propagation().Milliseconds()))
		}
	}
	return end
}
