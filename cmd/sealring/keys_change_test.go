package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// told is what a program reads of a change.
type told struct {
	File       string
	Generation int64
	Written    bool
	Changes    []struct {
		Action, Text string
		KeyID        string `json:"key_id"`
		At           time.Time
	}
	Consequences []struct{ Effect, Text string }
	Findings     []struct{ Code, Severity string }
}

func parseTold(t testing.TB, stdout string) told {
	t.Helper()
	var v told
	d := json.NewDecoder(strings.NewReader(stdout))
	if err := d.Decode(&v); err != nil || v.Changes == nil || d.More() {
		t.Fatalf("%q, %v", stdout, err)
	}
	return v
}

// newRingFile returns the path of a file with a ring in it.
func newRingFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ring.json")
	if err := writePrivate(path, text); err != nil {
		t.Fatal(err)
	}
	return path
}

func readRing(t testing.TB, path string) *keyfile.Document {
	t.Helper()
	d, err := keyfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// unchanged runs a command that must leave the file as it is, and no other beside it.
func unchanged(t testing.TB, w world, path string, args ...string) outcome {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o := w.run(args...)
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("%q changed the file, %v", args[:2], err)
	}
	if temp, _ := filepath.Glob(path + ".tmp"); len(temp) > 0 {
		t.Errorf("%q left %v", args[:2], temp)
	}
	showsNoSecret(t, o.stdout+o.stderr)
	return o
}

const day = 24 * time.Hour

// A year of weekly runs: every token is good for as long as it was sealed for, and a second run changes nothing.
func TestRotateForAYear(t *testing.T) {
	path := newRingFile(t, ringA)
	policy := []string{"--run-every", "7d", "--lifetime", "30d"}
	seal := []string{"seal", "--ring", path, "--purpose", "session", "--ttl", "30d"}
	open := []string{"open", "--ring", path, "--purpose", "session"}
	type token struct {
		text   string
		sealed time.Time
	}
	var live []token
	keys := map[string]bool{}
	opened, generation := 0, int64(1)
	for now := knownTime; now.Before(knownTime.Add(366 * day)); now = now.Add(day) {
		if now.Sub(knownTime)%(7*day) == 0 {
			w := world{now: now}
			first := parseTold(t, w.mustRun(t, append([]string{"--json", "keys", "rotate", path}, policy...)...))
			generation = first.Generation
			second := parseTold(t, unchanged(t, w, path, append([]string{"--json", "keys", "rotate", path}, policy...)...).stdout)
			if second.Written || len(second.Changes) > 0 || second.Generation != generation {
				t.Fatalf("%v: again %+v", now, second)
			}
			w.mustRun(t, append([]string{"keys", "check", "--ring", path}, policy...)...)
			live = append(live, token{world{now: now, stdin: "1"}.mustRun(t, seal...), now})
		}
		for i, tok := range live {
			switch age := now.Sub(tok.sealed); {
			case age < 30*day:
				if out := (world{now: now, stdin: tok.text}).mustRun(t, open...); out != "1\n" {
					t.Fatalf("%v: %q", now, out)
				}
				opened++
				// The last moment at which it is good.
				if age == 29*day {
					world{now: tok.sealed.Add(30*day - time.Millisecond), stdin: tok.text}.mustRun(t, open...)
				}
			case i == len(live)-1:
				t.Fatal("the last token is old")
			}
		}
		for _, e := range readRing(t, path).Keys {
			keys[e.String()] = true
		}
	}
	if d := readRing(t, path); len(keys) < 12 || len(d.Keys) > 4 || d.Generation != generation || d.Generation < 20 || opened < 1500 {
		t.Errorf("%d keys in all, %d at the end, generation %d, opened %d", len(keys), len(d.Keys), d.Generation, opened)
	}
}

// Runs at the same time, as of two machines' cron, stage one key.
func TestRotateAtTheSameTime(t *testing.T) {
	path := newRingFile(t, ringA)
	w := world{now: knownTime.Add(29 * day)}
	var wrote atomic.Int32
	var runs sync.WaitGroup
	for range 8 {
		runs.Go(func() {
			o := w.run("--json", "keys", "rotate", path)
			if o.exit != exitOK || o.stderr != "" {
				t.Errorf("%+v", o)
			}
			if strings.Contains(o.stdout, `"written":true`) {
				wrote.Add(1)
			}
		})
	}
	runs.Wait()
	if d := readRing(t, path); wrote.Load() != 1 || len(d.Keys) != 2 || d.Generation != 2 {
		t.Errorf("%d wrote, %v", wrote.Load(), d)
	}
}

// Whatever is no ring, or is not to be changed, stays as it is.
func TestWritersRefuse(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"empty": "", "truncated": ringA[:len(ringA)-40], "twice": ringA + ringA, "junk": secretA, "text": "[]",
		"tie": ringWith(`},{"id":"b","secret":"srk1_xX-LBPqqVNuO3QqjvIDNEkOPvAVvPJOmapQLOlL1P5M","created":"2026-01-01T00:00:00.000Z"`),
	} {
		if err := writePrivate(name, text); err != nil {
			t.Fatal(err)
		}
		for _, args := range writers(name) {
			if o := unchanged(t, world{}, name, args...); o.exit != exitFailure || o.stdout != "" || o.stderr == "" {
				t.Errorf("%s, %q: %+v", name, args, o)
			}
		}
	}
	for name, mode := range map[string]os.FileMode{"group": 0o640, "all": 0o604} {
		if err := writePrivate(name, ringA); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		for _, args := range writers(name) {
			if o := unchanged(t, world{}, name, args...); o.exit != exitFailure || !strings.Contains(o.stderr, "chmod 600") || o.stdout != "" {
				t.Errorf("%s, %q: %+v", name, args, o)
			}
		}
	}
	if err := writePrivate("last", strings.Replace(ringWith(`,"open_until":"2026-01-02T00:00:00.000Z"`), `"generation": 1`, `"generation": 9007199254740991`, 1)); err != nil {
		t.Fatal(err)
	}
	for _, args := range writers("last") {
		if o := unchanged(t, world{}, "last", args...); o.exit != exitFailure || o.stdout != "" {
			t.Errorf("%q: %+v", args, o)
		}
	}
	for _, path := range []string{"-", "", "nowhere", ".", ringA, secretA, "{", secretForms(t)["hex"]} {
		for _, args := range writers(path) {
			o := world{stdin: ringA}.run(args...)
			if o.exit != exitFailure && o.exit != exitUsage || o.stdout != "" {
				t.Errorf("%q: %+v", args, o)
			}
			showsNoSecret(t, o.stderr)
		}
	}
}

