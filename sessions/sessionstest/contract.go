package sessionstest

import (
	"bytes"
	"context"
	"math"
	"time"
)

// Records come in the order of the IDs, and nil for each that there is not.
func testLoad(k *kit) {
	a, b, none := random(), random(), random()
	k.save(a, 0, record(1, "a"), k.after(time.Hour), true)
	k.save(b, 0, record(1, "b"), k.after(time.Hour), true)
	for _, test := range []struct {
		ids  [][32]byte
		want []string
	}{
		{nil, nil},
		{[][32]byte{none}, []string{""}},
		{[][32]byte{a, b}, []string{"a", "b"}},
		{[][32]byte{b, none, a, b, none}, []string{"b", "", "a", "b", ""}},
	} {
		records, err := k.Store.Load(k.ctx, test.ids...)
		if err != nil || len(records) != len(test.want) {
			k.Fatalf("Load of %d: %d records, %v", len(test.ids), len(records), err)
		}
		for i, want := range test.want {
			if want == "" && records[i] != nil || want != "" && !bytes.Equal(records[i], record(1, want)) {
				k.Errorf("record %d of %d is %q, want %q", i, len(records), records[i], want)
			}
		}
	}

	var ids [][32]byte
	for range 300 {
		ids = append(ids, random())
	}
	k.save(ids[299], 0, record(1, "last"), k.after(time.Hour), true)
	records, err := k.Store.Load(k.ctx, ids...)
	if err != nil || len(records) != 300 || records[0] != nil || !bytes.Equal(records[299], record(1, "last")) {
		k.Errorf("Load of 300: %d records, %v", len(records), err)
	}
}

// Only the version that is there is replaced, and where nothing is there, only by what is for nothing.
func testSave(k *kit) {
	id, hour := random(), k.after(time.Hour)
	k.save(id, 1, record(2, "no"), hour, false)
	k.has(id, nil)
	k.save(id, 0, record(1, "first"), hour, true)
	k.has(id, record(1, "first"))
	k.save(id, 0, record(1, "again"), hour, false)
	k.save(id, 2, record(3, "ahead"), hour, false)
	k.has(id, record(1, "first"))
	k.save(id, 1, record(2, "second"), hour, true)
	k.save(id, 1, record(2, "late"), hour, false)
	k.save(id, 0, record(1, "late"), hour, false)
	k.has(id, record(2, "second"))
	k.save(id, 2, record(2, "of the same version"), hour, true)
	k.has(id, record(2, "of the same version"))
	k.save(id, 2, record(9, "far ahead"), hour, true)
	k.save(id, 9, record(1, "back"), hour, true)
	k.save(id, 1, record(2, "")[:8], hour, true) // nothing but a version
	k.has(id, record(2, "")[:8])
	k.save(id, 2, record(3, string(make([]byte, 100_000))), hour, true)
	k.has(id, record(3, string(make([]byte, 100_000))))
}

// Versions are 64 bits, none of which gets lost in a number of another kind, and not text.
func testVersions(k *kit) {
	versions := []uint64{
		1, 9, 10, 255, 256, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<53 - 1, 1 << 53, 1<<53 + 1, 1<<63 - 1, 1 << 63,
		1<<63 + 1, math.MaxUint64 - 1, math.MaxUint64,
	}
	for _, there := range versions {
		id := random()
		k.save(id, 0, record(there, ""), k.after(time.Hour), true)
		for _, version := range versions {
			if version != there {
				k.save(id, version, record(version, "no"), k.after(time.Hour), false)
			}
		}
		k.has(id, record(there, ""))
		k.save(id, there, record(there, "yes"), k.after(time.Hour), true)
	}
}

