package keyfile

import (
	"io/fs"
	"syscall"
)

const (
	lockAdvice   = "; a document is written only where its folder can hold a lock beside it"
	lockedAdvice = "try again when it is done"
)

// errSharingViolation is ERROR_SHARING_VIOLATION: another process has the file open.
const errSharingViolation syscall.Errno = 32

// tryLock opens the file for itself alone. The system closes it when the process ends, so that no lock is ever stale. The
// file stays: to remove it would be refused now and then while others try to open it.
func tryLock(path string, _ fs.FileInfo) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS,
		syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == errSharingViolation {
		return nil, errLocked
	}
	if err != nil {
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	return func() { syscall.CloseHandle(handle) }, nil
}
