//go:build unix

package keyfile_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sealring/sealring/keyfile"
)

// The mode bits are checked by us and not by the system, so that these tests mean the same for root.
func TestReadChecksTheMode(t *testing.T) {
	path := newFile(t, validText)
	for mode := fs.FileMode(0o400); mode <= 0o777; mode++ {
		if mode&0o400 == 0 {
			continue // not ours to read, unless we are root
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		d, err := keyfile.Read(path)
		if mode&0o077 == 0 {
			if err != nil {
				t.Errorf("mode %04o: %v", mode, err)
			}
			continue
		}
		failsWith(t, err, path, fmt.Sprintf("mode %04o", mode), "chmod 600")
		if d != nil {
			t.Errorf("mode %04o: a document beside the error", mode)
		}
	}
}

// A symbolic link has mode 0777 and says nothing of the file.
func TestReadChecksTheModeBehindALink(t *testing.T) {
	path := newFile(t, validText)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := keyfile.Read(link); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	_, err := keyfile.Read(link)
	failsWith(t, err, link, "mode 0640")
}

// What others may read is refused before it is read: its errors come later.
func TestReadChecksTheModeFirst(t *testing.T) {
	path := newFile(t, "no document")
	if err := os.Chmod(path, 0o604); err != nil {
		t.Fatal(err)
	}
	_, err := keyfile.Read(path)
	failsWith(t, err, "mode 0604")
}

// A pipe has no size, and this one no end.
func TestReadIsBoundedWithoutASize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan int)
	go func() {
		var n int
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		for err == nil {
			var wrote int
			wrote, err = f.WriteString(strings.Repeat(" ", 4096))
			n += wrote
		}
		f.Close()
		written <- n
	}()
	_, err := keyfile.Read(path)
	failsWith(t, err, "1 MiB")
	// Beside what was read, at most what a pipe holds has been written.
	if n := <-written; n > 3<<20 {
		t.Errorf("%d bytes went through the pipe", n)
	}
}

func TestReadTakesAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error)
	go func() { wrote <- os.WriteFile(path, []byte(validText), 0) }()
	d, err := keyfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	sameContent(t, d, mustParse(t, validText))
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

func TestCreateSetsTheMode(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077, 0o277, 0o777} {
		t.Run(fmt.Sprintf("umask %04o", umask), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ring.json")
			old := syscall.Umask(umask)
			err := keyfile.Create(path, full(t))
			syscall.Umask(old)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode() != 0o600 {
				t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
			}
			if _, err := keyfile.Read(path); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCreateNeverFollowsALink(t *testing.T) {
	for name, target := range map[string]string{
		"to a file":  newFile(t, "old"),
		"to nowhere": filepath.Join(t.TempDir(), "nowhere"),
		"to itself":  "ring.json",
	} {
		t.Run(name, func(t *testing.T) {
			link := filepath.Join(t.TempDir(), "ring.json")
			if err := os.Symlink(target, link); err != nil {
				t.Fatal(err)
			}
			failsWith(t, keyfile.Create(link, full(t)), link, "choose another path")
			if got, err := os.Readlink(link); err != nil || got != target {
				t.Errorf("the link leads to %q, %v", got, err)
			}
			switch got, err := os.ReadFile(target); name {
			case "to a file":
				if err != nil || string(got) != "old" {
					t.Errorf("the file behind the link holds %q, %v", got, err)
				}
			default:
				if err == nil {
					t.Error("a file came to be behind the link")
				}
			}
		})
	}
}

func TestCreateInAFolderThatIsNotOurs(t *testing.T) {
	folder := t.TempDir()
	if os.Geteuid() == 0 {
		// Modes do not keep root out. The kernel's own folder does, and a folder that is gone anywhere else.
		if folder = "/proc"; !exists(folder) {
			folder = filepath.Join(t.TempDir(), "gone")
		}
	} else if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "sealring-test.json")
	failsWith(t, keyfile.Create(path, full(t)), path)
	if exists(path) {
		t.Error("a file is left behind")
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
