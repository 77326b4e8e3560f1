package sessions

import (
	"context"
	"time"
)

// A Store keeps records and, of each subject, which sessions are its own and before which moment all of them are revoked.
// It knows sessions and subjects by hashes alone, and to it a record is eight bytes of version, big-endian, before bytes
// of no meaning. The interface has standard types only, so that a store need not import this package; sessionstest
// holds one against all that is said here.
//
// Methods are safe for concurrent use, keep and change none of the slices that they are given, and return slices that
// are the caller's. Each takes effect as a whole or not at all. Absence is no error: an error says that the store does
// not know, or does not know whether it did what it was asked for. Times count in whole milliseconds, rounded down.
// Nothing a store keeps outlives the expiry it came with by more than its clock is wrong; what is to expire in the past
// is gone at once.
type Store interface {
	// Load returns the records of ids, in their order, nil for each that there is not. It writes nothing.
	Load(ctx context.Context, ids ...[32]byte) (records [][]byte, err error)
	// Save puts a record in the place of the one whose version is the given one, or, if version is 0, where there is
	// none. Otherwise saved is false and nothing has changed: what has been deleted does not come back.
	Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (saved bool, err error)
	// Delete deletes a record if it is, byte for byte, the given one; if that is nil, whatever it is.
	Delete(ctx context.Context, id [32]byte, record []byte) (deleted bool, err error)

	// Enter lists a session under a subject until it expires, and returns when it begins: at the given moment, or, if
	// the subject is revoked up to then or beyond, one millisecond after that. A session that is listed already begins at the
	// given moment or when it began, whichever is later, and never after what was revoked since: a client may repeat a
	// command.
	Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (begins time.Time, err error)
	// Leave ends the listing of sessions.
	Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error
	// List returns the sessions that are listed and have not expired, in no order.
	List(ctx context.Context, subject [32]byte) (ids [][32]byte, err error)
	// Revoke revokes all sessions that a subject has: those that began at the given moment or before, and those listed,
	// whenever they began, as clocks of nodes differ. It returns the moment that covers them all, which never becomes
	// earlier and which the store keeps until the latest expiry it was given with one. Listings stay.
	Revoke(ctx context.Context, subject [32]byte, at, expires time.Time) (before time.Time, err error)
	// Revoked returns the moment up to which, itself included, sessions of a subject are revoked; the zero time if
	// none are.
	Revoked(ctx context.Context, subject [32]byte) (before time.Time, err error)
}
