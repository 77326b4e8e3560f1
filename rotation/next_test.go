package rotation_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

// says returns what changes are, in short.
func says(changes []rotation.Change) []string {
	var s []string
	for _, c := range changes {
		text := string(c.Action) + " " + c.KeyID
		if !c.At.IsZero() {
			text += " " + c.At.Format("2006-01-02T15:04:05.999Z07:00")
		}
		s = append(s, text)
	}
	return s
}

// The life of keys as a story, one run of Next a day.
func TestNextStory(t *testing.T) {
	newKey := numbered(t)
	var d *keyfile.Document
	var story []string
	for n := range 90 {
		next, changes := mustNext(t, d, policy, at(float64(n)), newKey)
		if len(changes) > 0 && (d == nil && next.Generation != 1 || d != nil && next.Generation != d.Generation+1) {
			t.Errorf("generation %d", next.Generation)
		}
		for _, s := range says(changes) {
			story = append(story, at(float64(n)).Format(time.DateOnly)+": "+s)
		}
		d = next
		if found := rotation.Check(d, policy, at(float64(n))); len(found) > 0 {
			t.Errorf("day %d: found %v", n, found)
		}
	}
	same(t, story, []string{
		"2026-01-01: staged new-1",
		"2026-01-30: staged new-2 2026-01-31T00:00:00Z",
		"2026-02-01: closing new-1 2026-02-10T00:01:00Z",
		"2026-02-16: removed new-1 2026-02-10T00:01:00Z",
		"2026-03-01: staged new-3 2026-03-02T00:00:00Z",
		"2026-03-03: closing new-2 2026-03-12T00:01:00Z",
		"2026-03-18: removed new-2 2026-03-12T00:01:00Z",
		"2026-03-31: staged new-4 2026-04-01T00:00:00Z",
	})
}

// Each rule at its very millisecond. Nothing is done a millisecond before.
func TestNextOnTheDot(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name    string
		windows []window
		now     time.Time
		want    []string
	}{
		{"stages one run ahead", []window{{id: "a", created: 1, sealFrom: 2}}, at(31).Add(-propagation - policy.Skew),
			[]string{"staged new-1 2026-02-02T00:00:00Z"}},
		{"by Created where there is no SealFrom", []window{{id: "a", created: 1}}, at(30).Add(-propagation - policy.Skew),
			[]string{"staged new-1 2026-02-01T00:00:00Z"}},
		{"closes once it is superseded by every clock", []window{{id: "a", created: 1}, {id: "b", created: 20, sealFrom: 21}},
			at(21).Add(policy.Skew), []string{"closing a 2026-02-01T00:01:00Z"}},
		{"removes", []window{{id: "a", created: 1, openUntil: 40}, {id: "b", created: 20, sealFrom: 21}},
			at(40).Add(propagation + policy.Skew + policy.Grace), []string{"removed a 2026-02-10T00:00:00Z"}},
		{"removes what is disabled", []window{{id: "a", created: 1, disabled: true}, {id: "b", created: 20, sealFrom: 21}},
			at(31).Add(time.Minute + propagation + policy.Skew + policy.Grace), []string{"removed a"}},
		{"removes what is disabled and closed", []window{{id: "a", created: 1, openUntil: 30, disabled: true}, {id: "b", created: 20, sealFrom: 21}},
			at(30).Add(propagation + policy.Skew + policy.Grace), []string{"removed a 2026-01-31T00:00:00Z"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := document(t, test.windows...)
			if got, changes := mustNext(t, d, policy, test.now.Add(-ms), numbered(t)); len(changes) > 0 || got.Generation != d.Generation {
				t.Errorf("a millisecond before: %v", says(changes))
			}
			_, changes := mustNext(t, d, policy, test.now, numbered(t))
			same(t, says(changes), test.want)
		})
	}
}

