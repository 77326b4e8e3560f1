package rotation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

// FuzzNext makes a policy and a document of any bytes: Next and what else takes a document never panics, and holds what
// checkNext says.
func FuzzNext(f *testing.F) {
	// The parts of a policy in minutes; then one key in four bytes: flags, created, SealFrom and OpenUntil in days.
	const month, tenDays = 30 * 24 * 60, 10 * 24 * 60
	f.Add(int64(month), int64(5), int64(10), int64(tenDays), int64(1), int64(24*60), 2, int64(100*24*60), []byte{})
	f.Add(int64(month), int64(5), int64(10), int64(tenDays), int64(1), int64(24*60), 2, int64(100*24*60), []byte{0, 90, 0, 0})
	// One that is superseded, and one that is revoked.
	f.Add(int64(month), int64(5), int64(10), int64(tenDays), int64(1), int64(0), 2, int64(100*24*60), []byte{0, 60, 0, 0, 1, 70, 80, 0})
	f.Add(int64(month), int64(5), int64(10), int64(tenDays), int64(1), int64(0), 2, int64(100*24*60), []byte{0, 60, 0, 0, 5, 70, 80, 0})
	// A closed key is the newest, and a key is staged.
	f.Add(int64(month), int64(0), int64(1), int64(1), int64(0), int64(0), 0, int64(100*24*60), []byte{0, 60, 0, 0, 3, 70, 80, 90, 1, 99, 101, 0})
	// Tokens that live for longer than keys seal, by far.
	f.Add(int64(60), int64(1), int64(1), int64(30*60), int64(1), int64(1), 0, int64(100*24*60), []byte{0, 99, 0, 0})
	// The ends of time.
	f.Add(int64(month), int64(5), int64(10), int64(tenDays), int64(1), int64(0), 2, int64(0), []byte{0, 0, 0, 0})
	f.Add(int64(month), int64(5), int64(10), int64(tenDays), int64(1), int64(0), 2, int64(4223371679), []byte{8, 200, 0, 0})
	f.Add(int64(1)<<60, int64(-1), int64(1)<<40, int64(5), int64(1), int64(0), 1<<30, int64(1)<<50, []byte{0, 1, 2, 3})

	f.Fuzz(func(t *testing.T, every, publication, reload, lifetime, skew, run int64, failed int, now int64, keys []byte) {
		p := rotation.Policy{
			RotateEvery: time.Duration(every) * time.Minute, Publication: time.Duration(publication) * time.Minute,
			Reload: time.Duration(reload) * time.Minute, FailedReloads: failed, Lifetime: time.Duration(lifetime) * time.Minute,
			Skew: time.Duration(skew) * time.Minute, RunEvery: time.Duration(run) * time.Minute,
		}
		moment := time.Unix(now*60, 0)
		d := documentOf(t, keys)
		if len(keys) > 0 && keys[0]&8 != 0 {
			d.Generation = 1<<53 - 1
		}
		checkNext(t, d, p, moment)
		if err := p.Validate(); err != nil {
			return
		}
		chart := rotation.Timeline(d, moment)
		chart.Text(80)
		chart.SVG()
		for _, e := range d.Keys {
			if _, _, err := rotation.Revoke(d, e.ID, moment); err != nil && rotationAccepts(d, p, moment) && d.Generation < 1<<53-1 {
				t.Errorf("Next takes the document, and Revoke refuses it: %v", err)
			}
		}
	})
}

func rotationAccepts(d *keyfile.Document, p rotation.Policy, now time.Time) bool {
	_, _, err := rotation.Next(d, p, now, nil)
	return err == nil
}

// documentOf makes a document of bytes, four to a key, from 1970 on in days.
func documentOf(t testing.TB, b []byte) *keyfile.Document {
	t.Helper()
	d := &keyfile.Document{Generation: 1}
	day := func(n byte) time.Time { return time.Unix(int64(n)*24*3600, 0) }
	for ; len(b) >= 4 && len(d.Keys) < 40; b = b[4:] {
		id := fmt.Sprint("key-", len(d.Keys))
		e := keyfile.Entry{Key: sealring.Key{ID: id, Secret: secret(t, id), Disabled: b[0]&4 != 0}, Created: day(b[1])}
		if b[0]&1 != 0 {
			e.SealFrom = day(b[2])
		}
		if b[0]&2 != 0 {
			e.OpenUntil = day(b[3])
		}
		d.Keys = append(d.Keys, e)
	}
	return d
}
