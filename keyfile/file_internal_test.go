package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/failure"
)

// A failure at whichever step leaves no file behind.
func TestFillRemovesWhatItCannotFinish(t *testing.T) {
	for _, test := range []struct {
		name string
		open func(path string) (*os.File, error)
	}{
		{"write fails", os.Open},
		{"file closed already", func(path string) (*os.File, error) {
			f, err := os.Open(path)
			if err == nil {
				err = f.Close()
			}
			return f, err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ring.json")
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := test.open(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := fill(f, []byte("half a document")); !errors.Is(err, failure.Keyring) {
				t.Errorf("error %v", err)
			}
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the file is still there: %v", err)
			}
		})
	}
}

func TestSyncFolderFails(t *testing.T) {
	if err := syncFolder(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, failure.Keyring) && os.PathSeparator == '/' {
		t.Errorf("error %v", err)
	}
}

// Modes mean something on every system but Windows.
func TestCheckMode(t *testing.T) {
	for _, test := range []struct {
		goos    string
		mode    fs.FileMode
		refused bool
	}{
		{"linux", 0o600, false},
		{"linux", 0o400, false},
		{"linux", 0o700, false},
		{"linux", 0o640, true},
		{"linux", 0o604, true},
		{"darwin", 0o620, true},
		{"freebsd", 0o601, true},
		{"linux", fs.ModeNamedPipe | 0o600, false},
		{"linux", fs.ModeNamedPipe | 0o666, true},
		{"windows", 0o666, false},
		{"windows", 0o444, false},
	} {
		if err := checkMode(test.goos, "ring.json", test.mode, ownerOnly); (err != nil) != test.refused {
			t.Errorf("%s, mode %v: %v", test.goos, test.mode, err)
		}
	}
}

func TestNotJSON(t *testing.T) {
	if _, err := Parse([]byte("{\n  x}")); !strings.Contains(err.Error(), "line 2, column 3: no string; ") {
		t.Errorf("error %q", err)
	}
}

// A new document has its name only once it is whole: what a crash leaves has another.
func TestCreateLeavesOneFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "ring.json")
	for _, want := range []bool{true, false} { // the second finds the first
		if linked, err := createLinked(path, []byte("a document")); linked != want || (err == nil) != want {
			t.Errorf("linked %v, %v", linked, err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) != 1 || entries[0].Name() != "ring.json" {
			t.Errorf("%v, %v", entries, err)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "a document" {
		t.Errorf("%q, %v", data, err)
	}
	if linked, err := createLinked(filepath.Join(folder, "missing", "ring.json"), nil); linked || err != nil {
		t.Errorf("where nothing can be made: %v, %v", linked, err)
	}
}
