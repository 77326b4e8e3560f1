package rotation_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

var (
	policies = flag.Int("policies", 0, "how many random policies TestNobodyIsLoggedOut lives under; 0 means 200, fewer with -race or -short")
	seed     = flag.Uint64("seed", 1, "the seed of TestNobodyIsLoggedOut")
)

// The one that this package is for: nothing found, nobody logged out. A larger run:
//
//	go test ./rotation -run NobodyIsLoggedOut -v -timeout 0 -policies 5000 -seed 7
func TestNobodyIsLoggedOut(t *testing.T) {
	survey := rotation.Survey{Policies: 200, Nodes: 1000, Late: 5, Seed: *seed}
	if raceEnabled || testing.Short() {
		survey.Policies, survey.Nodes = 20, 200
	}
	if *policies > 0 {
		survey.Policies = *policies
		begun := time.Now()
		survey.Progress = func(done, of int) {
			if done%10 == 0 || done == of {
				fmt.Fprintf(os.Stderr, "%d of %d policies, %v\n", done, of, time.Since(begun).Round(time.Second))
			}
		}
	}
	report, err := survey.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report.Summary())
	if report.Failed+report.Refused+report.Overdue+len(report.Findings) > 0 {
		t.Errorf("\n%s", report.Text())
	}
	// Otherwise it shows nothing.
	if report.Documents < 20*survey.Policies || report.Sealed < 1000*survey.Policies || report.Opened < 10*report.Sealed {
		t.Errorf("too little happened\n%s", report.Text())
	}
	if report.LateRefused == 0 {
		t.Error("late nodes do no harm, so Propagation is without use")
	}
}

// sloppy returns the documents that Next makes under one policy, as they are run by the clock of another.
func sloppy(t *testing.T, under rotation.Policy, days int, every time.Duration) []rotation.Publication {
	t.Helper()
	var made []rotation.Publication
	newKey := numbered(t)
	var d *keyfile.Document
	for now := at(1); now.Before(at(float64(days))); now = now.Add(every) {
		next, changes, err := rotation.Next(d, under, now, newKey)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) > 0 {
			d = next
			made = append(made, rotation.Publication{At: now, Document: d})
		}
	}
	return made
}

// The same for documents that were made under another policy than the fleet's: Check is right about those too. What is
// found must do harm often, or Check cries wolf.
func TestWhatCheckPassesIsSafe(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	runs, clean, harmed := 400, 0, 0
	if raceEnabled || testing.Short() {
		runs = 40
	}
	factors := []float64{0.1, 0.5, 0.9, 1, 1, 1, 1, 1.1, 2}
	for n := range runs {
		other := policy
		vary := func(d time.Duration) time.Duration {
			return time.Duration(float64(d) * factors[random.IntN(len(factors))]).Truncate(time.Millisecond)
		}
		other.RotateEvery, other.Publication, other.Reload = vary(policy.RotateEvery), vary(policy.Publication), vary(policy.Reload)
		other.Lifetime, other.Skew, other.Grace = vary(policy.Lifetime), vary(policy.Skew), vary(policy.Grace)
		report, err := rotation.Simulation{
			Policy: policy, Nodes: 50, Seed: uint64(n), Start: at(1), Duration: 150 * day,
			Publications: sloppy(t, other, 150, policy.RunEvery),
		}.Run()
		if err != nil {
			t.Fatal(err)
		}
		harm := report.Failed + report.Refused + report.Overdue
		switch {
		case len(report.Findings) > 0 && harm > 0:
			harmed++
		case len(report.Findings) == 0:
			clean++
			if harm > 0 {
				t.Errorf("nothing found under %+v\n%s", other, report.Text())
			}
		}
	}
	t.Logf("of %d runs %d are without findings, and %d of the others do harm", runs, clean, harmed)
	if clean < runs/20 || harmed < runs/4 {
		t.Error("too few of one kind")
	}
}

// Harm is what a fleet is to suffer.
type harm func(*rotation.Report) int

func failed(r *rotation.Report) int  { return r.Failed }
func refused(r *rotation.Report) int { return r.Refused }
func overdue(r *rotation.Report) int { return r.Overdue }

// published is a document and the day on which it is written.
type published struct {
	day     float64
	windows []window
}