func TestNext(t *testing.T) {
	for _, test := range []struct {
		name    string
		windows []window
		now     time.Time
		want    []string
	}{
		{"nothing to do", []window{{id: "a", created: 1}}, at(5), nil},
		{"one old key", []window{{id: "a", created: 1}}, at(500), []string{"staged new-1 2027-05-16T00:35:30Z"}},
		{"already staged", []window{{id: "a", created: 1}, {id: "b", created: 30, sealFrom: 31.5}}, at(30.5), nil},
		{"staged too late", []window{{id: "a", created: 1}, {id: "b", created: 20, sealFrom: 35}}, at(30.5),
			[]string{"staged new-1 2026-02-01T00:00:00Z"}},
		{"staged for another year", []window{{id: "a", created: 1}, {id: "b", created: 20, sealFrom: 400}}, at(30.5),
			[]string{"staged new-1 2026-02-01T00:00:00Z"}},
		{"nobody closed an old key", []window{{id: "a", created: 1}, {id: "b", created: 20, sealFrom: 21}}, at(45),
			[]string{"closing a 2026-02-15T00:00:00Z"}},
		{"the newer key came late", []window{{id: "a", created: 1}, {id: "b", created: 20, sealFrom: 10}}, at(21),
			[]string{"closing a 2026-01-31T00:36:00Z"}},
		{"an end that people set stays", []window{{id: "a", created: 1, openUntil: 22}, {id: "b", created: 20, sealFrom: 21}}, at(21.5), nil},
		{"the primary key closes: staged for its tokens", []window{{id: "a", created: 1, openUntil: 28}}, at(17),
			[]string{"staged new-1 2026-01-18T23:59:00Z"}},
		{"the primary key closes soon: staged for sealing", []window{{id: "a", created: 1, openUntil: 17.01}}, at(17),
			[]string{"staged new-1 2026-01-18T00:14:24Z"}},
		{"all keys seal later", []window{{id: "a", created: 1, sealFrom: 9}}, at(5), []string{"staged new-1 2026-01-05T23:59:30Z"}},
		{"the newest key is closed", []window{{id: "a", created: 1}, {id: "b", created: 2, sealFrom: 3, openUntil: 4}}, at(4.1),
			[]string{"closing a 2026-01-14T00:01:00Z", "staged new-1 2026-01-05T02:23:30Z"}},
		{"the primary key is revoked", []window{{id: "a", created: 1, openUntil: 60}, {id: "b", created: 20, sealFrom: 31, disabled: true}}, at(40),
			[]string{"staged new-1 2026-02-10T00:35:30Z"}},
		{"every key is revoked", []window{{id: "a", created: 1, disabled: true}}, at(5), []string{"staged new-1 2026-01-05T23:59:30Z"}},
		{"a key was revoked just now", []window{{id: "a", created: 1, sealFrom: 5, disabled: true}}, at(5), []string{"staged new-1 2026-01-06T00:00:00Z"}},
		{"a revoked key stays while its tokens may be", []window{{id: "a", created: 1, disabled: true}, {id: "b", created: 20, sealFrom: 21}}, at(35), nil},
		{"a revoked key stays while nothing is newer", []window{{id: "a", created: 1}, {id: "b", created: 2, sealFrom: 3, openUntil: 4, disabled: true}}, at(25), nil},
		{"the newest key stays, closed or not", []window{{id: "b", created: 2, sealFrom: 3, openUntil: 4}}, at(400),
			[]string{"staged new-1 2027-02-04T23:59:30Z"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, changes := mustNext(t, document(t, test.windows...), policy, test.now, numbered(t))
			same(t, says(changes), test.want)
			checkNext(t, document(t, test.windows...), policy, test.now)
		})
	}
}

func TestNextFromNothing(t *testing.T) {
	for _, d := range []*keyfile.Document{nil, {}, {Generation: 7}} {
		next, changes := mustNext(t, d, policy, at(1).Add(time.Microsecond), nil)
		if len(next.Keys) != 1 || len(changes) != 1 || d != nil && next.Generation != d.Generation+1 {
			t.Fatalf("%v, changes %v", next, changes)
		}
		if e := next.Keys[0]; !e.SealFrom.IsZero() || !e.OpenUntil.IsZero() || e.Disabled || !e.Created.Equal(at(1)) {
			t.Errorf("key %+v seals from %v, was made %v", e, e.SealFrom, e.Created)
		}
		if _, err := keyfile.Encode(next); err != nil {
			t.Error(err)
		}
	}
}

