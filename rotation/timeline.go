package rotation

import (
	"cmp"
	"slices"
	"time"

	"github.com/sealring/sealring/keyfile"
)

// A State is where a key is in its life.
type State string

// The states, in the order of a life.
const (
	// StateStaged: it is known, and seals later.
	StateStaged State = "staged"
	// StatePrimary: it seals.
	StatePrimary State = "primary"
	// StateOpening: it opens what it sealed.
	StateOpening State = "opening"
	// StateClosed: it does nothing any more.
	StateClosed State = "closed"
	// StateDisabled: it was taken out of use.
	StateDisabled State = "disabled"
)

// A Row is the life of one key. A zero time is none.
type Row struct {
	KeyID   string    `json:"key_id"`
	State   State     `json:"state"`
	Created time.Time `json:"created"`
	// SealFrom is when the key begins to seal, zero for from the beginning, and SealUntil when the next one does, or this
	// one closes; zero where neither is known.
	SealFrom  time.Time `json:"seal_from,omitzero"`
	SealUntil time.Time `json:"seal_until,omitzero"`
	// OpenUntil is when it closes; zero where that is not known.
	OpenUntil time.Time `json:"open_until,omitzero"`
}

// A Chart is the lives of the keys of a document, which Text and SVG draw.
type Chart struct {
	// Now is the moment of the states.
	Now time.Time `json:"now"`
	// Rows are the keys, oldest first.
	Rows []Row `json:"rows"`
	// From and To are the ends of the time that is drawn. Zero means as far as the rows go.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// Timeline returns the lives of a document's keys. A document that nodes refuse has one too, as far as it can be told.
func Timeline(document *keyfile.Document, now time.Time) Chart {
	c := Chart{Now: now.UTC().Truncate(time.Millisecond)}
	if document == nil {
		return c
	}
	for _, e := range document.Keys {
		c.Rows = append(c.Rows, Row{KeyID: e.String(), Created: e.Created, SealFrom: e.SealFrom,
			SealUntil: sealUntil(document, e), OpenUntil: e.OpenUntil, State: stateOf(document, e, now)})
	}
	slices.SortStableFunc(c.Rows, compareRows)
	return c
}

func compareRows(a, b Row) int {
	return cmp.Or(a.start().Compare(b.start()), a.Created.Compare(b.Created), cmp.Compare(a.KeyID, b.KeyID))
}

// start returns since when the key seals: since it was created, where it has no SealFrom.
func (r *Row) start() time.Time {
	if r.SealFrom.IsZero() {
		return r.Created
	}
	return r.SealFrom
}

// sealUntil returns when a key ceases to seal.
func sealUntil(d *keyfile.Document, e keyfile.Entry) time.Time {
	until := e.OpenUntil
	for _, other := range d.Keys {
		if !other.Disabled && other.SealFrom.After(e.SealFrom) && (until.IsZero() || other.SealFrom.Before(until)) {
			until = other.SealFrom
		}
	}
	return until
}

func stateOf(d *keyfile.Document, e keyfile.Entry, now time.Time) State {
	until := sealUntil(d, e)
	switch {
	case e.Disabled:
		return StateDisabled
	case !e.OpenUntil.IsZero() && !now.Before(e.OpenUntil):
		return StateClosed
	case now.Before(e.SealFrom):
		return StateStaged
	case until.IsZero() || now.Before(until):
		return StatePrimary
	}
	return StateOpening
}
