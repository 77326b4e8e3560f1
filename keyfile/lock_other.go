//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package keyfile

import (
	"errors"
	"io/fs"
	"os"
)

const (
	lockAdvice   = "; a document is written only where its folder can hold a lock beside it"
	lockedAdvice = "try again when it is done, and remove the file if it has crashed"
)

// tryLock makes the file that is the lock. Nothing here tells whether the one who made it still lives.
func tryLock(path string, _ fs.FileInfo) (unlock func(), err error) {
	f, err := createNew(path)
	if errors.Is(err, fs.ErrExist) {
		return nil, errLocked
	}
	if err != nil {
		return nil, err
	}
	f.Close()
	return func() { os.Remove(path) }, nil
}