// What is deleted is the very record that was given, and it does not come back.
func testDelete(k *kit) {
	id, other, hour := random(), random(), k.after(time.Hour)
	k.delete(id, nil, false)
	k.delete(id, record(1, "a"), false)
	k.save(id, 0, record(1, "a"), hour, true)
	k.save(other, 0, record(1, "a"), hour, true)
	for _, not := range [][]byte{{}, record(1, "b"), record(1, ""), record(1, "aa"), record(2, "a"), record(1, "A")} {
		k.delete(id, not, false)
		k.has(id, record(1, "a"))
	}
	k.delete(id, record(1, "a"), true)
	k.has(id, nil)
	k.has(other, record(1, "a"))
	k.delete(id, record(1, "a"), false)
	k.save(id, 1, record(2, "back"), hour, false)
	k.has(id, nil)
	k.save(id, 0, record(1, "anew"), hour, true)
	k.delete(id, nil, true)
	k.has(id, nil)
	k.save(id, 1, record(2, "back"), hour, false)
	k.has(id, nil)
}

// A slice is the store's for the time of the call only, and what it returns is the caller's.
func testSlices(k *kit) {
	id, other := random(), random()
	given := append(make([]byte, 0, 100), record(1, "given")...)
	k.save(id, 0, given, k.after(time.Hour), true)
	k.delete(id, record(1, "other"), false)
	if spare := given[len(given):cap(given)]; !bytes.Equal(given, record(1, "given")) || !bytes.Equal(spare, make([]byte, len(spare))) {
		k.Error("Save has changed the record that it was given")
	}
	clear(given)
	k.has(id, record(1, "given"))
	got := k.load(id)
	clear(got[:cap(got)])
	k.has(id, record(1, "given"))

	ids := [][32]byte{id, other, id}
	if _, err := k.Store.Load(k.ctx, ids...); err != nil {
		k.Fatal(err)
	}
	subject := random()
	k.enter(subject, id, time.UnixMilli(1000), k.after(time.Hour), time.UnixMilli(1000))
	k.must(k.Store.Leave(k.ctx, subject, other))
	listed, err := k.Store.List(k.ctx, subject)
	if err != nil || ids[0] != id || ids[1] != other || ids[2] != id {
		k.Errorf("the store has changed the IDs that it was given (%v)", err)
	}
	clear(listed)
	k.lists(subject, id)
}

// What is to expire in the past is gone at once, with what it replaces.
func testPast(k *kit) {
	for _, expires := range []time.Time{
		{}, time.UnixMilli(-1), time.UnixMilli(0), time.UnixMilli(1), time.UnixMilli(1000), k.after(-time.Hour),
		k.after(-50 * time.Millisecond),
	} {
		id := random()
		k.save(id, 0, record(1, "past"), expires, true)
		k.has(id, nil)
		k.save(id, 0, record(1, "there"), k.after(time.Hour), true)
		k.save(id, 2, record(3, "past"), expires, false)
		k.has(id, record(1, "there"))
		k.save(id, 1, record(2, "past"), expires, true)
		k.has(id, nil)
		k.save(id, 2, record(3, "back"), k.after(time.Hour), false)

		subject, begins := random(), time.UnixMilli(5000)
		k.enter(subject, id, begins, expires, begins)
		k.lists(subject)
		k.enter(subject, id, begins, k.after(time.Hour), begins)
		k.enter(subject, id, begins, expires, begins)
		k.lists(subject)
		k.revoke(subject, begins, expires, begins)
		k.revoked(subject, time.Time{})
		k.revoke(subject, begins, k.after(time.Hour), begins)
		k.revoke(subject, begins, expires, begins)
		k.revoked(subject, begins)
	}
}

