package sessions

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// batch is how many sessions of a subject are loaded or taken off the list at a time: enough to make few round trips, and
// few enough that their records, of 64 KiB each at most by default, fit into memory.
const batch = 64

// Invalidate deletes a session: its ID is dead, also for requests that have loaded it and not saved it yet. It is no error
// if it was dead before. After an error it may be alive.
func (m *Manager[T]) Invalidate(ctx context.Context, s *Session[T]) error {
	d := s.data()
	if err := m.end(ctx, d); err != nil {
		return err
	}
	if d.version > 0 {
		m.leave(ctx, d)
	}
	d.dead = true
	return nil
}

// end deletes the record that the store may have of a session, if it was ever asked to have one.
func (m *Manager[T]) end(ctx context.Context, d *data[T]) error {
	if d.version == 0 && !d.tried {
		return nil
	}
	if _, err := m.store.Delete(ctx, d.hash, nil); err != nil {
		return storeFailed(err)
	}
	return nil
}

// forget deletes what the store has for the text of an ID, whether or not it opens here.
func (m *Manager[T]) forget(ctx context.Context, text string) error {
	id, ok := parseID(text)
	if !ok {
		return nil
	}
	if _, err := m.store.Delete(ctx, storeID(id), nil); err != nil {
		return storeFailed(err)
	}
	return nil
}

// InvalidateSubject logs a subject out everywhere: all sessions that began up to now are dead, those of requests that are
// under way, too. The store remembers the moment, which decides; their records are then deleted. After an error some may
// be alive: call it again.
//
// A sign-in that is under way begins when the store hears of it, so one that has checked a password but not called SignIn
// yet outlives this. Change the password first, and where that matters let sign-ins look at it again after SignIn.
func (m *Manager[T]) InvalidateSubject(ctx context.Context, subject string) error {
	if err := checkSubject(subject); err != nil {
		return err
	}
	hash, now := m.storeSubject(subject), m.now()

	// List comes first: what is listed now is covered by the moment, and its records can go unread. A session that is
	// listed later may be one that begins after it.
	ids, listErr := m.store.List(ctx, hash)
	until := now + m.absolute + revocationMargin.Milliseconds()
	if _, err := m.store.Revoke(ctx, hash, time.UnixMilli(now), time.UnixMilli(until)); err != nil {
		return storeFailed(err)
	}
	if listErr != nil {
		return storeFailed(listErr)
	}

	for ids := range slices.Chunk(ids, batch) {
		for _, id := range ids {
			if _, err := m.store.Delete(ctx, id, nil); err != nil {
				return storeFailed(err)
			}
		}
		if err := m.store.Leave(ctx, hash, ids...); err != nil {
			return storeFailed(err)
		}
	}
	return nil
}

// InvalidateOne deletes the session of a subject that has a handle, as from a form in a list of devices. It fails with
// ErrNoSession if the subject has no such session, which is a "404 Not Found" and does not mean that the caller has none: a
// handle is of use to its owner only.
func (m *Manager[T]) InvalidateOne(ctx context.Context, subject, handle string) error {
	var found *data[T]
	err := m.each(ctx, subject, func(d *data[T]) bool {
		if d.handle() == handle {
			found = d
		}
		return found == nil
	})
	if err != nil {
		return err
	}
	if found == nil {
		return ErrNoSession
	}
	return m.Invalidate(ctx, newSession(found))
}

// A Summary is what a user may see of one of their sessions. It holds no secret.
type Summary struct {
	// Handle names the session for InvalidateOne, and is what Session.Handle returns.
	Handle string
	// Label is what was given to SignIn.
	Label string
	// Created, LastSeen and Ends are the Session's.
	Created, LastSeen, Ends time.Time
}

// List returns the sessions of a subject, the one last seen first.
func (m *Manager[T]) List(ctx context.Context, subject string) ([]Summary, error) {
	var list []Summary
	err := m.each(ctx, subject, func(d *data[T]) bool {
		list = append(list, Summary{d.handle(), d.Label, utc(d.Created), utc(d.seen), utc(d.Ends)})
		return true
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Summary) int {
		return cmp.Or(b.LastSeen.Compare(a.LastSeen), b.Created.Compare(a.Created), cmp.Compare(a.Handle, b.Handle))
	})
	return list, nil
}

// each calls f for each live session of a subject, until it returns false. The records decide: whoever writes to the store
// can list anybody's sessions under a subject, and no longer have a record that says so. A listing without a record is
// left alone, as it may be of a sign-in under way; it expires when its session would.
func (m *Manager[T]) each(ctx context.Context, subject string, f func(*data[T]) bool) error {
	if err := checkSubject(subject); err != nil {
		return err
	}
	ids, err := m.store.List(ctx, m.storeSubject(subject))
	if err != nil {
		return storeFailed(err)
	}
	if len(ids) == 0 {
		return nil
	}
	before, err := m.revoked(ctx, subject)
	if err != nil {
		return err
	}
	for ids := range slices.Chunk(ids, batch) {
		records, err := m.store.Load(ctx, ids...)
		if err != nil {
			return storeFailed(err)
		}
		if len(records) != len(ids) {
			return errCount
		}
		for i, record := range records {
			if record == nil {
				continue
			}
			d, err := m.open(ctx, ids[i], record)
			if err == nil && string(d.Subject) == subject && d.Begins > before && !f(d) {
				return nil
			}
		}
	}
	return nil
}