// writers are command lines that change a ring with the key a, were it in order.
func writers(path string) [][]string {
	return [][]string{
		{"keys", "rotate", path},
		{"keys", "rotate", path, "--dry-run"},
		{"keys", "stage", path},
		{"keys", "revoke", path, "a", "--yes"},
		{"keys", "revoke", path, "a", "--dry-run"},
		{"keys", "revoke", path, "a"},
		{"keys", "retire", path, "a", "--in", "1d", "--force"},
	}
}

// A key that has leaked goes in one step, with one that seals in its place; nothing is written before somebody says so.
func TestRevoke(t *testing.T) {
	path := newRingFile(t, ringA)
	token := world{stdin: "1"}.mustRun(t, "seal", "--ring", path, "--purpose", "session", "--ttl", "30d")
	later := world{now: knownTime.Add(day), stdin: token}
	for _, args := range [][]string{{}, {"--dry-run"}} {
		o := unchanged(t, later, path, append([]string{"--json", "keys", "revoke", path, "a"}, args...)...)
		v := parseTold(t, o.stdout)
		if v.Written || v.Generation != 2 || len(v.Changes) != 2 || v.Changes[0].Action != "revoked" || v.Changes[0].KeyID != "a" ||
			v.Changes[1].Action != "staged" || v.Consequences[0].Effect != "tokens-refused" {
			t.Errorf("%q: %+v", args, v)
		}
		if len(args) == 0 {
			if line := parseFailure(t, o.stderr); o.exit != exitFailure || !strings.Contains(line.Error, "--yes") {
				t.Errorf("%+v", o)
			}
		} else if o.exit != exitOK {
			t.Errorf("%+v", o)
		}
	}
	later.mustRun(t, "open", "--ring", path, "--purpose", "session")

	v := parseTold(t, later.mustRun(t, "--json", "keys", "revoke", path, "a", "--yes"))
	if !v.Written || v.Generation != 2 || len(v.Changes) != 2 {
		t.Errorf("%+v", v)
	}
	d := readRing(t, path)
	if len(d.Keys) != 2 || !d.Keys[0].Disabled || d.Keys[1].Disabled || d.Generation != 2 {
		t.Errorf("%+v", d)
	}
	if o := later.run("open", "--ring", path, "--purpose", "session"); o.exit != 15 {
		t.Errorf("the revoked key opens: %+v", o)
	}
	world{now: later.now, stdin: "1"}.mustRun(t, "seal", "--ring", path, "--purpose", "session", "--ttl", "1h")
	for _, args := range [][]string{{}, {"--yes"}} {
		o := unchanged(t, later, path, append([]string{"--json", "keys", "revoke", path, "a"}, args...)...)
		if v := parseTold(t, o.stdout); o.exit != exitOK || v.Written || len(v.Changes) > 0 || v.Consequences[0].Effect != "nothing-changes" {
			t.Errorf("again: %+v", o)
		}
	}
}

// A key that has leaked goes also where the clock keeps the next one from coming.
func TestRevokeWithAClockThatIsBehind(t *testing.T) {
	path := newRingFile(t, ringA)
	v := parseTold(t, world{now: knownTime.Add(-day)}.mustRun(t, "--json", "keys", "revoke", path, "a", "--yes"))
	if last := v.Consequences[len(v.Consequences)-1]; !v.Written || last.Effect != "no-rotation" || !strings.Contains(last.Text, "clock") {
		t.Errorf("%+v", v)
	}
	// Nodes take no document in which no key seals, and would go on with the leaked one.
	d := readRing(t, path)
	if len(d.Keys) != 2 || !d.Keys[0].Disabled {
		t.Fatalf("%+v", d)
	}
	ring, err := sealring.NewKeyring(d.SealringKeys()...)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := ring.Primary(knownTime.Add(-day)); !ok || id != d.Keys[1].ID {
		t.Errorf("%q seals, in %+v", id, d)
	}
}

// A clock that is behind is no reason to write.
func TestRotateWithAClockThatIsBehind(t *testing.T) {
	path := newRingFile(t, ringA)
	for _, now := range []time.Time{time.Unix(1, 0), knownTime.Add(-time.Minute), knownTime.AddDate(9000, 0, 0)} {
		o := unchanged(t, world{now: now}, path, "--json", "keys", "rotate", path)
		if line := parseFailure(t, o.stderr); o.exit != exitFailure || !strings.Contains(line.Error, "clock") || o.stdout != "" {
			t.Errorf("%v: %+v", now, o)
		}
	}
	world{now: knownTime.Add(-time.Minute)}.mustRun(t, "keys", "rotate", path, "--skew", "1m")
}