// Everything is there until it expires and not after that. All of it waits at the same time.
func testExpiry(k *kit) {
	const soon, wait = 1500 * time.Millisecond, 1900 * time.Millisecond
	var (
		short, long, far             = k.after(soon), k.after(time.Hour), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		ends, stays, longer, shorter = random(), random(), random(), random()
		begins                       = time.UnixMilli(5000)
		subject, reentered, revoked  = random(), random(), random()
		kept                         = random()
	)
	k.save(ends, 0, record(1, ""), short, true)
	k.save(stays, 0, record(1, ""), far, true)
	k.save(longer, 0, record(1, ""), short, true)
	k.save(longer, 1, record(1, "again"), long, true)
	k.save(shorter, 0, record(1, ""), long, true)
	k.save(shorter, 1, record(2, ""), short, true)
	k.enter(subject, ends, begins, short, begins)
	k.enter(subject, stays, begins, far, begins)
	k.enter(reentered, longer, begins, short, begins)
	k.enter(reentered, longer, begins, long, begins)
	k.enter(reentered, shorter, begins, long, begins)
	k.enter(reentered, shorter, begins, short, begins)
	k.revoke(revoked, begins, short, begins)
	k.revoke(kept, begins, long, begins)
	k.revoke(kept, begins.Add(time.Second), short, begins.Add(time.Second))

	if k.Now().Before(short.Add(-100 * time.Millisecond)) { // else this machine is too slow to say
		k.has(ends, record(1, ""))
		k.has(shorter, record(2, ""))
		k.lists(subject, ends, stays)
		k.lists(reentered, longer, shorter)
		k.revoked(revoked, begins)
	}
	k.Sleep(wait)
	k.has(ends, nil)
	k.has(stays, record(1, ""))
	k.has(longer, record(1, "again"))
	k.has(shorter, nil)
	k.lists(subject, stays)
	k.lists(reentered, longer)
	k.revoked(revoked, time.Time{})
	k.revoked(kept, begins.Add(time.Second))

	k.delete(ends, nil, false)
	k.delete(ends, record(1, ""), false)
	k.save(ends, 1, record(2, "back"), long, false)
	k.save(ends, 0, record(1, "anew"), long, true)
	k.has(ends, record(1, "anew"))
	k.enter(revoked, ends, begins, long, begins) // the moment is forgotten
}

// A session begins at its moment or after what is revoked, and is listed once.
func testEnter(k *kit) {
	subject, other, id, second, hour := random(), random(), random(), random(), k.after(time.Hour)
	moment := time.UnixMilli(1_000_000)
	k.lists(subject)
	k.enter(subject, id, moment, hour, moment)
	k.enter(subject, second, moment, hour, moment)
	k.enter(other, id, moment, hour, moment)
	k.lists(subject, id, second)
	k.lists(other, id)
	k.enter(subject, id, moment.Add(-time.Second), hour, moment)
	k.enter(subject, id, moment.Add(time.Second), hour, moment.Add(time.Second))
	k.lists(subject, id, second)

	k.revoke(subject, moment.Add(time.Minute), hour, moment.Add(time.Minute))
	for _, test := range []struct{ at, want time.Duration }{
		{-time.Hour, time.Minute + time.Millisecond},
		{time.Minute, time.Minute + time.Millisecond},
		{time.Minute + time.Millisecond, time.Minute + time.Millisecond},
		{time.Hour, time.Hour},
	} {
		k.enter(subject, random(), moment.Add(test.at), hour, moment.Add(test.want))
	}
	k.enter(other, id, moment, hour, moment)

	// A command that is repeated does not carry a session past what was revoked since.
	k.enter(subject, id, moment, hour, moment.Add(time.Second))
	k.must(k.Store.Leave(k.ctx, subject, id))
	for range 2 {
		k.enter(subject, id, moment, hour, moment.Add(time.Minute+time.Millisecond))
	}
}

