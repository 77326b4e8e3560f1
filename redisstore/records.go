package redisstore

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// maxBatch is how many sessions one round trip has at most, so that none holds up the server's other clients.
const maxBatch = 1000

// recordKey is the key of a session's record.
func (s *Store) recordKey(id [32]byte) string {
	return s.config.Prefix + "session:" + base64.RawURLEncoding.EncodeToString(id[:])
}

// Load returns the records of ids, in their order, nil for each that there is not. It writes nothing.
func (s *Store) Load(ctx context.Context, ids ...[32]byte) (records [][]byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, failed(ctx, "load", err)
	}
	records = make([][]byte, 0, len(ids))
	if len(ids) == 1 {
		record, err := s.read(ctx, s.client, ids[0]).Bytes()
		if err != nil {
			return nil, failed(ctx, "load", err)
		}
		return append(records, orNil(record)), nil
	}
	for len(ids) > 0 {
		batch := ids[:min(len(ids), maxBatch)]
		ids = ids[len(batch):]
		answers := make([]*redis.StringCmd, len(batch))
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, id := range batch {
				answers[i] = s.read(ctx, p, id)
			}
			return nil
		})
		if err != nil {
			return nil, failed(ctx, "load", err)
		}
		for _, answer := range answers {
			record, err := answer.Bytes()
			if err != nil {
				return nil, failed(ctx, "load", err)
			}
			records = append(records, orNil(record))
		}
	}
	return records, nil
}

// read asks for no more of a record than one byte beyond what Save takes: whoever can write to Redis could make every
// request of a session read what Redis holds at most, half a gigabyte.
func (s *Store) read(ctx context.Context, c redis.Cmdable, id [32]byte) *redis.StringCmd {
	return c.GetRange(ctx, s.recordKey(id), 0, int64(s.config.MaxRecord))
}

// orNil returns nil for a range without bytes, which is all that there is of a key that does not exist.
func orNil(record []byte) []byte {
	if len(record) == 0 {
		return nil
	}
	return record
}

// Save puts a record in the place of the one whose version is the given one, or, if version is 0, where there is none.
// Otherwise saved is false and nothing has changed. It is an error if the record is empty, as Load would take it for none,
// or larger than Options.MaxRecord.
func (s *Store) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (saved bool, err error) {
	switch {
	case ctx.Err() != nil:
		return false, failed(ctx, "save", ctx.Err())
	case len(record) == 0:
		return false, failed(ctx, "save", errors.New("the record is empty"))
	case len(record) > s.config.MaxRecord:
		return false, failed(ctx, "save", fmt.Errorf("a record of %d bytes; Options.MaxRecord is %d", len(record), s.config.MaxRecord))
	}
	if version == 0 {
		set := redis.NewStatusCmd(ctx, "set", s.recordKey(id), record, "nx", "pxat", millis(expires))
		err := s.client.Process(ctx, set)
		if errors.Is(err, redis.Nil) {
			return false, nil
		}
		if err != nil {
			return false, failed(ctx, "save", err)
		}
		return true, nil
	}
	run := s.run
	if !expires.After(time.Now()) {
		run = s.end
	}
	stored := binary.BigEndian.AppendUint64(nil, version)
	n, err := run(ctx, replaceScript, []string{s.recordKey(id)}, stored, record, millis(expires))
	if err != nil {
		return false, failed(ctx, "save", err)
	}
	return n == 1, nil
}

// Delete deletes a record if it is, byte for byte, the given one; if that is nil, whatever it is.
func (s *Store) Delete(ctx context.Context, id [32]byte, record []byte) (deleted bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, failed(ctx, "delete", err)
	}
	whatever := 0
	if record == nil {
		whatever = 1
	}
	n, err := s.end(ctx, deleteScript, []string{s.recordKey(id)}, whatever, record, s.config.MaxRecord, min(s.config.Replicas, 1))
	if err != nil {
		return false, failed(ctx, "delete", err)
	}
	return n == 1, nil
}
