package keyfile

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sealring/sealring/internal/failure"
)

// Update changes the document in the file of that path in one step: whoever reads the file meanwhile, or after a crash,
// finds the old document or the new one, whole. change is handed the document as it is on the disk, no other writer
// comes between, and what it leaves in it is written. A change that leaves Generation as it was has it raised by one, and
// one that changes nothing writes nothing. Whatever fails, an error of change included, which Update returns as it is,
// leaves the file as it was; [Replace] has the one exception, and says how the writing is done.
//
// change must not write to the same path itself: it would wait for its own lock, and fail.
func Update(path string, change func(*Document) error) error {
	return system.update(path, func(on *Document) (*Document, error) {
		d := &Document{Generation: on.Generation, Keys: slices.Clone(on.Keys)}
		if err := change(d); err != nil {
			return nil, err
		}
		if d.Generation != on.Generation {
			return d, nil
		}
		before, err := contentHash(on)
		if err != nil {
			return nil, err // unreachable: it has been parsed
		}
		if after, err := contentHash(d); err != nil || after == before {
			return nil, err
		}
		d.Generation++
		return d, nil
	})
}

// Replace puts a document in the place of the one in the file of that path, which is there and is one that [Read] takes;
// [Create] makes a first one. It refuses a document whose Generation is not higher than the one on the disk, since
// another writer's change would be lost, and one that has an ID with another secret than there, since no running program
// would take it.
//
// The new document is written to a new file of mode 0600 beside the old one (its name with ".tmp" behind it), which has
// the old one's owner, is on the disk in full, and is then renamed; a symbolic link stays, and what it leads to is
// replaced. Access control lists and extended attributes are not carried over. When Replace fails the old document is in
// place, with one exception: where the folder cannot be brought to the disk after the renaming, the new one is, for which
// the error says so. A crash may leave the ".tmp" file behind, which the next writer removes.
//
// Writers lock each other out through a file with ".lock" behind the name, and wait up to 5 seconds for it. The system
// frees the lock of a process that ends, however it ends, by flock on Unix and by exclusive opening on Windows, where the
// empty file stays. A file system or a system without either is different: the first is refused, as some network file
// systems and containers are; on the second the file itself is the lock, which must be removed by hand after a crash.
// Programs that write without the lock, such as editors, are not kept out. Windows does not let a file be replaced while
// a program has it open: Replace fails then, and can be called again.
func Replace(path string, d *Document) error {
	return system.update(path, func(*Document) (*Document, error) { return d, nil })
}

// A filer is the steps of a replacement that can fail at any time, for tests to make them.
type filer struct {
	create     func(path string) (*os.File, error)
	rename     func(from, to string) error
	syncFolder func(path string) error
}

var system = filer{createNew, os.Rename, syncFolder}

// createNew makes a file that was not there. O_EXCL also means that a symbolic link is not followed.
func createNew(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
}

const (
	tempSuffix = ".tmp"
	lockSuffix = ".lock"
)

// update writes what next makes of the document on the disk, nothing where that is nil.
func (s filer) update(path string, next func(on *Document) (*Document, error)) error {
	if err := checkPath(path); err != nil {
		return err
	}
	// The file that a link leads to is replaced, in its own folder, and its lock is the same whatever link led there.
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return notThere(err)
	}
	named, err := os.Stat(target)
	if err != nil {
		return notThere(err)
	}
	if !named.Mode().IsRegular() {
		return failure.Keyring.With(path + " is not a file that can be replaced")
	}
	unlock, err := lock(target+lockSuffix, named)
	if err != nil {
		return err
	}
	defer unlock()

	on, info, err := read(target, ownerOnly)
	if err != nil {
		return err
	}
	d, err := next(on)
	if d == nil || err != nil {
		return err
	}
	if err := follows(d, on); err != nil {
		return err
	}
	data, err := Encode(d)
	if err != nil {
		return err
	}
	return s.replace(target, data, info)
}

// follows refuses a document that does not come after the one on the disk.
func follows(d, on *Document) error {
	if d.Generation <= on.Generation {
		return failure.Keyring.With(fmt.Sprintf("generation %d is on the disk, and this one is %d: another writer's change "+
			"would be lost; read the document again and change that, or use Update", on.Generation, d.Generation))
	}
	secrets := make(map[string]string, len(on.Keys))
	for _, e := range on.Keys {
		secrets[e.String()] = e.Secret.Reveal()
	}
	for _, e := range d.Keys {
		if old, ok := secrets[e.String()]; ok && old != e.Secret.Reveal() {
			return failure.Keyring.With(fmt.Sprintf("key %s has had another secret; a new secret needs a new ID", e))
		}
	}
	return nil
}

// replace puts data in the place of the file at path, whose lock the caller holds; old is what that file is.
func (s filer) replace(path string, data []byte, old fs.FileInfo) error {
	// What is there is of a writer that has crashed, since whoever writes holds the lock.
	temp := path + tempSuffix
	if err := os.Remove(temp); err != nil && !os.IsNotExist(err) {
		return fileError(err, "")
	}
	f, err := s.create(temp)
	if err != nil {
		return fileError(err, "")
	}
	err = keepOwner(f, old)
	if err == nil {
		err = write(f, data)
	}
	if closeErr := f.Close(); err == nil && closeErr != nil {
		err = fileError(closeErr, "")
	}
	if err == nil {
		if err = s.rename(temp, path); err != nil {
			err = fileError(err, "")
		}
	}
	if err != nil {
		os.Remove(temp)
		return err
	}

	// The new document is in place. To put the old one back would be one more step that can fail.
	if err := s.syncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("%w; the new document is in place, and may not outlast a loss of power", err)
	}
	return nil
}

// contentHash returns a hash that two documents have in common if their content is equal but for the generation:
// format.md, Section 15.4.
func contentHash(d *Document) ([sha256.Size]byte, error) {
	keys := slices.Clone(d.Keys)
	slices.SortFunc(keys, func(a, b Entry) int { return strings.Compare(a.String(), b.String()) })
	text, err := Encode(&Document{Generation: 1, Keys: keys})
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	return sha256.Sum256(text), nil
}
