//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const (
	lockAdvice   = "; a document is written only where its folder can hold a lock beside it"
	lockedAdvice = "try again when it is done"
)

// tryLock takes the lock that the system frees when the process ends, so that none is ever stale.
func tryLock(path string, document fs.FileInfo) (unlock func(), err error) {
	f, err := openLock(path, document)
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}

	// The one who had the lock before has removed the file. A lock on a file without a name keeps nobody out.
	ours, err := f.Stat()
	if err == nil {
		var named fs.FileInfo
		if named, err = os.Lstat(path); err == nil && os.SameFile(ours, named) {
			return func() { os.Remove(path); f.Close() }, nil
		}
	}
	f.Close()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return nil, errLocked
}

// openLock opens the file that holds the lock, and makes it where there is none.
func openLock(path string, document fs.FileInfo) (*os.File, error) {
	f, err := createNew(path)
	if errors.Is(err, fs.ErrExist) {
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errLocked // until just now
		}
		return f, err
	}
	if err != nil {
		return nil, err
	}
	// The file stays if root's process is killed, and then the document's owner must be able to open it. One that was there
	// is never given away: it may be a hard link to what is not ours. Who cannot give it away is not root.
	_ = keepOwner(f, document)
	return f, nil
}

func flock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EINTR {
			return err
		}
	}
}
