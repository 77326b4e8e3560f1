package sealring_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// documents are the files in which people look for examples.
func documents(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, pattern := range []string{"*.md", "*/*.md", "*/*/*.md", "example_test.go", "*/example_test.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files[path] = string(text)
		}
	}
	if files["README.md"] == "" || files["format.md"] == "" {
		t.Fatal("the documents are gone")
	}
	return files
}

// A secret that documentation shows is one that somebody will copy: no ring document may have it.
func TestPublishedSecretsAreRefused(t *testing.T) {
	found := 0
	for path, text := range documents(t) {
		for _, secret := range regexp.MustCompile(`srk1_[A-Za-z0-9_-]{43}`).FindAllString(text, -1) {
			found++
			_, err := keyfile.Parse([]byte(`{"version":1,"generation":1,"keys":[{"id":"a","secret":"` + secret +
				`","created":"2026-01-01T00:00:00.000Z"}]}`))
			if !errors.Is(err, sealring.ErrKeyring) {
				t.Errorf("%s shows a secret that a ring document may have: %v", path, err)
			}
		}
	}
	if found == 0 {
		t.Error("no document shows a secret, so this test tests nothing")
	}
}

// The program in the README of sessions is one.
func TestSessionsREADME(t *testing.T) {
	_, rest, _ := strings.Cut(documents(t)["sessions/README.md"], "```go\n")
	program, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no program")
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "vet", path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The example of the README runs, and its token is the one that it says.
func TestREADME(t *testing.T) {
	readme := documents(t)["README.md"]
	_, rest, _ := strings.Cut(readme, "```go\n")
	program, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no example")
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", path).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "sr1_") || !strings.HasSuffix(string(out), "\n{123 admin} <nil>\n") {
		t.Errorf("%v\n%s", err, out)
	}

	codec := mustCodec[Session](t, exampleRing(), &sealring.Options{TTL: time.Hour, Now: exampleTime})
	if token := mustSeal(t, codec, Session{123, "admin"}); !strings.Contains(readme, "\n    "+token+"\n") {
		t.Errorf("the README does not show %s", token)
	}
}
