package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// What the tests of this package share.

// secretA is the secret of the key a, which vectors/ring.json has too.
const secretA = "srk1_HzKh7KZnwEafARl_vTIN8JaL43LdWwTVL8FduXX5N8c"

// ringA is a document of the key a alone, from the beginning and for ever.
const ringA = `{"version": 1, "generation": 1, "keys": [
 {"id": "a", "secret": "` + secretA + `", "created": "2026-01-01T00:00:00.000Z"}]}`

// knownTime is when most tokens of the tests are sealed.
var knownTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A world is what a run of the command in this process has around it. The zero world is at knownTime, with nothing on
// stdin and ringA in SEALRING_RING.
type world struct {
	now    time.Time
	stdin  string
	ring   string
	stdout io.Writer
}

// An outcome is what a run leaves.
type outcome struct {
	stdout, stderr string
	exit           int
}

func (w world) run(args ...string) outcome {
	if w.now.IsZero() {
		w.now = knownTime
	}
	if w.ring == "" {
		w.ring = ringA
	}
	var stdout, stderr bytes.Buffer
	if w.stdout == nil {
		w.stdout = &stdout
	}
	exit := run(&environment{
		stdin:  strings.NewReader(w.stdin),
		stdout: w.stdout,
		stderr: &stderr,
		getenv: func(name string) string { return map[string]string{ringVariable: w.ring}[name] },
		now:    func() time.Time { return w.now },
	}, args)
	return outcome{stdout.String(), stderr.String(), exit}
}

// mustRun returns the stdout of a run that succeeds and has nothing to say on stderr.
func (w world) mustRun(t testing.TB, args ...string) string {
	t.Helper()
	o := w.run(args...)
	if o.exit != exitOK || o.stderr != "" {
		t.Fatalf("%q: exit %d, %s", args, o.exit, o.stderr)
	}
	return o.stdout
}

// A failureLine is what a program reads of a failure.
type failureLine struct {
	Error string `json:"error"`
	Class string `json:"class"`
	Exit  int    `json:"exit"`
}

// parseFailure reads a stderr that is one line of JSON and nothing else.
func parseFailure(t testing.TB, stderr string) failureLine {
	t.Helper()
	if strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
		t.Errorf("stderr is not one line: %q", stderr)
	}
	var line failureLine
	d := json.NewDecoder(strings.NewReader(stderr))
	d.DisallowUnknownFields()
	if err := d.Decode(&line); err != nil {
		t.Errorf("stderr %q: %v", stderr, err)
	}
	return line
}

// failingWriter is a stdout that takes so many bytes and no more, as a full disk or a closed pipe.
type failingWriter int

var errFull = errors.New("the device is full or gone")

func (n *failingWriter) Write(b []byte) (int, error) {
	if len(b) > int(*n) {
		return 0, errFull
	}
	*n -= failingWriter(len(b))
	return len(b), nil
}

