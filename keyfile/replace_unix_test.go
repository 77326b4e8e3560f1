//go:build unix

package keyfile_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/sealring/sealring/keyfile"
)

func TestReplaceSetsTheMode(t *testing.T) {
	path := newFile(t, mustEncode(t, newDocument(t, 1, 1)))
	old := syscall.Umask(0)
	err := keyfile.Replace(path, newDocument(t, 2, 1))
	syscall.Umask(old)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
}

// A file that a group may read would be another's business after the update, so that nobody widens it by accident.
func TestUpdateChecksTheMode(t *testing.T) {
	text := mustEncode(t, newDocument(t, 1, 1))
	path := newFile(t, text)
	if err := os.Chmod(path, 0o440); err != nil {
		t.Fatal(err)
	}
	failsWith(t, keyfile.Replace(path, newDocument(t, 2, 1)), "mode 0440", "chmod 600")
	holds(t, path, text)

	_, err := keyfile.Read(path)
	failsWith(t, err, "mode 0440")
	if _, err := keyfile.ReadShared(path); err != nil {
		t.Error(err)
	}
}

// The link stays, and what it leads to is replaced: a link that became a file would part two programs.
func TestReplaceFollowsLinks(t *testing.T) {
	path := newFile(t, mustEncode(t, newDocument(t, 1, 1)))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := keyfile.Replace(link, newDocument(t, 2, 1)); err != nil {
		t.Fatal(err)
	}
	if got, err := os.Readlink(link); err != nil || got != path {
		t.Errorf("the link leads to %q, %v", got, err)
	}
	sameContent(t, mustRead(t, path), newDocument(t, 2, 1))
	holdsFiles(t, filepath.Dir(path), "ring.json")
	holdsFiles(t, filepath.Dir(link), "link")
}

func TestReplaceKeepsTheOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root alone gives files away")
	}
	path := newFile(t, mustEncode(t, newDocument(t, 1, 1)))
	if err := os.Chown(path, 12345, 23456); err != nil {
		t.Skip(err) // a container may keep root from it
	}
	if err := keyfile.Replace(path, newDocument(t, 2, 1)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 12345 || info.Mode() != 0o600 {
		t.Errorf("owner %d, mode %v", s.Uid, info.Mode())
	}
}

func TestReplaceInAFolderThatIsNotOurs(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("modes do not keep root out")
	}
	text := mustEncode(t, newDocument(t, 1, 1))
	path := newFile(t, text)
	folder := filepath.Dir(path)
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o700)
	failsWith(t, keyfile.Replace(path, newDocument(t, 2, 1)), path, "its folder")
	holds(t, path, text)
}

func TestReplaceRefusesAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	failsWith(t, keyfile.Replace(path, newDocument(t, 2, 1)), "is not a file")
}
