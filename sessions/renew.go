package sessions

import (
	"context"
	"encoding/binary"
	"time"
)

const (
	// undoTime is how long undoing may take: the caller waits, and its context may have ended already.
	undoTime = 5 * time.Second
	// clocksApart is by how much the clock behind Options.RevokedBefore may be ahead of this one, so that who has changed
	// their password can sign in at once.
	clocksApart = time.Minute
)

// past is an expiry that makes a store delete what it replaces.
var past = time.UnixMilli(1)

// SignIn makes a session that of a subject: it gets a fresh ID, so that whoever knew the old one has nothing, the value
// given, a new absolute lifetime, and a place in the subject's list. The old ID is dead. The label is what the user is to
// recognize the session by, such as a browser's name; it is cut to 256 bytes of UTF-8.
//
// If it fails, s is what it was, and never holds the new subject or value; nor does the store under the old ID, which it
// may have lost, where it failed in the middle. ErrNoSession means that the old session has been invalidated in the
// meantime, or that the answer to its deletion was lost and the store's client repeated that, which looks the same; and
// ErrConflict that somebody has saved it.
func (m *Manager[T]) SignIn(ctx context.Context, s *Session[T], subject, label string, value T) error {
	if s.data().dead {
		return ErrNoSession
	}
	next, err := signedIn(ctx, m.settings, subject, label, value)
	if err != nil {
		return err
	}
	next.setID(newID())
	return m.replace(ctx, s.data(), next)
}

// signedIn returns what is behind a new session of a subject, but for its ID. It begins now, or after a revocation by a
// clock that is a little ahead.
func signedIn[T any](ctx context.Context, s *settings, subject, label string, value T) (*data[T], error) {
	if err := checkSubject(subject); err != nil {
		return nil, err
	}
	next := fresh(s, value)
	next.Subject, next.Label = []byte(subject), cleanLabel(label)
	before, err := s.revokedElsewhere(ctx, subject)
	if err != nil {
		return nil, err
	}
	if before >= next.Begins && before < next.Begins+clocksApart.Milliseconds() {
		next.Begins = before + 1
	}
	return next, nil
}

// Renew gives a session a fresh ID, as after a step that gives it more rights. The old ID is dead. All else stays, with the
// value as Session.Set left it. It fails as SignIn does.
func (m *Manager[T]) Renew(ctx context.Context, s *Session[T]) error {
	d := s.data()
	if d.dead {
		return ErrNoSession
	}
	next := *d
	next.setID(newID())
	next.begun = true
	return m.replace(ctx, d, &next)
}

// replace writes next under its fresh ID, deletes the old record, and lets old be next. The order is what makes it safe to
// end anywhere:
//
//  1. next is listed, so that a revocation from here on covers it. Ended here, a listing without a record expires.
//  2. next is written. Ended here, the store has a record under an ID that nobody was told, which expires. The old
//     session is as it was.
//  3. The old record is deleted, if it still has the version that next was made of: a concurrent logout is not undone by
//     next, and a concurrent save not lost. Ended here, the user has no session and signs in again.
//
// At no point are there two IDs that somebody knows. What fails is undone; where undoing fails too, see 1 and 2.
func (m *Manager[T]) replace(ctx context.Context, old, next *data[T]) error {
	if err := m.enter(ctx, next); err != nil {
		m.undo(ctx, next)
		return err
	}
	if err := m.write(ctx, next, 1); err != nil {
		m.undo(ctx, next)
		return err
	}
	if err := m.retire(ctx, old); err != nil {
		m.undo(ctx, next)
		return err
	}
	m.leave(ctx, old)
	*old = *next
	return nil
}

// enter lists a session under its subject. The store lets one that begins now begin after all revocations; one that is
// renewed has begun already, and if it was revoked since, stays so.
func (m *Manager[T]) enter(ctx context.Context, d *data[T]) error {
	if len(d.Subject) == 0 {
		return nil
	}
	begins, err := m.store.Enter(ctx, m.storeSubject(string(d.Subject)), d.hash, time.UnixMilli(d.Begins), time.UnixMilli(d.Ends))
	if err != nil {
		return storeFailed(err)
	}
	at := milliseconds(begins)
	if d.begun && at != d.Begins {
		return ErrNoSession
	}
	d.Begins = at
	return nil
}

// retire deletes the record of a session that is replaced by another one.
func (m *Manager[T]) retire(ctx context.Context, d *data[T]) error {
	if d.version == 0 {
		return m.end(ctx, d)
	}
	gone := binary.BigEndian.AppendUint64(nil, d.version+1)
	saved, err := m.store.Save(ctx, d.hash, d.version, gone, past)
	if err != nil {
		return storeFailed(err)
	}
	if !saved {
		return m.lost(ctx, d, gone)
	}
	return nil
}

// undo takes a session back that nobody has been told of.
func (m *Manager[T]) undo(ctx context.Context, d *data[T]) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if _, err := m.store.Delete(ctx, d.hash, nil); err != nil {
		m.unfinished(d, err)
	}
	m.leave(ctx, d)
}

// leave ends the listing of a session that is dead. Where that fails, the listing is of nothing, and expires.
func (m *Manager[T]) leave(ctx context.Context, d *data[T]) {
	if len(d.Subject) == 0 {
		return
	}
	if err := m.store.Leave(ctx, m.storeSubject(string(d.Subject)), d.hash); err != nil {
		m.unfinished(d, err)
	}
}

// unfinished tells the observer of what could not be done about a session, and need not be.
func (m *Manager[T]) unfinished(d *data[T], err error) {
	m.observe(Event{Class: ErrStore, Handle: d.handle(), Err: err})
}
