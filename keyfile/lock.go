package keyfile

import (
	"errors"
	"io/fs"
	"time"

	"github.com/sealring/sealring/internal/failure"
)

const (
	// lockWait is how long a writer waits for another, which needs milliseconds unless its change asks a person.
	lockWait = 5 * time.Second
	lockPoll = 10 * time.Millisecond
)

// errLocked is what tryLock returns where another writer has the lock.
var errLocked = errors.New("locked")

// lock keeps other writers of a document out until unlock is called.
func lock(path string, document fs.FileInfo) (unlock func(), err error) {
	for begin := time.Now(); ; time.Sleep(lockPoll) {
		unlock, err := tryLock(path, document)
		if err == nil {
			return unlock, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, fileError(err, lockAdvice)
		}
		if time.Since(begin) >= lockWait {
			return nil, failure.Keyring.With(path + ": another writer has had the lock for 5 seconds; " + lockedAdvice)
		}
	}
}
