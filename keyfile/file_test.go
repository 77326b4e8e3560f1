package keyfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sealring/sealring/keyfile"
)

// newFile writes a file that its owner alone may read, and returns its path.
func newFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ring.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// holdsFiles checks which files are in a folder.
func holdsFiles(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func TestCreateAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring.json")
	if err := keyfile.Create(path, full(t)); err != nil {
		t.Fatal(err)
	}
	d, err := keyfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	sameContent(t, d, full(t))
	written, err := os.ReadFile(path)
	if err != nil || string(written) != mustEncode(t, full(t)) {
		t.Errorf("the file is not what Encode returns, %v", err)
	}
	holdsFiles(t, filepath.Dir(path), "ring.json")
}

func TestCreateInTheWorkingFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := keyfile.Create("ring.json", full(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := keyfile.Read("ring.json"); err != nil {
		t.Fatal(err)
	}
}

func TestCreateNeverReplaces(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		path := newFile(t, "old")
		err := keyfile.Create(path, full(t))
		failsWith(t, err, path, "choose another path")
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("error %v, want fs.ErrExist", err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
			t.Errorf("the file holds %q, %v", got, err)
		}
		holdsFiles(t, filepath.Dir(path), "ring.json")
	})
	t.Run("folder", func(t *testing.T) {
		folder := t.TempDir()
		failsWith(t, keyfile.Create(folder, full(t)), "choose another path")
		holdsFiles(t, folder)
	})
	t.Run("own work", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ring.json")
		if err := keyfile.Create(path, full(t)); err != nil {
			t.Fatal(err)
		}
		other := full(t)
		other.Generation = 1
		failsWith(t, keyfile.Create(path, other), "choose another path")
		d, err := keyfile.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		sameContent(t, d, full(t))
	})
}

func TestCreateRefusesWhatReadWould(t *testing.T) {
	folder := t.TempDir()
	failsWith(t, keyfile.Create(filepath.Join(folder, "ring.json"), new(keyfile.Document)), "begin with 1")
	holdsFiles(t, folder)
}

func TestCreateFails(t *testing.T) {
	file := newFile(t, "old")
	for name, path := range map[string]string{
		"no folder":     filepath.Join(t.TempDir(), "none", "ring.json"),
		"file for one":  filepath.Join(file, "ring.json"),
		"no path":       "",
		"folder itself": t.TempDir() + string(filepath.Separator),
	} {
		t.Run(name, func(t *testing.T) {
			err := keyfile.Create(path, full(t))
			failsWith(t, err)
			if _, ok := errors.AsType[*fs.PathError](err); !ok {
				t.Errorf("error %v, want one of the file system", err)
			}
			if _, err := os.Lstat(file); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReadFails(t *testing.T) {
	for name, path := range map[string]string{
		"nothing there": filepath.Join(t.TempDir(), "ring.json"),
		"no folder":     filepath.Join(t.TempDir(), "none", "ring.json"),
		"no path":       "",
	} {
		t.Run(name, func(t *testing.T) {
			d, err := keyfile.Read(path)
			failsWith(t, err, path, "keys new")
			if d != nil || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("document %v, error %v, want fs.ErrNotExist", d, err)
			}
		})
	}
	t.Run("path of another kind", func(t *testing.T) {
		_, err := keyfile.Read("ring\x00.json")
		failsWith(t, err)
		if !errors.Is(err, fs.ErrInvalid) {
			// The package os has its own word for a zero byte in a path on each system.
			if _, ok := errors.AsType[*fs.PathError](err); !ok {
				t.Errorf("error %v, want one of the file system", err)
			}
		}
	})
	t.Run("folder", func(t *testing.T) {
		folder := t.TempDir()
		_, err := keyfile.Read(folder)
		failsWith(t, err, folder, "is a folder")
	})
	t.Run("broken document", func(t *testing.T) {
		path := newFile(t, strings.Replace(validText, "7", "07", 1))
		d, err := keyfile.Read(path)
		failsWith(t, err, path+": line 3, column 18: not a number")
		if d != nil {
			t.Error("a document beside the error")
		}
	})
	t.Run("empty", func(t *testing.T) {
		path := newFile(t, "")
		_, err := keyfile.Read(path)
		failsWith(t, err, path+": line 1, column 1: no value")
	})
}

// A document in place of its path, as from a variable that holds one, must not come back in an error.
func TestNoErrorHoldsADocumentForAPath(t *testing.T) {
	for _, path := range []string{
		validText, " \n" + validText, secretA, "/run/" + secretA, `{"secret":"` + secretA[5:] + `"}`,
	} {
		_, err := keyfile.Read(path)
		failsWith(t, err, "not a path")
		holdsNothingOf(t, secretA[5:], err.Error())
		err = keyfile.Create(path, full(t))
		failsWith(t, err, "not a path")
		holdsNothingOf(t, secretA[5:], err.Error())
	}
}

func TestReadIsBounded(t *testing.T) {
	path := newFile(t, "")
	if err := os.Truncate(path, 100<<20); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := keyfile.Read(path)
	runtime.ReadMemStats(&after)
	failsWith(t, err, path, "1 MiB")
	if d != nil {
		t.Error("a document beside the error")
	}
	// Buffers grow, so several add up to more than the 1 MiB that is read.
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 8<<20 {
		t.Errorf("reading 100 MiB allocated %d bytes", spent)
	}

	// The largest there may be is read.
	path = newFile(t, validText+strings.Repeat("\n", 1<<20-len(validText)))
	if _, err := keyfile.Read(path); err != nil {
		t.Error(err)
	}
}
