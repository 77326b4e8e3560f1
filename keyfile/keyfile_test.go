package keyfile_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// What the tests of this package share.

// secret returns a fixed secret of its own for each number.
func secret(t testing.TB, n int) sealring.Secret {
	t.Helper()
	b := sha256.Sum256(fmt.Appendf(nil, "sealring keyfile test %d", n))
	s, err := sealring.NewSecret(b[:])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at returns a time of a whole millisecond.
func at(days int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 123e6, time.UTC).AddDate(0, 0, days)
}

// entry returns a key that seals from a day of its own.
func entry(t testing.TB, n int) keyfile.Entry {
	t.Helper()
	return keyfile.Entry{
		Key:     sealring.Key{ID: fmt.Sprint("key-", n), Secret: secret(t, n), SealFrom: at(n)},
		Created: at(0),
	}
}

// full returns a document with every field in use.
func full(t testing.TB) *keyfile.Document {
	t.Helper()
	a, b, c := entry(t, 1), entry(t, 2), entry(t, 3)
	a.SealFrom, a.OpenUntil, a.Comment = time.Time{}, at(100), "first: <é>, \"quoted\", \\, a\nline,\u2028\x00\ufffd"
	b.SealFrom, b.Disabled, b.Comment = at(1), true, "leaked"
	c.SealFrom, c.OpenUntil = at(1), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
	c.Created = time.UnixMilli(0).UTC()
	return &keyfile.Document{Generation: 1<<53 - 1, Keys: []keyfile.Entry{a, b, c}}
}

// content is what a document says, in a form that can be compared.
type content struct {
	Generation int64
	Keys       []contentKey
}

type contentKey struct {
	ID, Secret, Comment          string
	Created, SealFrom, OpenUntil time.Time
	Disabled                     bool
}

func contentOf(d *keyfile.Document) content {
	c := content{Generation: d.Generation}
	for _, e := range d.Keys {
		c.Keys = append(c.Keys, contentKey{
			e.ID, e.Secret.Reveal(), e.Comment, e.Created, e.SealFrom, e.OpenUntil, e.Disabled,
		})
	}
	return c
}

func sameContent(t testing.TB, got, want *keyfile.Document) {
	t.Helper()
	if diff := cmp.Diff(contentOf(want), contentOf(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func mustEncode(t testing.TB, d *keyfile.Document) string {
	t.Helper()
	text, err := keyfile.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func mustParse(t testing.TB, text string) *keyfile.Document {
	t.Helper()
	d, err := keyfile.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// failsWith checks that err is of the one class of this package, and that it says something.
func failsWith(t testing.TB, err error, says ...string) {
	t.Helper()
	if !errors.Is(err, sealring.ErrKeyring) || !errors.Is(err, sealring.ErrInvalid) ||
		errors.Is(err, sealring.ErrBadPayload) {
		t.Fatalf("error %v, want class %v", err, sealring.ErrKeyring)
	}
	if strings.Count(err.Error(), "sealring: ") != 1 || strings.Count(err.Error(), sealring.ErrKeyring.Error()) != 1 {
		t.Errorf("error %q, want its class in it once", err)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q, want it to say %q", err, s)
		}
	}
}

// holdsNothingOf checks that no 8 characters in a row of a hidden text stand in an output.
func holdsNothingOf(t testing.TB, hidden, output string) {
	t.Helper()
	for i := range len(hidden) - 7 {
		if strings.Contains(output, hidden[i:i+8]) {
			t.Errorf("shows %q", hidden[i:i+8])
			return
		}
	}
}
