package keyfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/keyfile/sourcetest"
)

// fileHarness returns a harness for a source of the file at path.
func fileHarness(t *testing.T, path string, source keyfile.Source, mode, denied os.FileMode) sourcetest.Harness {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := sourcetest.Harness{
		Source: source,
		Publish: func(text []byte) {
			must(os.RemoveAll(path))
			must(os.WriteFile(path, text, 0o600))
			must(os.Chmod(path, mode))
		},
		Remove: func() { must(os.Remove(path)) },
		Deny:   func() { must(os.Chmod(path, denied)) },
		Break:  func() { must(os.Remove(path)); must(os.Mkdir(path, 0o700)) },
	}
	if runtime.GOOS == "windows" {
		h.Deny = nil // chmod does not take away there what it takes away here
	}
	return h
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring.json")
	sourcetest.Run(t, fileHarness(t, path, keyfile.File(path), 0o600, 0o640))
}

func TestSharedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring.json")
	sourcetest.Run(t, fileHarness(t, path, keyfile.SharedFile(path), 0o440, 0o444))
}

// Modes do not keep root out, for whom the tests above have modes that Read refuses.
func TestFileOfOthers(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("the system refuses nothing to root, or has no modes")
	}
	path := filepath.Join(t.TempDir(), "ring.json")
	sourcetest.Run(t, fileHarness(t, path, keyfile.File(path), 0o600, 0))
}

func TestEnvironment(t *testing.T) {
	const variable = "SEALRING_KEYFILE_TEST"
	t.Setenv(variable, "") // which is taken back
	sourcetest.Run(t, sourcetest.Harness{
		Source: keyfile.Environment(variable),
		Publish: func(text []byte) {
			if err := os.Setenv(variable, string(text)); err != nil {
				t.Fatal(err)
			}
		},
		Remove: func() { os.Unsetenv(variable) },
	})
}

func TestSourcesSayWhatToDo(t *testing.T) {
	t.Setenv("SEALRING_KEYFILE_TEST", secretA)
	t.Setenv("SEALRING_KEYFILE_PATH", "/etc/ring.json")
	t.Setenv("SEALRING_KEYFILE_LARGE", "{"+strings.Repeat(" ", 1<<20))
	for _, test := range []struct {
		name   string
		source keyfile.Source
		says   []string
	}{
		{"no file", keyfile.File("/nowhere/ring.json"), []string{"/nowhere/ring.json", "keys new"}},
		{"document for a path", keyfile.File(validText), []string{"not a path"}},
		{"folder", keyfile.File(t.TempDir()), []string{"is a folder"}},
		{"no variable", keyfile.Environment("SEALRING_NOT_SET"), []string{"SEALRING_NOT_SET is not set"}},
		{"secret in it", keyfile.Environment("SEALRING_KEYFILE_TEST"), []string{"SEALRING_KEYFILE_TEST", "not a path or a secret"}},
		{"path in it", keyfile.Environment("SEALRING_KEYFILE_PATH"), []string{"SEALRING_KEYFILE_PATH", "not a path"}},
		{"too large", keyfile.Environment("SEALRING_KEYFILE_LARGE"), []string{"SEALRING_KEYFILE_LARGE", "1 MiB"}},
		{"document for a name", keyfile.Environment(validText), []string{"not the name of a variable"}},
		{"secret for a name", keyfile.Environment(secretA), []string{"not the name of a variable"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, err := test.source.Load(t.Context())
			failsWith(t, err, test.says...)
			holdsNothingOf(t, secretA[5:], err.Error())
			if text != nil {
				t.Error("a text beside the error")
			}
		})
	}
}

func TestSourcesPrintNoSecret(t *testing.T) {
	for source, want := range map[keyfile.Source]string{
		keyfile.File("/etc/ring.json"):       "file /etc/ring.json",
		keyfile.SharedFile("/etc/ring.json"): "file /etc/ring.json",
		keyfile.File(validText):              "file",
		keyfile.Environment("RING"):          "environment RING",
		keyfile.Environment(secretA):         "environment",
	} {
		if got := fmt.Sprint(source); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
