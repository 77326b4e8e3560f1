package sessions

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/sealring/sealring"
)

// A Manager makes sessions with a value of type T, and keeps them in a store. It is safe for concurrent use. T is what
// [sealring.Codec] takes. Make a Manager with New: the zero Manager is of no use.
type Manager[T any] struct {
	*settings
	codec *sealring.Codec[body[T]]
	store Store
}

// New returns a manager of sessions in a store, such as [NewMemoryStore]'s. Errors match ErrConfig.
func New[T any](ring *sealring.Keyring, store Store, options *Options) (*Manager[T], error) {
	if store == nil {
		return nil, config("no store")
	}
	s, err := newSettings(options, "session")
	if err != nil {
		return nil, err
	}
	codec, err := newCodec[T](ring, s)
	if err != nil {
		return nil, err
	}
	return &Manager[T]{s, codec, store}, nil
}

// New returns a session under a fresh ID that nobody is signed in to. It is nowhere but in memory until it is given to
// Save or SignIn.
func (m *Manager[T]) New(value T) *Session[T] {
	d := fresh(m.settings, value)
	d.setID(newID())
	return newSession(d)
}

// fresh returns what is behind a new session, but for its ID.
func fresh[T any](s *settings, value T) *data[T] {
	now := s.now()
	return &data[T]{body: body[T]{Value: value, Created: now, Begins: now, Ends: now + s.absolute}, seen: now, changed: true}
}

// setID makes a session one that the store does not have.
func (d *data[T]) setID(id [idSize]byte) {
	d.id, d.hash, d.version, d.tried = id, storeID(id), 0, false
}

// Create returns a session under a fresh ID that is in the store.
func (m *Manager[T]) Create(ctx context.Context, value T) (*Session[T], error) {
	s := m.New(value)
	if err := m.Save(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// Load returns the session of an ID. It takes one round trip to the store, and a second one if somebody is signed in. Text
// that is no ID costs none, and nothing is ever written for an ID that is unknown.
func (m *Manager[T]) Load(ctx context.Context, id string) (*Session[T], error) {
	raw, ok := parseID(id)
	if !ok {
		return nil, ErrNoSession
	}
	d, err := m.load(ctx, storeID(raw))
	if err != nil {
		return nil, err
	}
	d.id = raw
	if len(d.Subject) > 0 {
		before, err := m.revoked(ctx, string(d.Subject))
		if err != nil {
			return nil, err
		}
		if d.Begins <= before {
			return nil, ErrNoSession
		}
	}
	return newSession(d), nil
}

// load returns the session that the store has under a hash, revoked or not.
func (m *Manager[T]) load(ctx context.Context, hash [sha256.Size]byte) (*data[T], error) {
	record, err := m.record(ctx, hash)
	if err != nil {
		return nil, err
	}
	return m.open(ctx, hash, record)
}

// record returns what the store has under a hash.
func (m *Manager[T]) record(ctx context.Context, hash [sha256.Size]byte) ([]byte, error) {
	records, err := m.store.Load(ctx, hash)
	switch {
	case err != nil:
		return nil, storeFailed(err)
	case len(records) != 1:
		return nil, errCount
	case records[0] == nil:
		return nil, ErrNoSession
	}
	return records[0], nil
}

var errCount = storeFailed(errors.New("it returned another number of records than it was asked for"))

// revoked returns the moment up to which sessions of a subject are revoked, by the store or by Options.RevokedBefore.
func (m *Manager[T]) revoked(ctx context.Context, subject string) (int64, error) {
	before, err := m.store.Revoked(ctx, m.storeSubject(subject))
	if err != nil {
		return 0, storeFailed(err)
	}
	elsewhere, err := m.revokedElsewhere(ctx, subject)
	return max(milliseconds(before), elsewhere), err
}

// revokedElsewhere asks Options.RevokedBefore.
func (s *settings) revokedElsewhere(ctx context.Context, subject string) (int64, error) {
	if s.revokedBefore == nil {
		return milliseconds(time.Time{}), nil
	}
	before, err := s.revokedBefore(ctx, subject)
	if err != nil {
		return 0, storeFailed(err)
	}
	return milliseconds(before), nil
}

// milliseconds is t in Unix milliseconds, rounded down: time.Time.UnixMilli wraps around where t is far away.
func milliseconds(t time.Time) int64 {
	const far = 1 << 60
	switch seconds := t.Unix(); {
	case seconds > far/1000:
		return far
	case seconds < -far/1000:
		return -far
	}
	return t.UnixMilli()
}

// Save writes a session, and with it begins its idle lifetime anew. It fails with ErrConflict if somebody else has saved
// the session since it was loaded, and with ErrNoSession if it has been invalidated: what was logged out during a slow
// request stays so.
func (m *Manager[T]) Save(ctx context.Context, s *Session[T]) error {
	d := s.data()
	return m.write(ctx, d, d.version+1)
}

// Touch writes down that a session is in use, if a tenth of the idle lifetime has passed since that was last done, or if
// the session is stale. Otherwise it does nothing. It makes no Save of others fail, but fails as Save does. After
// Session.Set it is Save.
func (m *Manager[T]) Touch(ctx context.Context, s *Session[T]) error {
	d := s.data()
	switch {
	case d.changed:
		return m.Save(ctx, s)
	case d.version > 0 && d.due(m.settings):
		return m.write(ctx, d, d.version)
	}
	return nil
}

// due reports whether a use of the session is to be written down.
func (d *data[T]) due(s *settings) bool {
	return d.stale || s.now()-d.seen >= s.idle/slidingParts
}

// write puts a record of a version in the place of the one that the session has.
func (m *Manager[T]) write(ctx context.Context, d *data[T], version uint64) error {
	now := m.now()
	if d.dead || m.ended(d.Ends, d.Created) {
		return ErrNoSession
	}
	record, err := m.seal(d, version)
	if err != nil {
		return err
	}
	d.tried = true
	saved, err := m.store.Save(ctx, d.hash, d.version, record, time.UnixMilli(m.expires(now, d.Ends)))
	if err != nil {
		return storeFailed(err)
	}
	if !saved {
		if err := m.lost(ctx, d, record); err != nil {
			return err
		}
	}
	d.version, d.seen, d.stale, d.changed = version, now, false, false
	return nil
}

// lost returns why the store did not replace a record: ErrNoSession if there is none, ErrConflict if there is another one.
// It is nil if the store has the very record, as a client that repeats commands may have written it before.
func (m *Manager[T]) lost(ctx context.Context, d *data[T], record []byte) error {
	stored, err := m.record(ctx, d.hash)
	if err == nil && bytes.Equal(stored, record) {
		return nil
	}
	if err == nil {
		_, err = m.open(ctx, d.hash, stored)
	}
	switch {
	case err == nil:
		return ErrConflict
	case errors.Is(err, ErrNoSession):
		d.dead = true
	}
	return err
}

// String returns the purpose and the IDs of the ring's keys.
func (m *Manager[T]) String() string { return fmt.Sprintf("sessions(%s)", m.codec) }

// Format writes String, whatever the verb.
func (m *Manager[T]) Format(f fmt.State, _ rune) { io.WriteString(f, m.String()) }

// LogValue makes slog write String.
func (m *Manager[T]) LogValue() slog.Value { return slog.StringValue(m.String()) }