func TestNextRefuses(t *testing.T) {
	a := window{id: "a", created: 1}
	known := func() sealring.Key { return sealring.Key{ID: "a", Secret: secret(t, "other")} }
	none := func() sealring.Key { return sealring.Key{ID: "b"} }
	last := document(t, a)
	last.Generation = 1<<53 - 1
	zero, negative := document(t, a), &keyfile.Document{Generation: -1}
	zero.Generation = 0
	for _, test := range []struct {
		name     string
		document *keyfile.Document
		now      time.Time
		newKey   func() sealring.Key
		class    error
		says     string
	}{
		{"a clock that is behind", document(t, window{id: "a", created: 3}), at(2), nil, sealring.ErrConfig, "set the clock"},
		{"a clock before 1970", document(t, a), time.Time{}, nil, sealring.ErrConfig, "1970"},
		{"a clock after 9999", document(t, a), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), nil, sealring.ErrConfig, "9999"},
		{"a tie", document(t, a, window{id: "b", created: 1}), at(2), nil, sealring.ErrKeyring, "same time"},
		{"a time that no document has", document(t, window{id: "a", created: -1e5}), at(2), nil, sealring.ErrKeyring, "1970 to 9999"},
		{"no generation", zero, at(2), nil, sealring.ErrKeyring, "generation"},
		{"a generation below 0", negative, at(2), nil, sealring.ErrKeyring, "generation"},
		{"the last generation", last, at(40), numbered(t), sealring.ErrKeyring, "last generation"},
		{"a new key of an old ID", document(t, a), at(40), known, sealring.ErrKeyring, "twice"},
		{"a new key without a secret", document(t, a), at(40), none, sealring.ErrKeyring, "no secret"},
		{"a key that would seal after 9999", document(t, a), time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC), numbered(t), sealring.ErrKeyring, "9999"},
	} {
		t.Run(test.name, func(t *testing.T) {
			next, changes, err := rotation.Next(test.document, policy, test.now, test.newKey)
			if !errors.Is(err, test.class) || !errors.Is(err, sealring.ErrInvalid) || !strings.Contains(err.Error(), test.says) ||
				strings.Count(err.Error(), "sealring: ") != 1 {
				t.Errorf("error %v", err)
			}
			if next != nil || changes != nil {
				t.Error("a result beside the error")
			}
		})
	}
	// What has the last generation and needs no change is fine.
	if _, changes := mustNext(t, last, policy, at(2), nil); changes != nil {
		t.Error(changes)
	}
}

// Whatever newKey returns, the times are those of Next.
func TestNextSetsTheTimes(t *testing.T) {
	odd := func() sealring.Key {
		return sealring.Key{Secret: secret(t, "odd"), SealFrom: at(900), OpenUntil: at(901), Disabled: true}
	}
	next, _ := mustNext(t, document(t, window{id: "a", created: 1}), policy, at(30.5), odd)
	e := entry(t, next, secret(t, "odd").KeyID())
	if !e.SealFrom.Equal(at(31)) || !e.OpenUntil.IsZero() || e.Disabled || !e.Created.Equal(at(30.5)) {
		t.Errorf("%v from %v until %v, disabled %v", e.Created, e.SealFrom, e.OpenUntil, e.Disabled)
	}
}

