package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ringWith returns the document of the key a with more fields, and maybe more keys.
func ringWith(fields string) string {
	return strings.TrimSuffix(ringA, "}]}") + fields + "}]}"
}

// A secret that somebody pasted into a comment is not shown, nor what moves a cursor.
func TestListShowsNoSecret(t *testing.T) {
	for name, secret := range secretForms(t) {
		w := world{ring: ringWith(`,"comment":"was ` + secret + `"`)}
		for _, args := range [][]string{{"keys", "list"}, {"--json", "keys", "list"}, {"keys", "timeline"}, {"--json", "keys", "timeline"}} {
			out := w.mustRun(t, args...)
			showsNoSecret(t, out)
			if args[len(args)-1] == "list" && !strings.Contains(out, "was REDACTED") {
				t.Errorf("%s: the comment is gone", name)
			}
		}
	}
	// As people copy it from the environment of a program.
	for name, secret := range secretForms(t) {
		for _, args := range [][]string{{"keys", "list"}, {"--json", "keys", "list"}} {
			out := world{ring: ringWith(`,"comment":"SECRET_KEY=` + secret + `"`)}.mustRun(t, args...)
			showsNoSecret(t, out)
			if !strings.Contains(out, "REDACTED") {
				t.Errorf("%s: %q", name, out)
			}
		}
	}
	long := strings.Repeat("x", 100)
	if out := (world{ring: ringWith(`,"comment":"a\u001b[2J\n` + long + `"`)}).mustRun(t, "keys", "list"); strings.ContainsAny(out, "\x1b") ||
		strings.Count(out, "\n") != 3 || strings.Contains(out, long) {
		t.Errorf("%q", out)
	}
}

// readers are the commands that read a ring and nothing else.
var readers = []string{"list", "check", "timeline", "simulate"}

// What is no ring, or one that others can read, is refused by every command, and nothing is shown.
func TestReadersRefuse(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("good", ringA, 0o600)
	write("shared", ringA, 0o640)
	write("public", ringA, 0o604)
	for name, text := range map[string]string{
		"empty": "", "blank": "\n", "truncated": ringA[:len(ringA)-40], "twice": ringA + ringA, "junk": secretA,
		"tie":     ringWith(`},{"id":"b","secret":"srk1_xX-LBPqqVNuO3QqjvIDNEkOPvAVvPJOmapQLOlL1P5M","created":"2026-01-01T00:00:00.000Z"`),
		"keyless": `{"version":1,"generation":1,"keys":[]}`, "huge": strings.Repeat(" ", maxRing+1),
	} {
		write(name, text, 0o600)
		for _, command := range readers {
			for _, w := range []struct {
				world
				args []string
			}{
				{world{}, []string{"--ring", name}},
				{world{stdin: text}, []string{"--ring", "-"}},
			} {
				o := w.run(append([]string{"keys", command}, w.args...)...)
				if o.exit != exitFailure || o.stdout != "" || !strings.HasPrefix(o.stderr, "sealring: ") {
					t.Errorf("%s %q, %s: %+v", command, w.args, name, o)
				}
				showsNoSecret(t, o.stderr)
			}
		}
	}
	for _, command := range readers {
		for name, says := range map[string]string{
			"shared": "mode 0640", "public": "mode 0604", ".": "is a folder", "nowhere": "keys new", ringA: "not a path", secretA: "not a path",
		} {
			if o := (world{}).run("keys", command, "--ring", name); o.exit != exitFailure || o.stdout != "" || !strings.Contains(o.stderr, says) {
				t.Errorf("%s %s: %+v", command, name, o)
			}
		}
		for _, w := range []world{{}, {stdin: ringA, ring: "junk"}} {
			args := []string{"keys", command}
			if w.stdin != "" {
				args = append(args, "--ring", "-")
			}
			w.mustRun(t, args...)
		}
		world{}.mustRun(t, "keys", command, "--ring", "good")
		if o := (world{}).run("keys", command, "file"); o.exit != exitUsage {
			t.Errorf("%s takes a file that is no flag: %+v", command, o)
		}
	}
}

