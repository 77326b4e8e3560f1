package sealedscs

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/sessions"
)

// A record, as the store beneath has it:
//
//	offset  size  field
//	0       8     state, big-endian: 1 of a session, 2 of a token that was deleted
//	8       …     an envelope in binary form, format.md, Section 2, in content Raw
//
// The envelope is bound to the two parts of storeID and these eight bytes. Of a deleted token its body is empty, and of
// a session it is
//
//	0       8     expiry in Unix milliseconds, big-endian
//	8       1     size n of the token, 0 without Options.Iterable
//	9       n     the token
//	9 + n   …     what scs wrote
//
// To the store the state is a version. Replacing version 1 by version 1 is what makes the last writer win; and as nobody
// replaces version 2, and what is there keeps version 0 out, nothing takes the place of a deleted token until that expires.
const (
	absent  = 0 // no record
	live    = 1
	deleted = 2

	stateSize  = 8
	expirySize = 8
	bodySize   = expirySize + 1 // without the token and what scs wrote
)

const (
	// minTokenSize is that of 128 bits in base64, and scs's tokens have twice that: what cannot be guessed needs no key to
	// be hashed with. It also keeps out "", which scs deletes where there is no session yet.
	minTokenSize = 22
	// maxTokenSize is what one byte counts; a larger one is not hashed.
	maxTokenSize = 255

	// handleSize is how many bytes of a hash are in a handle, as in package sessions.
	handleSize = 16

	tokenLabel = "sealring/v1/scs-token\x00"
	listLabel  = "sealring/v1/scs-list\x00"
)

// storeID is what the store knows a token by. Whoever reads it there cannot present it as a token.
func storeID(token string) (hash [sha256.Size]byte, ok bool) {
	if len(token) < minTokenSize || len(token) > maxTokenSize {
		return hash, false
	}
	return sha256.Sum256([]byte(tokenLabel + token)), true
}

// stateOf is the version that a store sees in a record.
func stateOf(record []byte) uint64 {
	if len(record) < stateSize {
		return absent
	}
	return binary.BigEndian.Uint64(record)
}

// bind is the binding of a record, as of Bind(hash, state).
func bind(id [sha256.Size]byte, state []byte) []byte {
	b, err := sealring.Bind(string(id[:]), string(state))
	if err != nil {
		panic("sealedscs: a hash is empty") // unreachable
	}
	return b
}

// seal returns the record of a state.
func (s *Store) seal(id [sha256.Size]byte, state uint64, body []byte) ([]byte, error) {
	record := binary.BigEndian.AppendUint64(nil, state)
	record, err := s.sealer.AppendSealBinary(record, body, bind(id, record))
	if err != nil {
		return nil, failure.Because(sessions.ErrSeal, err)
	}
	return record, nil
}

// A session is what is sealed of one.
type session struct {
	expires int64 // Unix milliseconds
	token   string
	data    []byte
}

func (in *session) body() []byte {
	b := make([]byte, 0, bodySize+len(in.token)+len(in.data))
	b = binary.BigEndian.AppendUint64(b, uint64(in.expires))
	b = append(b, byte(len(in.token)))
	return append(append(b, in.token...), in.data...)
}

// parse is the reverse of body.
func parse(body []byte) (in session, ok bool) {
	if len(body) < bodySize || len(body) < bodySize+int(body[expirySize]) {
		return session{}, false
	}
	end := bodySize + int(body[expirySize])
	return session{int64(binary.BigEndian.Uint64(body)), string(body[bodySize:end]), body[end:]}, true
}

// open returns the session that the store has a record of. There is none if the record does not open, is of a deleted
// token, or has expired.
//
// What is malformed or does not authenticate was never sealed for its place by any node, and is discarded. All else that
// does not open, such as a record under a key that this node does not have yet, may be somebody's session, and stays
// until it expires.
func (s *Store) open(ctx context.Context, id [sha256.Size]byte, record []byte) (in session, ok bool) {
	in, err := s.unseal(id, record)
	switch class := classOf(err); class {
	case nil:
		if stateOf(record) == live && milliseconds(s.now()) < in.expires {
			return in, true
		}
	case sealring.ErrExpired: // with its key
	case sealring.ErrMalformed, sealring.ErrBadSignature:
		s.discard(ctx, id, record, class)
	default:
		s.observe(sessions.Event{Class: class, Handle: handle(id)})
	}
	return session{}, false
}

// discard deletes a record if it still is what was judged, for it may have been replaced by a genuine one since.
func (s *Store) discard(ctx context.Context, id [sha256.Size]byte, record []byte, class error) error {
	gone, err := s.store.Delete(ctx, id, record)
	s.observe(sessions.Event{Class: class, Handle: handle(id), Deleted: gone, Err: err})
	return err
}

func (s *Store) unseal(id [sha256.Size]byte, record []byte) (session, error) {
	if len(record) < stateSize {
		return session{}, sealring.ErrMalformed
	}
	body, _, err := s.sealer.AppendOpenBinary(nil, record[stateSize:], bind(id, record[:stateSize]))
	if err != nil || stateOf(record) != live {
		return session{}, err
	}
	in, ok := parse(body)
	if !ok {
		return session{}, sealring.ErrBadPayload // of a program that uses the purpose for something else
	}
	return in, nil
}

// classOf returns the class in which opening failed, nil if it did not.
func classOf(err error) error {
	if err == nil {
		return nil
	}
	if class, ok := errors.AsType[*failure.Class](err); ok {
		return class
	}
	return sealring.ErrInvalid // unreachable: every failure has a class
}

// handle names a session for an observer, as package sessions does.
func handle(id [sha256.Size]byte) string { return string(base64url.Append(nil, id[:handleSize])) }

func (s *Store) observe(e sessions.Event) {
	if s.observer != nil {
		s.observer.Observe(e)
	}
}

// milliseconds is t in Unix milliseconds, rounded down, and between 0 and the end of the year 9999: time.Time.UnixMilli
// wraps around where t is far away.
func milliseconds(t time.Time) int64 {
	const end = 253402300799999
	switch {
	case t.Before(time.UnixMilli(0)):
		return 0
	case t.After(time.UnixMilli(end)):
		return end
	}
	return t.UnixMilli()
}