// checkNext checks what holds of Next for every document, policy and moment.
func checkNext(t *testing.T, d *keyfile.Document, p rotation.Policy, now time.Time) {
	t.Helper()
	before := content(d)
	newKey := numbered(t)
	next, changes, err := rotation.Next(d, p, now, newKey)
	same(t, content(d), before)
	findings := rotation.Check(d, p, now)
	found := codes(findings)
	if err != nil {
		if next != nil || changes != nil || !errors.Is(err, sealring.ErrInvalid) {
			t.Errorf("%v, %v beside error %v", next, changes, err)
		}
		return
	}

	// Nodes load it, and have a primary key.
	ring, err := sealring.NewKeyring(next.SealringKeys()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := ring.Primary(now); !ok {
		t.Errorf("no primary key after %v", says(changes))
	}

	// Once more, nothing changes; and the generation tells whether anything has.
	again, more := mustNext(t, next, p, now, newKey)
	if len(more) > 0 {
		t.Errorf("after %v a second run has %v", says(changes), says(more))
	}
	same(t, content(again), content(next))
	if wanted := d.Generation + int64(min(len(changes), 1)); next.Generation != wanted {
		t.Errorf("generation %d, want %d", next.Generation, wanted)
	}
	checkChanges(t, d, next, changes)

	// It makes nothing worse. Where a key must seal at once, or as soon as the last one closes, it seals early.
	squeezed := slices.Contains(found, rotation.NoPrimary) || slices.Contains(found, rotation.NoPrimarySoon) ||
		slices.Contains(found, rotation.ClosesEarly) || len(d.Keys) == 0
	for _, f := range rotation.Check(next, p, now) {
		allowed := slices.Contains(found, f.Code) && f.Code != rotation.NoPrimary ||
			squeezed && (f.Code == rotation.SealsEarly || f.Code == rotation.NoPrimarySoon)
		if !allowed {
			t.Errorf("found %v, and after %v also %+v", found, says(changes), f)
		}
	}
}

// checkChanges checks that the changes are all that differs, and that what is disabled stays so.
func checkChanges(t *testing.T, d, next *keyfile.Document, changes []rotation.Change) {
	t.Helper()
	action := map[string]rotation.Action{}
	for _, c := range changes {
		if _, ok := action[c.KeyID]; ok {
			t.Errorf("key %s changes twice: %v", c.KeyID, says(changes))
		}
		action[c.KeyID] = c.Action
	}
	kept := map[string]keyfile.Entry{}
	for _, e := range next.Keys {
		kept[e.String()] = e
	}
	for _, e := range d.Keys {
		n, ok := kept[e.String()]
		delete(kept, e.String())
		a := action[e.String()]
		delete(action, e.String())
		switch {
		case !ok && a == rotation.Removed:
			continue
		case !ok:
			t.Errorf("key %s is gone", e)
			continue
		case a == rotation.Closing:
			if e.Disabled || !e.OpenUntil.IsZero() || n.OpenUntil.IsZero() {
				t.Errorf("key %s gets another end: %v, %v", e, e.OpenUntil, n.OpenUntil)
			}
			n.OpenUntil = e.OpenUntil
		case a != "":
			t.Errorf("key %s is %s", e, a)
		}
		same(t, content(&keyfile.Document{Keys: []keyfile.Entry{n}}), content(&keyfile.Document{Keys: []keyfile.Entry{e}}))
	}
	// One, and one more behind each key that may be staged and has an end.
	most := 1
	for _, e := range d.Keys {
		if !e.SealFrom.IsZero() && !e.OpenUntil.IsZero() && !e.Disabled {
			most++
		}
	}
	if len(kept) != len(action) || len(kept) > most {
		t.Errorf("new keys %v, changes %v", kept, action)
	}
	for id := range kept {
		if action[id] != rotation.Staged {
			t.Errorf("key %s is new and %q", id, action[id])
		}
	}
}

// randomDocument returns a document of keys with any windows around a day; most are loaded by nodes.
func randomDocument(t testing.TB, random *rand.Rand, around float64) *keyfile.Document {
	t.Helper()
	var windows []window
	for n := range random.IntN(6) {
		w := window{id: string(rune('a' + n)), created: around - 50 + random.Float64()*50, disabled: random.IntN(5) == 0}
		if random.IntN(4) > 0 {
			w.sealFrom = w.created + random.Float64()*random.Float64()*60
		}
		if random.IntN(3) == 0 {
			w.openUntil = w.created + random.Float64()*100
		}
		windows = append(windows, w)
	}
	d := document(t, windows...)
	if len(d.Keys) == 0 {
		d.Generation = random.Int64N(2)
	}
	return d
}

func TestNextOfRandomDocuments(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		checkNext(t, randomDocument(t, random, 100), policy, at(100).Add(time.Duration(random.Int64N(int64(day)))))
		if t.Failed() {
			return
		}
	}
}

// From whatever document, Next comes to one without findings, and stays there.
func TestNextHeals(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	healed := 0
	for range 300 {
		d := randomDocument(t, random, 100)
		newKey := numbered(t)
		if _, _, err := rotation.Next(d, policy, at(100), newKey); err != nil {
			continue
		}
		newKey = numbered(t)
		for n := 100.0; n < 300; n++ {
			d, _ = mustNext(t, d, policy, at(n), newKey)
			if found := rotation.Check(d, policy, at(n)); n > 200 && len(found) > 0 {
				t.Fatalf("on day %v found %v", n, found)
			}
		}
		if healed++; len(d.Keys) > 3 {
			t.Errorf("there are still %d keys", len(d.Keys))
		}
	}
	if healed < 100 {
		t.Errorf("only %d documents", healed)
	}
}

// A staged key that closes soon after it has begun to seal, as somebody's trial may, leaves no time without a primary key:
// it gets a successor before it seals.
func TestNextBehindAShortKey(t *testing.T) {
	for name, windows := range map[string][]window{
		"behind a primary key": {{id: "a", created: 90}, {id: "b", created: 95, sealFrom: 104.25, openUntil: 104.5}},
		"alone":                {{id: "b", created: 95, sealFrom: 104.25, openUntil: 104.5}},
	} {
		d, newKey := document(t, windows...), numbered(t)
		for n := 100.0; n < 110; n++ {
			d, _ = mustNext(t, d, policy, at(n), newKey)
			ring, err := sealring.NewKeyring(d.SealringKeys()...)
			if err != nil {
				t.Fatal(err)
			}
			for hour := range 24 {
				if _, ok := ring.Primary(at(n + float64(hour)/24)); !ok {
					t.Fatalf("%s: no key seals on day %v", name, n+float64(hour)/24)
				}
			}
		}
	}
}
