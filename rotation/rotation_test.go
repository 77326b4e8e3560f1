package rotation_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

// What the tests of this package share.

const day = 24 * time.Hour

// policy is one whose parts can all be told apart in a sum. Its Propagation is 35 minutes.
var policy = rotation.Policy{
	RotateEvery:   30 * day,
	Publication:   5 * time.Minute,
	Reload:        10 * time.Minute,
	FailedReloads: 2,
	Lifetime:      10 * day,
	Skew:          30 * time.Second,
	RunEvery:      day,
	Grace:         5 * day,
}

const propagation = 35 * time.Minute

// at returns a moment some days after the beginning.
func at(days float64) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(days * float64(day)))
}

func secret(t testing.TB, name string) sealring.Secret {
	t.Helper()
	b := sha256.Sum256([]byte("sealring rotation test " + name))
	s, err := sealring.NewSecret(b[:])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A window says what an entry is to be; days after the beginning, and none where it is 0.
type window struct {
	id                  string
	created             float64
	sealFrom, openUntil float64
	disabled            bool
}

func document(t testing.TB, windows ...window) *keyfile.Document {
	t.Helper()
	d := &keyfile.Document{Generation: 1}
	for _, w := range windows {
		e := keyfile.Entry{Key: sealring.Key{ID: w.id, Secret: secret(t, w.id), Disabled: w.disabled}, Created: at(w.created)}
		if w.sealFrom != 0 {
			e.SealFrom = at(w.sealFrom)
		}
		if w.openUntil != 0 {
			e.OpenUntil = at(w.openUntil)
		}
		d.Keys = append(d.Keys, e)
	}
	return d
}

// numbered returns a source of keys new-1, new-2 and so on.
func numbered(t testing.TB) func() sealring.Key {
	n := 0
	return func() sealring.Key {
		n++
		id := fmt.Sprint("new-", n)
		return sealring.Key{ID: id, Secret: secret(t, id)}
	}
}

func mustNext(t testing.TB, d *keyfile.Document, p rotation.Policy, now time.Time, newKey func() sealring.Key) (*keyfile.Document, []rotation.Change) {
	t.Helper()
	next, changes, err := rotation.Next(d, p, now, newKey)
	if err != nil {
		t.Fatal(err)
	}
	return next, changes
}

func codes(findings []rotation.Finding) []rotation.Code {
	var found []rotation.Code
	for _, f := range findings {
		if !slices.Contains(found, f.Code) {
			found = append(found, f.Code)
		}
	}
	slices.Sort(found)
	return found
}

// content is what a document says, in a form that can be compared.
func content(d *keyfile.Document) []string {
	c := []string{fmt.Sprint("generation ", d.Generation)}
	for _, e := range d.Keys {
		c = append(c, fmt.Sprintln(e.String(), e.Secret.Reveal(), e.Created, e.SealFrom, e.OpenUntil, e.Disabled, e.Comment))
	}
	return c
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// entry returns the entry of an ID.
func entry(t testing.TB, d *keyfile.Document, id string) keyfile.Entry {
	t.Helper()
	for _, e := range d.Keys {
		if e.String() == id {
			return e
		}
	}
	t.Fatalf("no key %s", id)
	return keyfile.Entry{}
}
