package sessions

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
)

// A record, as a store has it:
//
//	offset  size  field
//	0       8     version, big-endian: 1 for the first, and one more at each Save
//	8       …     an envelope in binary form, format.md, Section 2, whose body is that of body[T]
//
// The envelope is bound to the two parts of storeID and these eight bytes. So a record does not open under another ID, nor
// with another version, and whoever can write to the store can put back an older record but not call it a newer one.
const versionSize = 8

// classes are the failures of opening, as an Event has them.
var classes = []error{
	sealring.ErrTooLarge, sealring.ErrMalformed, sealring.ErrUnsupportedVersion, sealring.ErrUnsupported,
	sealring.ErrRefused, sealring.ErrUnknownKey, sealring.ErrBadSignature, sealring.ErrNotYetValid, sealring.ErrExpired,
	sealring.ErrBadPayload,
}

// newCodec returns a codec that opens both contents if the type can be held to the rules of both.
func newCodec[T any](ring *sealring.Keyring, s *settings) (*sealring.Codec[body[T]], error) {
	both := s.codec
	both.Contents = []sealring.Content{sealring.JSON, sealring.MessagePack}
	codec, err := sealring.NewCodec[body[T]](ring, s.purpose, &both)
	if err != nil {
		codec, err = sealring.NewCodec[body[T]](ring, s.purpose, &s.codec)
	}
	if err != nil {
		return nil, failure.Because(ErrConfig, err)
	}
	return codec, nil
}

// bound returns the codec for a record of a version.
func (m *Manager[T]) bound(hash [sha256.Size]byte, version []byte) *sealring.Codec[body[T]] {
	return m.codec.For(string(hash[:]), string(version))
}

// seal returns a record of what is to be version.
func (m *Manager[T]) seal(d *data[T], version uint64) ([]byte, error) {
	record := binary.BigEndian.AppendUint64(nil, version)
	record, err := m.bound(d.hash, record).AppendSealBinary(record, d.body)
	if err != nil {
		return nil, sealFailed(err)
	}
	return record, nil
}

// unseal is the reverse of seal. It looks at the size first.
func (m *Manager[T]) unseal(hash [sha256.Size]byte, record []byte) (*data[T], error) {
	if len(record) < versionSize {
		return nil, sealring.ErrMalformed
	}
	version, envelope := record[:versionSize], record[versionSize:]
	b, info, err := m.bound(hash, version).OpenBinary(envelope)
	if err != nil {
		return nil, err
	}
	return &data[T]{
		body:    b,
		hash:    hash,
		version: binary.BigEndian.Uint64(version),
		seen:    info.Issued.UnixMilli(),
		stale:   info.Stale,
	}, nil
}

// open returns the session that the store has a record of, and ErrNoSession if that does not open.
//
// What is malformed or does not authenticate was never sealed for its place by any node, whatever its keys, its options
// and its version of the program, and is deleted: if it still is what was judged, for it may have been replaced by a
// genuine record since. All else that does not open may be somebody's session and stays until it expires: a record under
// a key that this node does not have yet, in a content that it does not take, larger than it takes, from a clock far
// ahead, or of a type that a newer program has.
func (m *Manager[T]) open(ctx context.Context, hash [sha256.Size]byte, record []byte) (*data[T], error) {
	d, err := m.unseal(hash, record)
	if err == nil {
		if m.ended(d.Ends, d.Created) {
			return nil, ErrNoSession
		}
		return d, nil
	}
	if class := classOf(err); class != sealring.ErrExpired {
		event := Event{Class: class, Handle: handle(hash)}
		if class == sealring.ErrMalformed || class == sealring.ErrBadSignature {
			event.Deleted, event.Err = m.store.Delete(ctx, hash, record)
		}
		m.observe(event)
	}
	return nil, ErrNoSession
}

// ended reports whether a session is past its absolute lifetime: the one it was made with, or a shorter one of today.
func (s *settings) ended(ends, created int64) bool {
	now := s.now()
	return now >= ends || now >= created+s.absolute
}

// classOf returns the class in which opening failed.
func classOf(err error) error {
	if class := classIn(err, classes...); class != nil {
		return class
	}
	return sealring.ErrInvalid // unreachable: opening fails in these
}

// classIn returns the class among those given that an error is of, nil if there is none.
func classIn(err error, classes ...error) error {
	for _, class := range classes {
		if errors.Is(err, class) {
			return class
		}
	}
	return nil
}
