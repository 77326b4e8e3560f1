package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring"
)

func TestDemo(t *testing.T) {
	var report demoReport
	out := world{stdin: `{"user_id":123}`}.mustRun(t, "--json", "demo")
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if !report.OK || report.Session != 15 || len(report.Sizes) != 4 || len(report.Steps) != 16 {
		t.Errorf("%+v", report)
	}
	for _, size := range report.Sizes {
		// format.md, Section 2: the header, the nonce and tag of the encrypted suite, the MAC.
		overhead := map[string]int{"signed": 26 + 32, "encrypted": 26 + 24 + 16 + 32}[size.Suite]
		body := map[string]int{"json": 15, "messagepack": 10}[size.Content]
		if size.Bytes != overhead+body || size.Characters != (size.Bytes*4+2)/3 || size.Seal <= 0 || size.Open <= 0 {
			t.Errorf("%+v", size)
		}
	}
	for _, step := range report.Steps {
		if !step.OK || step.Got != step.Expected {
			t.Errorf("%+v", step)
		}
	}
}

// A step that comes out otherwise is told, and makes the whole of it fail, whatever comes after it.
func TestDemoThatGoesWrong(t *testing.T) {
	var out strings.Builder
	d := &demo{out: &out}
	d.expect("first", "expired", "expired")
	if !d.report.OK {
		t.Error("a step as expected is not ok")
	}
	d.expect("second", "expired", "the same session")
	d.expect("third", "expired", "expired")
	if d.report.OK || !strings.Contains(out.String(), "WRONG, expected expired") || strings.Count(out.String(), "WRONG") != 1 {
		t.Errorf("%+v\n%s", d.report, &out)
	}
}

// The demo does not take another value for the session.
func TestDemoCompares(t *testing.T) {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{out: io.Discard, ring: ring, session: map[string]any{"user_id": int64(123)}, clock: knownTime}
	codec, err := d.codec(demoPurpose, false, sealring.JSON)
	if err != nil {
		t.Fatal(err)
	}
	for want, value := range map[string]any{
		same:              d.session,
		"another session": map[string]any{"user_id": int64(124)},
	} {
		token, err := codec.Seal(value)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.open(codec, token); got != want {
			t.Errorf("%v: %s, want %s", value, got, want)
		}
	}
}

func TestDemoSession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session.json")
	if err := os.WriteFile(path, []byte(" {\"a\":1}\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(path string) *os.File {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	closed := open(path)
	closed.Close()
	for name, test := range map[string]struct {
		stdin io.Reader
		want  string
	}{
		"text":        {strings.NewReader("[1]\n"), "[1]"},
		"file":        {open(path), `{"a":1}`},
		"nothing":     {strings.NewReader(""), defaultSession},
		"white space": {strings.NewReader(" \r\n\t"), defaultSession},
		"a device":    {open(os.DevNull), defaultSession},
		"closed":      {closed, defaultSession},
	} {
		env := &environment{stdin: test.stdin, stderr: io.Discard}
		if got, err := env.session(); err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, test.want)
		}
	}

	env := &environment{stdin: iotest.ErrReader(errFull), stderr: io.Discard}
	if got, err := env.session(); !errors.Is(err, errFull) || got != nil {
		t.Errorf("%s, %v", got, err)
	}
	if o := (world{stdin: strings.Repeat(" ", maxBody+1)}).run("demo"); o.exit != exitTooLarge || o.stdout != "" {
		t.Errorf("%+v", o)
	}
	// More than a token may hold, though not more than is read.
	if o := (world{stdin: `"` + strings.Repeat("x", 1<<16) + `"`}).run("--json", "demo"); o.exit != exitTooLarge || o.stdout != "" {
		t.Errorf("exit %d, %s", o.exit, o.stderr)
	}
}

// slowReader is a stdin on which nothing comes for a while.
type slowReader time.Duration

func (r slowReader) Read([]byte) (int, error) {
	time.Sleep(time.Duration(r)) // of the bubble's time
	return 0, io.EOF
}

// Whoever waits for the demo without knowing that it waits for them is told.
func TestDemoSaysWhatItWaitsFor(t *testing.T) {
	for delay, told := range map[time.Duration]bool{patience - 1: false, patience + 1: true} {
		synctest.Test(t, func(t *testing.T) {
			var stderr bytes.Buffer
			env := &environment{stdin: slowReader(delay), stderr: &stderr}
			if text, err := env.session(); err != nil || string(text) != defaultSession {
				t.Errorf("%s, %v", text, err)
			}
			time.Sleep(patience) // a timer that was not stopped would fire now
			synctest.Wait()
			if got := strings.Count(stderr.String(), "waiting for a session"); got == 1 != told {
				t.Errorf("after %v: %q", delay, &stderr)
			}
		})
	}
}

func TestChanged(t *testing.T) {
	for token, want := range map[string]string{"abcd": "abAd", "abAd": "abBd", "abc": "aAc", "a": "A", "A": "B"} {
		if got := changed(token); got != want {
			t.Errorf("%s: %s, want %s", token, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "abc": "abc", "abcde": "abcde", "abcdef": "abcd…", "éééééé": "éééé…", "a\nb\x1b": "a b ", "\x00\x00\x00\x00\x00\x00": "    …",
	} {
		if got := shorten(text, 5); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