// No finding is idle: for each there are documents about which Check says it, and that harm a fleet, and others that are
// as people were told to make them, and do not.
func TestNoFindingIsIdle(t *testing.T) {
	a := window{id: "a", created: 1}
	b := window{id: "b", created: 5, sealFrom: 20}
	minute := time.Minute.Hours() / 24
	covered := map[rotation.Code]bool{rotation.BadPolicy: true} // TestBadPolicyIsRefusedAlike
	for _, test := range []struct {
		name      string
		code      rotation.Code
		harm      harm
		days      float64
		bad, good []published
	}{
		{"no key seals yet", rotation.NoPrimary, failed, 10,
			[]published{{1, []window{{id: "a", created: 1, sealFrom: 6}}}},
			[]published{{1, []window{a}}}},
		{"the newest key is closed", rotation.NoPrimary, failed, 10,
			[]published{{1, []window{a, {id: "b", created: 1, sealFrom: 1.5, openUntil: 2}}}, {3, []window{a, {id: "b", created: 1, sealFrom: 1.5, openUntil: 2}}}},
			[]published{{1, []window{a}}}},
		{"the last key closes", rotation.NoPrimarySoon, failed, 28,
			[]published{{1, []window{{id: "a", created: 1, openUntil: 22}}}},
			[]published{{1, []window{a}}}},
		{"a slow clock has no key", rotation.NoPrimarySoon, failed, 10,
			[]published{{1, []window{{id: "a", created: 1, sealFrom: 1}}}},
			[]published{{1, []window{{id: "a", created: 1, sealFrom: 1 - minute}}}}},
		{"a key seals when it is made", rotation.SealsEarly, refused, 28,
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 5}}}},
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 5 + 36*minute}}}}},
		{"a key seals a little early", rotation.SealsEarly, refused, 28,
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 5 + 33*minute}}}},
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 5 + 35.5*minute}}}}},
		{"a key closes a little early", rotation.ClosesEarly, refused, 40,
			[]published{{1, []window{a}}, {5, []window{a, b}}, {21, []window{{id: "a", created: 1, openUntil: 30 - minute/60}, b}}},
			[]published{{1, []window{a}}, {5, []window{a, b}}, {21, []window{{id: "a", created: 1, openUntil: 30 + minute}, b}}}},
		{"a key closes with a newer one", rotation.ClosesEarly, refused, 40,
			[]published{{1, []window{a}}, {5, []window{{id: "a", created: 1, openUntil: 20}, b}}},
			[]published{{1, []window{a}}, {5, []window{{id: "a", created: 1, openUntil: 31}, b}}}},
		{"a key is disabled when a newer one seals", rotation.DisabledEarly, refused, 40,
			[]published{{1, []window{a}}, {5, []window{a, b}}, {21, []window{{id: "a", created: 1, disabled: true}, b}}},
			[]published{{1, []window{a}}, {5, []window{a, b}}, {31, []window{{id: "a", created: 1, disabled: true}, b}}}},
		{"nobody rotates", rotation.Overdue, overdue, 60,
			[]published{{1, []window{a}}},
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 31}}}}},
		{"the next key is late", rotation.Overdue, overdue, 45,
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 34}}}},
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 31}}}}},
		{"the next key has the wrong year", rotation.FarAhead, overdue, 45,
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 31 + 365}}}},
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 31}}}}},
		{"the clock that made the next key is ahead", rotation.ClockBehind, overdue, 45,
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 40, sealFrom: 41}}}},
			[]published{{1, []window{a}}, {5, []window{a, {id: "b", created: 5, sealFrom: 31}}}}},
		{"two keys seal from the same time", rotation.BadDocument, failed, 10,
			[]published{{1, []window{a, {id: "b", created: 1}}}},
			[]published{{1, []window{a, {id: "b", created: 1, sealFrom: 2}}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			covered[test.code] = true
			// Clocks differ with the seed, and some harm needs one that does so enough.
			found, harmed := 0, 0
			for seed := range uint64(8) {
				bad, good := play(t, seed, test.days, test.bad), play(t, seed, test.days, test.good)
				found, harmed = found+bad.Findings[test.code], harmed+test.harm(bad)
				if len(good.Findings)+good.Failed+good.Refused+good.Overdue > 0 {
					t.Errorf("done well, want neither findings nor harm\n%s", good.Text())
				}
			}
			if found == 0 || harmed == 0 {
				t.Errorf("%d findings %s, harm to %d tokens", found, test.code, harmed)
			}
		})
	}
	for _, code := range rotation.Codes {
		if !covered[code] {
			t.Errorf("finding %s is idle", code)
		}
	}
}