// Only listings end, only those that are meant, and there need not be any.
func testLeave(k *kit) {
	subject, other, hour := random(), random(), k.after(time.Hour)
	a, b, c, d, moment := random(), random(), random(), random(), time.UnixMilli(1000)
	k.save(a, 0, record(1, "a"), hour, true)
	k.must(k.Store.Leave(k.ctx, subject, a))
	for _, id := range [][32]byte{a, b, c, d} {
		k.enter(subject, id, moment, hour, moment)
		k.enter(other, id, moment, hour, moment)
	}
	k.must(k.Store.Leave(k.ctx, subject))
	k.lists(subject, a, b, c, d)
	k.must(k.Store.Leave(k.ctx, subject, a, random(), c))
	k.lists(subject, b, d)
	k.lists(other, a, b, c, d)
	k.has(a, record(1, "a"))
	k.must(k.Store.Leave(k.ctx, subject, b, d, b))
	k.lists(subject)
	k.revoked(subject, time.Time{})
	k.revoke(subject, moment.Add(-1), hour, time.UnixMilli(999)) // what has left is not covered
}

// The moment covers what began up to it and what is listed, and never becomes earlier.
func testRevoke(k *kit) {
	subject, other, hour := random(), random(), k.after(time.Hour)
	moment, ahead := time.UnixMilli(1_000_000), time.UnixMilli(2_000_000)
	k.revoked(subject, time.Time{})
	k.revoke(subject, moment, hour, moment)
	k.revoked(subject, moment)
	k.revoked(other, time.Time{})
	k.revoke(subject, moment.Add(-time.Second), hour, moment)
	k.revoked(subject, moment)
	k.revoke(subject, moment.Add(time.Second), hour, moment.Add(time.Second))

	first, second := random(), random()
	k.enter(subject, first, ahead, hour, ahead)
	k.enter(subject, second, ahead.Add(-time.Second), hour, ahead.Add(-time.Second))
	k.revoke(subject, moment, hour, ahead)
	k.revoked(subject, ahead)
	k.lists(subject, first, second)
	k.must(k.Store.Leave(k.ctx, subject, first, second))
	k.revoke(subject, moment, hour, ahead)
	k.revoked(subject, ahead)

	// A listing that has become a later one covers as that.
	k.enter(other, first, moment, hour, moment)
	k.enter(other, first, ahead, hour, ahead)
	k.revoke(other, moment, hour, ahead)
}

// What is below a millisecond is cut off, of moments before 1970 too.
func testMilliseconds(k *kit) {
	subject, id, hour := random(), random(), k.after(time.Hour)
	moment := time.UnixMilli(1_700_000_000_123)
	k.enter(subject, id, moment.Add(999_999), hour, moment)
	k.must(k.Store.Leave(k.ctx, subject, id))
	k.revoke(subject, moment.Add(999_999), hour, moment)
	k.revoked(subject, moment)
	k.enter(subject, id, moment.Add(999_999), hour, moment.Add(time.Millisecond))
}

// A context that has ended makes an error of a call, or the call has done what it says.
func testContext(k *kit) {
	ended, cancel := context.WithCancel(k.ctx)
	cancel()
	id := random()
	if saved, err := k.Store.Save(ended, id, 0, record(1, ""), k.after(time.Hour)); err == nil {
		if !saved {
			k.Error("Save says that there was a record")
		}
		k.has(id, record(1, ""))
	}
	there := random()
	k.save(there, 0, record(1, ""), k.after(time.Hour), true)
	if records, err := k.Store.Load(ended, there); err == nil && (len(records) != 1 || records[0] == nil) {
		k.Error("Load says that there is no record")
	}
	if deleted, err := k.Store.Delete(ended, there, nil); err == nil {
		if !deleted {
			k.Error("Delete says that there is no record")
		}
		k.has(there, nil)
	}
	subject := random()
	k.revoke(subject, time.UnixMilli(5000), k.after(time.Hour), time.UnixMilli(5000))
	if before, err := k.Store.Revoked(ended, subject); err == nil && before.IsZero() {
		k.Error("Revoked says that nothing is revoked")
	}
	k.enter(subject, id, time.UnixMilli(6000), k.after(time.Hour), time.UnixMilli(6000))
	if ids, err := k.Store.List(ended, subject); err == nil && len(ids) == 0 {
		k.Error("List says that nothing is listed")
	}
}
