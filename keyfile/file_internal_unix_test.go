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