// What could not be written is no success.
func TestOutputThatFails(t *testing.T) {
	token := world{stdin: "1"}.mustRun(t, "seal", "--purpose", "session", "--ttl", "1h")
	for name, test := range map[string]struct {
		stdin string
		args  []string
	}{
		"seal":         {"1", []string{"seal", "--purpose", "session", "--ttl", "1h"}},
		"open":         {token, []string{"open", "--purpose", "session"}},
		"inspect":      {token, []string{"inspect"}},
		"inspect JSON": {token, []string{"--json", "inspect"}},
		"demo JSON":    {"1", []string{"--json", "demo"}},
		"demo":         {"1", []string{"demo"}},
		"version":      {"", []string{"version"}},
		"version JSON": {"", []string{"--json", "version"}},
		"vectors":      {"", []string{"vectors", "check", "../../vectors/ring.json"}},
		"list":         {"", []string{"keys", "list"}},
		"check JSON":   {"", []string{"--json", "keys", "check"}},
		"timeline":     {"", []string{"keys", "timeline"}},
	} {
		if o := (world{stdin: test.stdin, stdout: new(failingWriter)}).run(test.args...); o.exit != exitFailure ||
			!strings.Contains(o.stderr, errFull.Error()) {
			t.Errorf("%s: exit %d, %q", name, o.exit, o.stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	if out := (world{}).mustRun(t, "version"); !strings.HasPrefix(out, "sealring ") ||
		!strings.Contains(out, "envelope format 1, go1.") || strings.Count(out, "\n") != 1 {
		t.Errorf("%q", out)
	}
	var v struct {
		Version, Revision, Go string
		Format                int
	}
	if err := json.Unmarshal([]byte(world{}.mustRun(t, "--json", "version")), &v); err != nil || v.Version == "" ||
		v.Format != 1 || !strings.HasPrefix(v.Go, "go1.") {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{
		{"--help"}, {"keys", "--help"}, {"keys", "new", "--help"}, {"keys", "list", "--help"},
		{"keys", "check", "--help"}, {"keys", "timeline", "--help"}, {"keys", "rotate", "--help"},
		{"keys", "stage", "--help"}, {"keys", "revoke", "--help"},
		{"keys", "simulate", "--help"}, {"keys", "retire", "--help"}, {"seal", "--help"}, {"open", "--help"}, {"demo", "--help"},
	} {
		o := world{}.run(args...)
		if o.exit != exitOK || !strings.HasPrefix(o.stdout, "Usage: sealring ") || o.stderr != "" {
			t.Errorf("%q: %+v", args, o)
		}
	}
	// The exit codes are where people look for them.
	if help := (world{}).mustRun(t, "--help"); !strings.Contains(help, "18 expired") {
		t.Errorf("no exit codes in\n%s", help)
	}
}

func TestTrimLine(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "a\n": "a", "a\r\n": "a", "a\r": "a\r", "a\n\n": "a\n", "\na": "\na", "a\n\r\n": "a\n", "\r\n": "", " a ": " a ",
	} {
		if got := trimLine(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// read stops one byte after the limit, whatever there is.
func TestRead(t *testing.T) {
	for size, want := range map[int]int{0: 0, 9: 9, 10: 10, 11: 11, 1 << 20: 11} {
		got, err := read(strings.NewReader(strings.Repeat("x", size)), 10)
		if err != nil || len(got) != want {
			t.Errorf("%d bytes: read %d, %v", size, len(got), err)
		}
	}
}

// What is not UTF-8 is no argument: it would become U+FFFD, and with it every binding that is not UTF-8 the same one.
func TestArgumentsThatAreNotUTF8(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"seal", "--purpose", "session", "--ttl", "1h", "--bind", "\xff"},
		{"seal", "--purpose", "session", "--ttl", "1h", "--bind=sid-\xc3"},
		{"seal", "--purpose", "session", "--ttl", "1h", "--ring", "\xff"},
		{"open", "--purpose", "session", "--bind", "a", "--bind", "\xed\xa0\x80"},
		{"keys", "new", "\xff"},
		{"inspect", "\xff"},
	} {
		o := world{stdin: "1"}.run(append(args, "--json")...)
		if line := parseFailure(t, o.stderr); o.exit != exitUsage || !strings.Contains(line.Error, "not UTF-8") || o.stdout != "" {
			t.Errorf("%q: %+v", args, o)
		}
	}
}

// What could not be read is not taken for less than it is.
func TestInputThatFails(t *testing.T) {
	for name, args := range map[string][]string{
		"import":  {"keys", "import", filepath.Join(t.TempDir(), "new"), "--from", "hex"},
		"seal":    {"seal", "--purpose", "session", "--ttl", "1h", "--raw"},
		"open":    {"open", "--purpose", "session"},
		"inspect": {"inspect"},
		"list":    {"keys", "list", "--ring", "-"},
		"ring":    {"open", "--purpose", "session", "--ring", "-", "main.go"},
		"demo":    {"demo"},
	} {
		var stdout, stderr strings.Builder
		env := &environment{
			stdin:  io.MultiReader(strings.NewReader(ringA), iotest.ErrReader(errFull)),
			stdout: &stdout, stderr: &stderr,
			getenv: func(string) string { return ringA }, now: time.Now,
		}
		if exit := run(env, args); exit != exitFailure || stdout.Len() > 0 || !strings.Contains(stderr.String(), errFull.Error()) {
			t.Errorf("%s: exit %d, %q, %q", name, exit, &stdout, &stderr)
		}
	}
}
