package rotation

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// randomDocument returns a document of keys whose windows meet: all times are whole minutes of one hour.
func randomDocument(random *rand.Rand, newKey func() sealring.Key) *keyfile.Document {
	d := &keyfile.Document{Generation: 1}
	minute := func() time.Time { return time.UnixMilli(random.Int64N(60) * 60_000) }
	for range 1 + random.IntN(5) {
		e := keyfile.Entry{Key: newKey(), Created: minute()}
		e.Disabled = random.IntN(4) == 0
		if random.IntN(4) > 0 {
			e.SealFrom = minute()
		}
		if random.IntN(2) == 0 {
			e.OpenUntil = minute()
		}
		d.Keys = append(d.Keys, e)
	}
	return d
}

// The simulation proves something about a Keyring only if its model is one: a real ring seals and opens beside it.
func TestModelIsAKeyring(t *testing.T) {
	random, newKey := rand.New(rand.NewPCG(1, 2)), newKeys(1)
	loaded, sealed, refused := 0, 0, 0
	for range 3000 {
		d := randomDocument(random, newKey)
		m, err := newModel(d)
		ring, ringErr := sealring.NewKeyring(d.SealringKeys()...)
		if (err == nil) != (ringErr == nil) {
			t.Fatalf("the model says %v, a Keyring %v", err, ringErr)
		}
		if err != nil {
			continue
		}
		loaded++
		for range 10 {
			now := random.Int64N(61*60_000) / 30_000 * 30_000
			s, r := compareAt(t, m, ring, d, now, random.Int64N(60*60_000))
			sealed, refused = sealed+s, refused+r
		}
	}
	if loaded < 1000 || sealed < 1000 || refused < 1000 {
		t.Errorf("%d documents, %d tokens, %d refused: too few", loaded, sealed, refused)
	}
}

