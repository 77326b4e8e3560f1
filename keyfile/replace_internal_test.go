package keyfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
)

// newRing writes a document of generation 1 with one key, and returns the text.
func newRing(t *testing.T) (path string, text []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ring.json")
	d := &Document{Generation: 1, Keys: []Entry{{Key: sealring.GenerateKey(), Created: time.Now()}}}
	if err := Create(path, d); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, text
}

// A failure at whichever step leaves the old document in place, and nothing beside it.
func TestReplaceFailsWhole(t *testing.T) {
	errDisk := errors.New("disk on fire")
	for name, breaks := range map[string]func(*filer){
		"no new file": func(s *filer) { s.create = func(string) (*os.File, error) { return nil, errDisk } },
		"write fails": func(s *filer) {
			s.create = func(path string) (*os.File, error) {
				if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
					return nil, err
				}
				return os.Open(path)
			}
		},
		"file closed already": func(s *filer) {
			s.create = func(path string) (*os.File, error) {
				f, err := createNew(path)
				if err == nil {
					err = f.Close()
				}
				return f, err
			}
		},
		"renaming fails": func(s *filer) { s.rename = func(string, string) error { return errDisk } },
	} {
		t.Run(name, func(t *testing.T) {
			path, old := newRing(t)
			broken := system
			breaks(&broken)
			err := broken.update(path, func(on *Document) (*Document, error) {
				return &Document{Generation: 2, Keys: on.Keys}, nil
			})
			if !errors.Is(err, failure.Keyring) || strings.Contains(err.Error(), "srk1_") {
				t.Errorf("error %v", err)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, old) {
				t.Errorf("the document is another, %v", err)
			}
			if _, err := os.Lstat(path + tempSuffix); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the new file is left behind: %v", err)
			}
			// The lock is free, and the next writer gets through.
			if err := Replace(path, must(t, path, 2)); err != nil {
				t.Error(err)
			}
		})
	}
}

// must returns the document at a path under another generation.
func must(t *testing.T, path string, generation int64) *Document {
	t.Helper()
	d, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	d.Generation = generation
	return d
}

// The one exception: the new document is in place, and the error says so.
func TestReplaceCannotSyncTheFolder(t *testing.T) {
	path, _ := newRing(t)
	broken := system
	broken.syncFolder = func(string) error { return failure.Keyring.With("disk on fire") }
	err := broken.update(path, func(on *Document) (*Document, error) {
		return &Document{Generation: 2, Keys: on.Keys}, nil
	})
	if !errors.Is(err, failure.Keyring) || !strings.Contains(err.Error(), "the new document is in place") {
		t.Errorf("error %v", err)
	}
	if d, err := Read(path); err != nil || d.Generation != 2 {
		t.Errorf("%v, %v", d, err)
	}
}

// A writer that crashed has left half a document, which readers never see and the next writer removes.
func TestReplaceAfterACrash(t *testing.T) {
	path, _ := newRing(t)
	for _, name := range []string{path + tempSuffix, path + lockSuffix} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Replace(path, must(t, path, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path + tempSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a document is left behind: %v", err)
	}
}

func stat(t testing.TB, path string) fs.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestLock(t *testing.T) {
	path, _ := newRing(t)
	d := must(t, path, 2)
	synctest.Test(t, func(t *testing.T) {
		unlock, err := lock(path+lockSuffix, stat(t, path))
		if err != nil {
			t.Fatal(err)
		}
		// One who waits for ever is told.
		begin := time.Now()
		err = Replace(path, d)
		if !errors.Is(err, failure.Keyring) || !strings.Contains(err.Error(), "another writer") || time.Since(begin) != lockWait {
			t.Errorf("error %v after %v", err, time.Since(begin))
		}
		// One who waits for less gets through.
		go func() {
			time.Sleep(lockWait / 2)
			unlock()
		}()
		if err := Replace(path, d); err != nil {
			t.Error(err)
		}
	})
	if _, err := lock(filepath.Join(t.TempDir(), "gone", "lock"), stat(t, path)); !errors.Is(err, fs.ErrNotExist) ||
		!strings.Contains(err.Error(), "beside it") {
		t.Errorf("error %v", err)
	}
}

func TestCheckModeOfAGroup(t *testing.T) {
	for mode, refused := range map[fs.FileMode]bool{
		0o440: false, 0o640: false, 0o600: false, 0o400: false,
		0o660: true, 0o650: true, 0o644: true, 0o604: true, 0o601: true,
	} {
		if err := checkMode("linux", "ring.json", mode, groupReads); (err != nil) != refused {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

// At no time do two have the lock, also while one who lets go of it removes the file that others have opened.
func TestLockIsExclusive(t *testing.T) {
	document, _ := newRing(t)
	path, info := document+lockSuffix, stat(t, document)
	var held atomic.Int32
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 1000 {
				unlock, err := tryLock(path, info)
				if errors.Is(err, errLocked) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if held.Add(1) != 1 {
					t.Error("two have the lock")
				}
				runtime.Gosched()
				held.Add(-1)
				unlock()
			}
		})
	}
	group.Wait()
}

// crashVariable makes the next test crash in the middle of an update of the document at this path.
const crashVariable = "SEALRING_KEYFILE_CRASH"

// A process that ends in the middle, however it does, holds up nobody and leaves the old document.
func TestACrashFreesTheLock(t *testing.T) {
	if path := os.Getenv(crashVariable); path != "" {
		crashing := system
		crashing.rename = func(string, string) error { os.Exit(42); return nil }
		t.Fatal(crashing.update(path, func(on *Document) (*Document, error) {
			return &Document{Generation: 2, Keys: on.Keys}, nil
		}))
	}
	path, old := newRing(t)
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestACrashFreesTheLock$")
	c.Env = append(os.Environ(), crashVariable+"="+path)
	if out, err := c.CombinedOutput(); c.ProcessState == nil || c.ProcessState.ExitCode() != 42 {
		t.Fatalf("%v\n%s", err, out)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, old) {
		t.Errorf("the document is another, %v", err)
	}
	if _, err := os.Lstat(path + tempSuffix); err != nil {
		t.Errorf("the crash came too early: %v", err)
	}
	begin := time.Now()
	if err := Replace(path, must(t, path, 2)); err != nil || time.Since(begin) > lockWait {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}
