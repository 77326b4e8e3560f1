package redisstore

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Times are from 1 to maxMillis, the last millisecond of the year 9999: Redis takes no expiry of 0 or less, and the numbers
// of its scripts and scores are exact up to 2^53.
const maxMillis = 253402300799999

// momentLimit is more than all moments: what begins after the last millisecond is revoked, too, and so on.
const momentLimit = 1e15

// millis counts a time in whole milliseconds, rounded down. What is before 1970 is as past as its first millisecond.
func millis(t time.Time) int64 {
	// A time that is out of int64's range has no UnixMilli.
	if t.Unix() > maxMillis/1000 {
		return maxMillis
	}
	return max(t.UnixMilli(), 1)
}

// subjectKeys are the keys of a subject, of one slot: its sessions, and up to when they are revoked.
func (s *Store) subjectKeys(subject [32]byte) (listed, revoked string) {
	key := s.config.Prefix + "subject:{" + base64.RawURLEncoding.EncodeToString(subject[:]) + "}:"
	return key + "listed", key + "revoked"
}

// beginning is the member of a listing whose score says when a session began.
func beginning(id [32]byte) []byte { return append([]byte("-"), id[:]...) }

// Enter lists a session under a subject until it expires, and returns when it begins: at the given moment, or, if the
// subject is revoked up to then or beyond, one millisecond after that. A session that is listed already begins at the given
// moment or when it began, whichever is later, and never after what was revoked since.
func (s *Store) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (begins time.Time, err error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, failed(ctx, "enter", err)
	}
	listed, revoked := s.subjectKeys(subject)
	n, err := s.run(ctx, enterScript, []string{listed, revoked}, id[:], beginning(id), millis(at), millis(expires))
	if err != nil {
		return time.Time{}, failed(ctx, "enter", err)
	}
	return time.UnixMilli(n), nil
}

// Leave ends the listing of sessions.
func (s *Store) Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error {
	if err := ctx.Err(); err != nil {
		return failed(ctx, "leave", err)
	}
	listed, _ := s.subjectKeys(subject)
	for len(ids) > 0 {
		batch := ids[:min(len(ids), maxBatch)]
		ids = ids[len(batch):]
		members := make([]any, 0, 2*len(batch))
		for _, id := range batch {
			members = append(members, id[:], beginning(id))
		}
		if err := s.client.ZRem(ctx, listed, members...).Err(); err != nil {
			return failed(ctx, "leave", err)
		}
	}
	return nil
}

// List returns the sessions that are listed and have not expired, in no order.
func (s *Store) List(ctx context.Context, subject [32]byte) (ids [][32]byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, failed(ctx, "list", err)
	}
	listed, _ := s.subjectKeys(subject)
	members, err := listScript.Run(ctx, s.client, []string{listed}).StringSlice()
	if err != nil {
		return nil, failed(ctx, "list", err)
	}
	return sessionsOf(members), nil
}

// sessionsOf returns the sessions that members of a listing name. What names none, another hand has put there: it is
// left out, as a record that another hand has changed is no session.
func sessionsOf(members []string) [][32]byte {
	ids := make([][32]byte, 0, len(members))
	for _, member := range members {
		if len(member) == 32 {
			ids = append(ids, [32]byte([]byte(member)))
		}
	}
	return ids
}

// Revoke revokes all sessions that a subject has: those that began at the given moment or before, and those listed,
// whenever they began. It returns the moment that covers them all, which never becomes earlier and which Redis keeps
// until the latest expiry it was given with one. Listings stay. A Redis that is out of memory takes it all the same.
func (s *Store) Revoke(ctx context.Context, subject [32]byte, at, expires time.Time) (before time.Time, err error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, failed(ctx, "revoke", err)
	}
	listed, revoked := s.subjectKeys(subject)
	n, err := s.end(ctx, revokeScript, []string{revoked, listed}, millis(at), millis(expires))
	if err != nil {
		return time.Time{}, failed(ctx, "revoke", err)
	}
	return time.UnixMilli(n), nil
}

// Revoked returns the moment up to which, itself included, sessions of a subject are revoked; the zero time if none are.
func (s *Store) Revoked(ctx context.Context, subject [32]byte) (before time.Time, err error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, failed(ctx, "revoked", err)
	}
	_, revoked := s.subjectKeys(subject)
	text, err := s.client.Get(ctx, revoked).Result()
	if errors.Is(err, redis.Nil) {
		return time.Time{}, nil
	}
	if err == nil {
		before, err = parseMoment(text)
	}
	if err != nil {
		return time.Time{}, failed(ctx, "revoked", err)
	}
	return before, nil
}

// errMoment has the words of notAMoment in scripts.go.
var errMoment = errors.New("what says when sessions are revoked is not a moment")

// parseMoment reads what revokeScript writes. All else is an error: to take it for nothing would be to take all sessions
// of the subject for valid.
func parseMoment(text string) (time.Time, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n >= momentLimit || strconv.FormatInt(n, 10) != text {
		return time.Time{}, errMoment
	}
	return time.UnixMilli(n), nil
}