// compareAt seals with a ring at a moment, and opens what each of its keys sealed on its own.
func compareAt(t *testing.T, m *model, ring *sealring.Keyring, d *keyfile.Document, now, later int64) (sealed, refused int) {
	t.Helper()
	codec := func(ring *sealring.Keyring, now int64) *sealring.Codec[int] {
		c, err := sealring.NewCodec[int](ring, "test", &sealring.Options{TTL: time.Hour,
			Now: func() time.Time { return time.UnixMilli(now) }})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	token, err := codec(ring, now).Seal(1)
	primary := m.primary(now)
	if (primary == nil) != errors.Is(err, sealring.ErrNoPrimaryKey) {
		t.Fatalf("primary %v, sealing %v", primary, err)
	}
	if primary != nil {
		sealed++
		info, err := sealring.Inspect(token)
		if err != nil || info.KeyID != primary.id || info.Expires.UnixMilli() != min(now+time.Hour.Milliseconds(), primary.openUntil) {
			t.Fatalf("sealed with %s until %v, want %s; %v", info.KeyID, info.Expires, primary.id, err)
		}
	}

	for i, e := range d.Keys {
		alone, err := sealring.NewKeyring(sealring.Key{ID: e.ID, Secret: e.Secret})
		if err != nil {
			t.Fatal(err)
		}
		token, err := codec(alone, later).Seal(1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = codec(ring, later).Open(token)
		if opens := m.keys[i].opens(later); opens != (err == nil) || !opens && !errors.Is(err, sealring.ErrUnknownKey) {
			t.Fatalf("key %s opens: %v; a Keyring: %v", e, opens, err)
		}
		if err != nil {
			refused++
		}
	}
	return sealed, refused
}

func TestSuperseded(t *testing.T) {
	p := Policy{RotateEvery: 10000 * time.Millisecond, Reload: 100 * time.Millisecond, Lifetime: time.Second}
	m := &model{
		keys: []key{
			{id: "a", created: 0, sealFrom: farPast},
			{id: "b", created: 900, sealFrom: 1000},                 // known from 1000 on
			{id: "c", created: 5000, sealFrom: 2000},                // too late for its SealFrom
			{id: "d", created: 0, sealFrom: 2500, disabled: true},   // does not count
			{id: "e", created: 0, sealFrom: 9000, openUntil: 10000}, // the last
			{id: "f", created: 0, sealFrom: 2000, disabled: true},   // what c replaces
		},
		order: []int{4, 2, 1, 0},
	}
	for id, want := range map[string]int64{"a": 1000, "b": 5100, "c": 9000, "d": 9000, "e": farFuture, "f": 5100} {
		if got := m.superseded(m.find(id), p); got != want {
			t.Errorf("%s: %d, want %d", id, got, want)
		}
	}
	for id, want := range map[string]string{"a": "b", "b": "c", "c": "e", "e": ""} {
		got := ""
		if next := m.successor(m.find(id)); next != nil {
			got = next.id
		}
		if got != want {
			t.Errorf("after %s comes %q, want %q", id, got, want)
		}
	}
	if m.find("z") != nil {
		t.Error("found what is not there")
	}
}

func TestEveryCodeHasASeverity(t *testing.T) {
	for _, code := range Codes {
		if severities[code] == "" {
			t.Errorf("%s has none", code)
		}
	}
	if len(severities) != len(Codes) {
		t.Errorf("%d severities for %d codes", len(severities), len(Codes))
	}
}

// The fleet keeps to the policy, and goes to its limits.
func TestFleetKeepsToThePolicy(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	nearly := 0
	for n := range 100 {
		s := Simulation{Policy: randomPolicy(random), Nodes: 300, Late: 20, Seed: uint64(n), Start: time.UnixMilli(1 << 40)}
		f := newFleet(s)
		for node := range s.Nodes {
			if clock := f.clocks[node]; clock < 0 || clock > f.skew {
				t.Fatalf("the clock of node %d is %d ms ahead, of %d", node, clock, f.skew)
			}
		}
		if f.clocks[fastest]-f.clocks[slowest] != f.skew {
			t.Error("no clocks are as far apart as they may be")
		}
		m := &model{keys: []key{{id: "a", sealFrom: farPast, openUntil: farFuture}}, order: []int{0}}
		propagation := s.Policy.Propagation().Milliseconds()
		for i := range 10 {
			v := &version{model: m, written: f.start + random.Int64N(1<<36)}
			f.adopt(v, i+1)
			late := false
			for node, adopted := range v.adopted {
				delay := adopted - v.written
				if delay < 0 || node < s.Nodes && delay > propagation {
					t.Fatalf("node %d has a document after %d ms, of %d: %+v", node, delay, propagation, s.Policy)
				}
				late = late || node >= s.Nodes && delay > propagation
			}
			if v.adopted[v.last] != slices.Max(v.adopted[:s.Nodes]) || v.adopted[v.first] != slices.Min(v.adopted[:s.Nodes]) {
				t.Fatal("others are first and last")
			}
			if v.adopted[v.last]-v.written > propagation*95/100 {
				nearly++
			}
		}
	}
	if nearly < 500 {
		t.Errorf("of 1000 documents only %d take as long as they may", nearly)
	}
}

// A node that fails to reload fails in a row as often as it may, and not once more; restarts load, whatever happens.
func TestAdoption(t *testing.T) {
	s := Simulation{Policy: Policy{RotateEvery: 24 * time.Hour, Reload: time.Minute, FailedReloads: 3, Lifetime: time.Hour},
		Nodes: 50, Start: time.UnixMilli(1 << 40)}
	f := newFleet(s)
	open := &model{keys: []key{{sealFrom: farPast, openUntil: farFuture}}, order: []int{0}}
	none := new(model)
	for node := range s.Nodes {
		last, next := f.restarted(node, f.start+1<<32)
		if last > f.start+1<<32 || next <= f.start+1<<32 {
			t.Fatalf("node %d started at %d, and will at %d", node, last, next)
		}
		if again, _ := f.restarted(node, last); again != last {
			t.Errorf("at its start, node %d started at %d and not %d", node, again, last)
		}
		if got := f.adoption(open, node, last); got != last {
			t.Errorf("node %d starts with a document of %d", node, got)
		}
		first := f.adoption(open, node, last+1)
		if wait := first - last; first != next && (wait%60_000 != 0 || wait < 60_000 || wait > 4*60_000) {
			t.Errorf("node %d loads after %d ms", node, wait)
		}
		if got := f.adoption(none, node, last+1); got != next {
			t.Errorf("node %d takes a document without a primary key at %d, before it restarts at %d", node, got, next)
		}
	}
}

// Where a key is overdue, Next stages the next one as soon as it may and not a run ahead: then the arithmetic is all that
// stands between nodes and tokens of a key that they do not know. Without any of its parts, tokens are lost.
func TestStagingIsTight(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 11))
	less := map[string]func(Policy) time.Duration{
		"nothing":     func(Policy) time.Duration { return 0 },
		"publication": func(p Policy) time.Duration { return p.Publication },
		"reload":      func(p Policy) time.Duration { return p.Reload },
		"skew":        func(p Policy) time.Duration { return p.Skew },
	}
	refused := map[string]int{}
	for seed := range uint64(60) {
		p := randomPolicy(random)
		// Parts of one size, so that each is felt.
		p.Publication, p.Skew, p.Reload, p.FailedReloads = time.Hour, time.Hour, time.Hour, int(seed%3)
		p.RotateEvery, p.RunEvery, p.Lifetime = 10*24*time.Hour, 0, 30*24*time.Hour
		start := time.UnixMilli(1 << 40).UTC()
		old := &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{{Key: newKeys(1)(), Created: start.Add(-11 * 24 * time.Hour)}}}
		old.Keys[0].ID = "old"
		staged, _, err := Next(old, p, start.Add(24*time.Hour), newKeys(2))
		if err != nil {
			t.Fatal(err)
		}
		for name, part := range less {
			d := &keyfile.Document{Generation: staged.Generation, Keys: slices.Clone(staged.Keys)}
			d.Keys[1].SealFrom = d.Keys[1].SealFrom.Add(-part(p))
			report, err := Simulation{Policy: p, Nodes: 200, Seed: seed, Start: start, Duration: 5 * 24 * time.Hour, Publications: []Publication{
				{start.Add(12 * time.Hour), old}, {start.Add(24 * time.Hour), d},
			}}.Run()
			if err != nil {
				t.Fatal(err)
			}
			refused[name] += report.Refused + report.Failed
			if early := report.Findings[SealsEarly] > 0; early != (name != "nothing") {
				t.Errorf("without %s, found %v", name, report.Findings)
			}
		}
	}
	for name, n := range refused {
		if (n > 0) != (name != "nothing") {
			t.Errorf("without %s, %d tokens are refused", name, n)
		}
	}
}