// play lets a fleet live with some documents. It begins before the first, so that no clock of a node has reached its time.
func play(t *testing.T, seed uint64, days float64, documents []published) *rotation.Report {
	t.Helper()
	var publications []rotation.Publication
	for _, p := range documents {
		publications = append(publications, rotation.Publication{At: at(p.day), Document: document(t, p.windows...)})
	}
	report, err := rotation.Simulation{
		Policy: policy, Nodes: 300, Seed: seed, Start: at(1).Add(-time.Minute), Duration: time.Duration((days - 1) * float64(day)), Publications: publications,
	}.Run()
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// A clock that shows 1970 would have a key seal at once that nobody knows: Check says so by that clock, and Next refuses.
func TestClockAt1970(t *testing.T) {
	a := window{id: "a", created: 1}
	d := document(t, a)
	wrong := time.Date(1970, 1, 1, 0, 5, 0, 0, time.UTC)
	if got := codes(rotation.Check(d, policy, wrong)); !slices.Equal(got, []rotation.Code{rotation.ClockBehind}) {
		t.Errorf("found %v", got)
	}
	if _, _, err := rotation.Next(d, policy, wrong, nil); !errors.Is(err, sealring.ErrConfig) {
		t.Errorf("error %v", err)
	}

	// What it would have made:
	next := document(t, a, window{id: "b", created: 1})
	next.Keys[1].Created, next.Keys[1].SealFrom = wrong, policy.EarliestSealFrom(wrong)
	report, err := rotation.Simulation{Policy: policy, Nodes: 300, Start: at(1), Duration: 20 * day,
		Publications: []rotation.Publication{{At: at(1), Document: d}, {At: at(5), Document: next}}}.Run()
	if err != nil {
		t.Fatal(err)
	}
	if report.Refused == 0 {
		t.Errorf("no harm\n%s", report.Text())
	}
}

func TestBadPolicyIsRefusedAlike(t *testing.T) {
	bad := policy
	bad.Lifetime = 0
	findings := rotation.Check(document(t, window{id: "a", created: 1}), bad, at(2))
	if got := codes(findings); !slices.Equal(got, []rotation.Code{rotation.BadPolicy}) || !strings.Contains(findings[0].Text, "set Policy.Lifetime") {
		t.Errorf("found %v", findings)
	}
	_, _, nextErr := rotation.Next(nil, bad, at(2), nil)
	_, runErr := rotation.Simulation{Policy: bad}.Run()
	for _, err := range []error{bad.Validate(), nextErr, runErr} {
		if !errors.Is(err, sealring.ErrConfig) || !errors.Is(err, sealring.ErrInvalid) {
			t.Errorf("error %v", err)
		}
	}
}

func TestSimulationIsDeterministic(t *testing.T) {
	s := rotation.Simulation{Policy: policy, Nodes: 100, Late: 3, Seed: 9, Duration: 200 * day}
	one, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(one, two) {
		t.Error("another report")
	}
	s.Seed++
	if other, err := s.Run(); err != nil || reflect.DeepEqual(one, other) {
		t.Error("the seed is without use", err)
	}

	survey := rotation.Survey{Policies: 4, Nodes: 20, Duration: 300 * day, Seed: 5}
	first, err := survey.Run()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	survey.Progress = func(done, of int) {
		if calls++; done != calls || of != 4 {
			t.Errorf("progress %d of %d at call %d", done, of, calls)
		}
	}
	if second, err := survey.Run(); err != nil || !reflect.DeepEqual(first, second) || calls != 4 {
		t.Error("another report", err, calls)
	}
}

// A fleet that begins with one key of no SealFrom, which is old, is without losses too: the key is overdue, no more.
func TestSimulationFromOneOldKey(t *testing.T) {
	d := document(t, window{id: "a", created: 1})
	report, err := rotation.Simulation{Policy: policy, Nodes: 100, Start: at(500), Duration: 400 * day, Document: d}.Run()
	if err != nil {
		t.Fatal(err)
	}
	if report.Failed+report.Refused > 0 || report.Findings[rotation.Overdue] == 0 || len(report.Findings) > 1 || report.Overdue == 0 {
		t.Errorf("\n%s", report.Text())
	}
	if d.Generation != 1 || len(d.Keys) != 1 || !d.Keys[0].OpenUntil.IsZero() {
		t.Error("the simulation changed the document")
	}
}

func TestSimulationRefuses(t *testing.T) {
	d := document(t, window{id: "a", created: 1})
	for name, s := range map[string]rotation.Simulation{
		"one node":         {Policy: policy, Nodes: 1},
		"too many nodes":   {Policy: policy, Nodes: 100_000, Late: 1},
		"negative late":    {Policy: policy, Late: -1},
		"backwards":        {Policy: policy, Duration: -1},
		"beyond 9999":      {Policy: policy, Start: time.Date(9999, 12, 1, 0, 0, 0, 0, time.UTC)},
		"before its start": {Policy: policy, Start: at(5), Publications: []rotation.Publication{{At: at(1), Document: d}}},
		"not in their order": {Policy: policy, Start: at(1),
			Publications: []rotation.Publication{{At: at(3), Document: d}, {At: at(2), Document: d}}},
	} {
		if r, err := s.Run(); !errors.Is(err, sealring.ErrConfig) || r != nil {
			t.Errorf("%s: %v, error %v", name, r, err)
		}
	}
	if _, err := (rotation.Survey{Policies: -1}).Run(); !errors.Is(err, sealring.ErrConfig) {
		t.Errorf("error %v", err)
	}
}
