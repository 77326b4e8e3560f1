//go:build unix

package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/sealring/sealring/internal/failure"
)

// A pipe takes what is written and cannot be synced, as a disk that fails last.
func TestFillRemovesWhatItCannotSync(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring.json")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(f, []byte("a document")); !errors.Is(err, failure.Keyring) || !errors.Is(err, syscall.EINVAL) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// The file of a lock stays where its holder was killed. One that root has left behind must not shut out the service whose
// document it is, for ever.
func TestLockOfRootIsTheOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root alone gives files away")
	}
	path, _ := newRing(t)
	if err := os.Chown(path, 12345, 23456); err != nil {
		t.Skip(err) // a container may keep root from it
	}
	looked := false
	err := Update(path, func(*Document) error {
		looked = true
		info, err := os.Stat(path + lockSuffix)
		if err != nil {
			return err
		}
		if s := info.Sys().(*syscall.Stat_t); s.Uid != 12345 || info.Mode() != fileMode {
			t.Errorf("owner %d, mode %v", s.Uid, info.Mode())
		}
		return nil
	})
	if err != nil || !looked {
		t.Errorf("looked %v, %v", looked, err)
	}
}

// The file of a lock that was there is not given away: in the folder of another it may be a link to root's own.
func TestLockGivesNothingElseAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root alone gives files away")
	}
	path, _ := newRing(t)
	if err := os.Chown(path, 12345, 23456); err != nil {
		t.Skip(err)
	}
	of := filepath.Join(t.TempDir(), "of-root")
	if err := os.WriteFile(of, []byte("root's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(of, path+lockSuffix); err != nil {
		t.Skip(err) // a system may keep its users from it
	}
	if err := Update(path, func(*Document) error { return nil }); err != nil {
		t.Error(err)
	}
	if s := stat(t, of).Sys().(*syscall.Stat_t); s.Uid != 0 {
		t.Errorf("owner %d", s.Uid)
	}
}
