package sessions

import (
	"context"
	"time"

	"github.com/sealring/sealring"
)

const (
	defaultIdle      = 12 * time.Hour
	defaultAbsolute  = 7 * 24 * time.Hour
	defaultMaxRecord = 65536
	minMaxRecord     = 256 // what is sealed beside the value takes up to 200
	// defaultMaxDecoded is beyond every record of the default size: nothing is compressed.
	defaultMaxDecoded = 1 << 20
	// sealedAhead is by how much the clock of the node that sealed a record may be ahead of this one's. It can be
	// generous: an expiry does not become later by it, and that of a record is within it.
	sealedAhead = 24 * time.Hour
	// slidingParts is the part of the idle lifetime, a tenth, that passes before using a session is written down.
	slidingParts = 10
	// revocationMargin is how much longer than sessions last the moment is kept before which they are revoked, for
	// nodes whose clocks and options differ.
	revocationMargin = 24 * time.Hour
)

// Options are what a Manager, or a Web without a store, may be told. Every zero value is the safe default, and nil means
// all of them.
type Options struct {
	// Purpose is what records are sealed for; "" means "session", or "session-cookie" without a store. Two services with
	// one ring and one store need two purposes and, for one deletes what the other sealed, two prefixes in the store.
	Purpose string
	// Signed leaves sessions readable to whoever reads the store, or the cookie. Otherwise they are encrypted. Those that
	// were made the other way before still open.
	Signed bool
	// Content is what sessions are written in: sealring.JSON unless it is sealring.MessagePack. Where the type goes into
	// both, those that were written in the other one before still open.
	Content sealring.Content

	// Idle is how long a session lasts without being used: whole milliseconds; 0 means 12 hours, or Absolute if that is
	// shorter.
	Idle time.Duration
	// Absolute is how long a session lasts, however much it is used, until the next sign-in: whole milliseconds, and
	// not less than Idle; 0 means 7 days, or Idle if that is longer. A shorter one than before holds for the sessions
	// that there are, too.
	Absolute time.Duration
	// MaxRecord is the most bytes that a session may have once it is sealed; 0 means 65,536. A larger one is not sealed. If
	// a store has a larger one, that reads as no session, and is not even looked at.
	MaxRecord int

	// SubjectSecret makes the hashes under which a store lists a subject's sessions. Without one, whoever reads the store
	// can try names, or all e-mail addresses that they have, and see who has sessions. It must stay the same: with
	// another one, the sessions that there are can be neither listed nor invalidated by subject. So it is no key of the
	// ring. Make it with sealring.GenerateKey().Secret.
	SubjectSecret sealring.Secret
	// RevokedBefore returns the moment up to which, itself included, all sessions of a subject are revoked, as from the
	// user's row in a database; the zero time if none are. It is asked at each Load of a session that has a subject,
	// beside the store, and makes revocations outlive the store. Nil means that nobody else is asked.
	RevokedBefore func(ctx context.Context, subject string) (time.Time, error)

	// Observer hears what callers are not told; nil means nobody.
	Observer Observer
	// Openings hears how every record, or cookie, that is loaded opens: for what looks after keys, such as
	// keyfile.Watcher.Observer and keyfile.Usage. Nil means nobody.
	Openings sealring.Observer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// An Observer hears what happens to sessions behind the back of callers, for alarms. It must be safe for concurrent use
// and quick, as callers wait for it.
type Observer interface {
	Observe(Event)
}

// An Event is something that a caller is not told, as there is nothing that it could do. It holds no ID and no value.
type Event struct {
	// Class is why a record or a cookie did not open, one of the sentinels of package sealring: ErrBadSignature for one
	// that was tampered with or copied from elsewhere, ErrUnknownKey for one whose key this node does not have, and so
	// on, but never ErrExpired. Or it is one of this package: ErrStore, ErrSeal or ErrCookieSize where something could
	// not be done that is not vital, such as deleting what is dead anyway or prolonging a session; ErrHeadersSent where a
	// handler Set a value after the headers, which is lost; and, where WebOptions.OnError is nil, whatever kept a value
	// that was Set from being written. Tampering is what matches sealring.ErrInvalid, but
	// ErrUnknownKey may as well be a key that this node has not loaded yet. A changed ID is no tampering that could be
	// seen: there is no session of that ID, and nobody hears of it.
	Class error
	// Handle is that of the session, empty without a store.
	Handle string
	// Deleted is whether the record was deleted.
	Deleted bool
	// Err is what failed, if something did: also where a record should have been deleted.
	Err error
}

// A settings is a checked Options, with times in milliseconds.
type settings struct {
	codec          sealring.Options
	purpose        string
	idle, absolute int64
	secret         sealring.Secret // zero: none
	revokedBefore  func(ctx context.Context, subject string) (time.Time, error)
	observer       Observer
	clock          func() time.Time
}

func newSettings(o *Options, purpose string) (*settings, error) {
	if o == nil {
		o = new(Options)
	}
	idle, absolute := or(o.Idle, defaultIdle), or(o.Absolute, defaultAbsolute)
	if o.Absolute == 0 {
		absolute = max(absolute, idle)
	}
	if o.Idle == 0 && absolute > 0 {
		idle = min(idle, absolute)
	}
	s := &settings{
		purpose:       or(o.Purpose, purpose),
		secret:        o.SubjectSecret,
		idle:          idle.Milliseconds(),
		absolute:      absolute.Milliseconds(),
		revokedBefore: o.RevokedBefore,
		observer:      o.Observer,
		clock:         o.Now,
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	switch {
	case idle < 0 || idle%time.Millisecond != 0 || absolute%time.Millisecond != 0:
		return nil, config("Options.Idle and Options.Absolute are whole, positive milliseconds")
	case absolute < idle:
		return nil, config("Options.Absolute is shorter than Options.Idle")
	case o.Content != sealring.JSON && o.Content != sealring.MessagePack:
		return nil, config("Options.Content is neither JSON nor MessagePack")
	case o.MaxRecord != 0 && o.MaxRecord < minMaxRecord:
		return nil, config("Options.MaxRecord is less than 256, which few sessions fit into")
	}
	maxRecord := or(o.MaxRecord, defaultMaxRecord)
	s.codec = sealring.Options{
		TTL:         idle,
		MaxAge:      &idle,
		Leeway:      new(sealedAhead),
		Encrypt:     !o.Signed,
		Suites:      []sealring.Suite{sealring.Encrypted, sealring.Signed},
		Content:     o.Content,
		MaxEnvelope: maxRecord,
		MaxDecoded:  max(maxRecord, defaultMaxDecoded),
		Observer:    o.Openings,
		Now:         s.clock,
	}
	return s, nil
}

// or returns value, or other if that is the zero value.
func or[V comparable](value, other V) V {
	if value == *new(V) {
		return other
	}
	return value
}

// now is the time in Unix milliseconds. Where the clock is outside the years that envelopes have, sealing and opening
// fail.
func (s *settings) now() int64 { return s.clock().UnixMilli() }

// expires is when a session ends that is used now.
func (s *settings) expires(now, ends int64) int64 { return min(now+s.idle, ends) }

func (s *settings) observe(e Event) {
	if s.observer != nil {
		s.observer.Observe(e)
	}
}