// Findings are told as they are for programs, and exit with 1.
func TestCheckJSON(t *testing.T) {
	type finding struct{ Code, Severity, Text string }
	for ring, code := range map[string]string{
		ringA: "",
		ringWith(`,"seal_from":"2026-02-01T00:00:00.000Z"`):  "no-primary",
		ringWith(`,"disabled":true`):                         "no-primary",
		ringWith(`,"open_until":"2026-02-01T00:00:00.000Z"`): "no-primary-soon",
	} {
		o := world{ring: ring}.run("--json", "keys", "check")
		var findings []finding
		if err := json.Unmarshal([]byte(o.stdout), &findings); err != nil || findings == nil {
			t.Fatalf("%s, %v", o.stdout, err)
		}
		if code == "" {
			if len(findings) > 0 || o.exit != exitOK {
				t.Errorf("%+v", o)
			}
			continue
		}
		if o.exit != exitFailure || findings[0].Code != code || findings[0].Severity != "failing" || findings[0].Text == "" {
			t.Errorf("want %s: %+v", code, o)
		}
	}
}

// What the library says of its own fields is told in the terms of flags and documents.
func TestPolicyTerms(t *testing.T) {
	for _, flag := range []string{"rotate-every", "reload-interval", "lifetime"} {
		if o := (world{}).run("keys", "check", "--"+flag, "0s"); o.exit != exitUsage || !strings.Contains(o.stderr, "set --"+flag) {
			t.Errorf("%+v", o)
		}
	}
	for _, flag := range []string{"rotate-every", "run-every", "reload-interval", "lifetime", "skew", "publication", "grace"} {
		if o := (world{}).run("keys", "check", "--"+flag, "4000d"); o.exit != exitUsage || !strings.Contains(o.stderr, "--"+flag) ||
			strings.Contains(o.stderr, "Policy") {
			t.Errorf("%+v", o)
		}
	}
	o := world{ring: ringWith(`,"open_until":"2026-02-01T00:00:00.000Z"`), now: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}.run("keys", "check")
	for _, word := range []string{"SealFrom", "OpenUntil", "Policy.", "RotateEvery"} {
		if strings.Contains(o.stdout, word) {
			t.Errorf("%s in %s", word, o.stdout)
		}
	}
}

// A drawing is whole or its failure is told, and it replaces nothing but another one.
func TestDrawings(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "new.svg")
	world{}.mustRun(t, "keys", "timeline", "--svg", path)
	before, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(before), svgStart) || !strings.HasSuffix(string(before), "</svg>\n") {
		t.Fatalf("%s, %v", before, err)
	}
	if o := (world{}).run("keys", "timeline", "--svg", path); o.exit != exitFailure || o.stdout != "" {
		t.Errorf("%+v", o)
	}
	// A shorter drawing leaves nothing of the longer one behind.
	if err := os.WriteFile(path, append(before, strings.Repeat("<!-- -->", 1000)...), 0o600); err != nil {
		t.Fatal(err)
	}
	world{}.mustRun(t, "keys", "timeline", "--svg", path, "--force")
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("%d bytes, %v", len(after), err)
	}
	for name, text := range map[string]string{"ring": ringA, "short": "<s", "text": "not <svg"} {
		path := filepath.Join(folder, name)
		if err := writePrivate(path, text); err != nil {
			t.Fatal(err)
		}
		if o := (world{}).run("keys", "timeline", "--svg", path, "--force"); o.exit != exitFailure || !strings.Contains(o.stderr, "no drawing") {
			t.Errorf("%s: %+v", name, o)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != text {
			t.Errorf("%s: now %q, %v", name, after, err)
		}
	}
	if err := writePrivate(filepath.Join(folder, "empty"), ""); err != nil {
		t.Fatal(err)
	}
	world{}.mustRun(t, "keys", "timeline", "--svg", filepath.Join(folder, "empty"), "--force")
}

// writePrivate writes a file that nobody else can read.
func writePrivate(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }
