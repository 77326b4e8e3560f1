package sealedscs

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/sessions"
)

// A Store keeps the sessions of an scs.SessionManager, sealed, in a store of package sessions. It has the methods of
// scs.Store, CtxStore, IterableStore and IterableCtxStore, and is safe for concurrent use. Make it with NewStore: the zero
// Store is of no use.
//
// What scs calls data is bytes of no meaning here, so the SessionManager's Codec is free; it decodes nothing that is not
// authentic. Leave HashTokenInStore off: the store beneath has no token anyway.
type Store struct {
	sealer     *sealring.Sealer
	store      sessions.Store
	deletedFor time.Duration
	iterable   bool
	list       [sha256.Size]byte // the subject under which all sessions are listed
	observer   sessions.Observer
	now        func() time.Time
}

// The methods that scs asks for.
var _ interface {
	Find(token string) (data []byte, found bool, err error)
	Commit(token string, data []byte, expiry time.Time) error
	Delete(token string) error
	All() (map[string][]byte, error)
	FindCtx(ctx context.Context, token string) (data []byte, found bool, err error)
	CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error
	DeleteCtx(ctx context.Context, token string) error
	AllCtx(ctx context.Context) (map[string][]byte, error)
} = (*Store)(nil)

const (
	// attempts is how often a write is tried again because something else was written in between. Each time is a change
	// between there being a record and none, so few are many.
	attempts = 8
	// batch is how many sessions are loaded at a time, as in package sessions.
	batch = 64
)

// NewStore returns a store for scs over another one, such as [sessions.NewMemoryStore]'s. Errors match sessions.ErrConfig.
func NewStore(ring *sealring.Keyring, store sessions.Store, options *Options) (*Store, error) {
	var o Options
	if options != nil {
		o = *options
	}
	if store == nil {
		return nil, failure.Because(sessions.ErrConfig, errors.New("no store"))
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	purpose := or(o.Purpose, defaultPurpose)
	sealer, err := newSealer(ring, purpose, o.Signed, o.MaxRecord, sealring.Options{Observer: o.Openings, Now: o.Now})
	if err != nil {
		return nil, err
	}
	return &Store{
		sealer:     sealer,
		store:      store,
		deletedFor: or(o.DeletedFor, defaultDeletedFor),
		iterable:   o.Iterable,
		list:       sha256.Sum256([]byte(listLabel + purpose)),
		observer:   o.Observer,
		now:        o.Now,
	}, nil
}

// Find is FindCtx without a context.
func (s *Store) Find(token string) (data []byte, found bool, err error) {
	return s.FindCtx(context.Background(), token)
}

// FindCtx returns the data of a token. None is found if there never was a session, it has expired or was deleted, or its
// record does not open. An error matches sessions.ErrStore: nobody knows. It takes one round trip and writes nothing,
// except that it deletes what is forged.
func (s *Store) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	id, ok := storeID(token)
	if !ok {
		return nil, false, nil
	}
	records, err := s.load(ctx, id)
	if err != nil || records[0] == nil {
		return nil, false, err
	}
	in, ok := s.open(ctx, id, records[0])
	return in.data, ok, nil
}

func (s *Store) load(ctx context.Context, ids ...[sha256.Size]byte) ([][]byte, error) {
	records, err := s.store.Load(ctx, ids...)
	if err != nil {
		return nil, failure.Because(sessions.ErrStore, err)
	}
	if len(records) != len(ids) {
		return nil, errCount
	}
	return records, nil
}

// Commit is CommitCtx without a context.
func (s *Store) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// CommitCtx writes the data of a token, over what there is. It fails with ErrDeleted for a token that was deleted, with
// sessions.ErrSeal for data that is too large, and where no key seals now, and with sessions.ErrStore. It takes one round
// trip, or two for a new token.
func (s *Store) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	id, ok := storeID(token)
	if !ok {
		return errToken
	}
	in := session{expires: milliseconds(expiry), data: data}
	if s.iterable {
		in.token = token
	}
	record, err := s.seal(id, live, in.body())
	if err != nil {
		return err
	}

	// The listing comes first: a session that All does not find could not be logged out by it. Without a record it is
	// nothing, and expires.
	expires := time.UnixMilli(in.expires)
	if s.iterable {
		if _, err := s.store.Enter(ctx, s.list, id, s.now(), expires); err != nil {
			return failure.Because(sessions.ErrStore, err)
		}
	}

	for range attempts {
		saved, err := s.save(ctx, id, record, expires)
		if saved || err != nil {
			return err
		}
		records, err := s.load(ctx, id)
		if err != nil {
			return err
		}
		switch there := records[0]; {
		case there == nil, stateOf(there) == live: // since
		default:
			s.open(ctx, id, there) // for the observer
			s.leave(ctx, id)
			return ErrDeleted
		}
	}
	return errChanged
}

// save puts a record in the place of a session's, or where there is none.
func (s *Store) save(ctx context.Context, id [sha256.Size]byte, record []byte, expires time.Time) (saved bool, _ error) {
	for _, version := range [...]uint64{live, absent} {
		saved, err := s.store.Save(ctx, id, version, record, expires)
		if err != nil {
			return false, failure.Because(sessions.ErrStore, err)
		}
		if saved {
			return true, nil
		}
	}
	return false, nil
}

// leave takes a session that is dead off the list. Where that fails, the listing is of nothing, and expires.
func (s *Store) leave(ctx context.Context, id [sha256.Size]byte) {
	if !s.iterable {
		return
	}
	if err := s.store.Leave(ctx, s.list, id); err != nil {
		s.observe(sessions.Event{Class: sessions.ErrStore, Handle: handle(id), Err: err})
	}
}

// Delete is DeleteCtx without a context.
func (s *Store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// DeleteCtx deletes a token and remembers, for Options.DeletedFor, that it did: also one that is not there, for a request
// that is under way may still have its session. So it writes for each token that it is given; scs gives it those that it
// found or made. Text that is no token it leaves alone, such as "" where there is no session yet. After sessions.ErrStore
// the session may be alive. Where no key seals now, the session is gone and not remembered: sessions.ErrSeal.
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	id, ok := storeID(token)
	if !ok {
		return nil
	}
	record, err := s.seal(id, deleted, nil)
	if err != nil {
		// What takes the session's place expires at once. A token that was deleted before stays so.
		gone := binary.BigEndian.AppendUint64(nil, deleted)
		if _, err := s.store.Save(ctx, id, live, gone, time.UnixMilli(1)); err != nil {
			return failure.Because(sessions.ErrStore, err)
		}
		s.leave(ctx, id)
		return err
	}
	until := time.UnixMilli(milliseconds(s.now().Add(s.deletedFor)))
	for range attempts {
		dead, err := s.save(ctx, id, record, until)
		if err == nil && !dead {
			dead, err = s.isDeleted(ctx, id)
		}
		if err != nil {
			return err
		}
		if dead {
			s.leave(ctx, id)
			return nil
		}
	}
	return errChanged
}

// isDeleted reports whether the store has a deleted token under a hash, perhaps one that another node sealed and this one
// cannot open. What is neither that nor a session makes room, for nobody sealed it.
func (s *Store) isDeleted(ctx context.Context, id [sha256.Size]byte) (bool, error) {
	records, err := s.load(ctx, id)
	if err != nil {
		return false, err
	}
	there := records[0]
	if there == nil || stateOf(there) == live { // since
		return false, nil
	}
	_, err = s.unseal(id, there)
	class := classOf(err)
	forged := class == sealring.ErrMalformed || class == sealring.ErrBadSignature || class == sealring.ErrTooLarge
	if stateOf(there) == deleted && !forged {
		return true, nil
	}
	if err := s.discard(ctx, id, there, class); err != nil {
		return false, failure.Because(sessions.ErrStore, err)
	}
	return false, nil
}

// All is AllCtx without a context.
func (s *Store) All() (map[string][]byte, error) { return s.AllCtx(context.Background()) }

// AllCtx returns the data of all sessions by their tokens. It needs Options.Iterable, and fails with sessions.ErrConfig
// without it. What does not open is left out. All of it is in memory at once, as scs wants it.
func (s *Store) AllCtx(ctx context.Context) (map[string][]byte, error) {
	if !s.iterable {
		return nil, errListing
	}
	ids, err := s.store.List(ctx, s.list)
	if err != nil {
		return nil, failure.Because(sessions.ErrStore, err)
	}
	all := make(map[string][]byte, len(ids))
	for ids := range slices.Chunk(ids, batch) {
		records, err := s.load(ctx, ids...)
		if err != nil {
			return nil, err
		}
		for i, record := range records {
			if record == nil {
				continue
			}
			if in, ok := s.open(ctx, ids[i], record); ok && in.token != "" {
				all[in.token] = in.data
			}
		}
	}
	return all, nil
}

// String returns the purpose and the IDs of the ring's keys.
func (s *Store) String() string { return fmt.Sprintf("scs(%s)", s.sealer) }

// Format writes String, whatever the verb.
func (s *Store) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue makes slog write String.
func (s *Store) LogValue() slog.Value { return slog.StringValue(s.String()) }
