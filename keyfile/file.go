package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/sealring/sealring/internal/failure"
)

// fileMode is the mode of a document's file: read and written by its owner alone.
const fileMode fs.FileMode = 0o600

// Read returns the document in the file of that path, as [Parse] does. It follows symbolic links. However large the
// file is, it reads no more than the 1 MiB that a document may have.
//
// It refuses a file that its group or others may read, write or execute, before it reads it: `chmod 600` is the cure,
// and new secrets if somebody may have looked; [ReadShared] is for a group that is to read it. Windows has no such modes,
// so Read does not check there; restrict access to the folder instead.
func Read(path string) (*Document, error) {
	d, _, err := read(path, ownerOnly)
	return d, err
}

// ReadShared is Read for a file that its group may read too, though not write: as Kubernetes makes those of a secret, with
// mode 0440, where a pod has an fsGroup. Everybody in that group has the secrets.
func ReadShared(path string) (*Document, error) {
	d, _, err := read(path, groupReads)
	return d, err
}

// A sharing is the permissions that others than the owner must not have.
type sharing fs.FileMode

const (
	ownerOnly  sharing = 0o077
	groupReads sharing = 0o037
)

func read(path string, refused sharing) (*Document, fs.FileInfo, error) {
	data, info, err := readFile(path, refused)
	if err != nil {
		return nil, nil, err
	}
	d, err := Parse(data)
	if err != nil {
		return nil, nil, failure.Keyring.With(path + ": " + detail(err))
	}
	return d, info, nil
}

func readFile(path string, refused sharing) ([]byte, fs.FileInfo, error) {
	if err := checkPath(path); err != nil {
		return nil, nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, notThere(err)
	}
	defer f.Close()

	// The mode of the file that is open, not of the path, which may have become another file's.
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fileError(err, "") // unreachable: the file is open
	}
	if info.IsDir() {
		return nil, nil, failure.Keyring.With(path + " is a folder; name the file in it")
	}
	if err := checkMode(runtime.GOOS, path, info.Mode(), refused); err != nil {
		return nil, nil, err
	}
	// Its size need not be true: pipes and devices have none, and files grow.
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, nil, fileError(err, "")
	}
	return data, info, nil
}

// notThere is fileError, with advice where there is nothing at the path.
func notThere(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fileError(err, "; make it with `sealring keys new`")
	}
	return fileError(err, "")
}

// Create writes a document to a new file of mode 0600, whatever the umask, and returns when file and folder are on the
// disk. It never writes over what is at the path, be it a symbolic link to nowhere. When it fails it leaves no file
// behind. The file holds secrets in the clear, as [Encode] writes them.
//
// The document is written to a file of another name (the path with a number and ".tmp" behind it), and has its own only
// once it is whole and on the disk; a crash may leave the other one behind. Where the file system has no hard links it is
// written in place, and a crash may leave a part of it, which Read refuses.
//
// A file system that gives the file a wider mode, as some without modes do, is refused before a secret is written; on
// Windows the modes are left out of account, as in [Read].
func Create(path string, d *Document) error {
	if err := checkPath(path); err != nil {
		return err
	}
	data, err := Encode(d)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return taken(&fs.PathError{Op: "create", Path: path, Err: fs.ErrExist})
	}
	linked, err := createLinked(path, data)
	if linked || err != nil {
		return err
	}
	f, err := createNew(path)
	if errors.Is(err, fs.ErrExist) {
		return taken(err)
	}
	if err != nil {
		return fileError(err, "")
	}
	return fill(f, data)
}

func taken(err error) error {
	return fileError(err, "; a new document never takes the place of anything, choose another path")
}

// createLinked writes data under another name and gives it that of path, which fails where there is something, unlike
// renaming. It reports false where it cannot do either of it here, and has left nothing then.
func createLinked(path string, data []byte) (bool, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+tempSuffix)
	if err != nil {
		return false, nil // creating the file itself says why
	}
	defer os.Remove(f.Name())
	if err := fill(f, data); err != nil {
		return false, err
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return false, taken(err)
	} else if err != nil {
		return false, nil
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		os.Remove(path)
		return false, err
	}
	return true, nil
}

// fill writes data to the new file f and closes it. On an error it removes the file.
func fill(f *os.File, data []byte) error {
	err := write(f, data)
	if closeErr := f.Close(); err == nil && closeErr != nil {
		err = fileError(closeErr, "")
	}
	if err == nil {
		err = syncFolder(filepath.Dir(f.Name()))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func write(f *os.File, data []byte) error {
	// A umask can only have narrowed the mode, perhaps so far that the owner cannot read the file.
	if err := f.Chmod(fileMode); err != nil {
		return fileError(err, "")
	}
	info, err := f.Stat()
	if err != nil {
		return fileError(err, "") // unreachable: the file is open
	}
	if err := checkMode(runtime.GOOS, f.Name(), info.Mode(), ownerOnly); err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return fileError(err, "")
	}
	if err := f.Sync(); err != nil {
		return fileError(err, "")
	}
	return nil
}

// syncFolder makes the name of a new file last, which fsync of the file need not do. Windows cannot do it to a folder,
// and some file systems cannot.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return fileError(err, "")
	}
	defer folder.Close()
	err = folder.Sync()
	if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return fileError(err, "")
	}
	return nil
}

// checkMode refuses a file that others than its owner have access to which they must not have.
func checkMode(goos, path string, mode fs.FileMode, refused sharing) error {
	if goos == "windows" || mode.Perm()&fs.FileMode(refused) == 0 {
		return nil
	}
	return failure.Keyring.With(fmt.Sprintf("%s: mode %04o lets others than the owner at the secrets; chmod 600 the file",
		path, mode.Perm()))
}

// checkPath refuses a document or secret that was handed over for a path: the errors of the file system say the path.
func checkPath(path string) error {
	if strings.Contains(path, "srk1_") || strings.HasPrefix(strings.TrimSpace(path), "{") {
		return failure.Keyring.With("this is not a path but a document or a secret itself; Parse reads documents")
	}
	return nil
}

// fileError gives an error of the file system the class of all errors here. It still matches what package io/fs has.
func fileError(err error, advice string) error {
	return fmt.Errorf("%w: %w%s", failure.Keyring, err, advice)
}
