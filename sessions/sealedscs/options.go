package sealedscs

import (
	"errors"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/sessions"
)

const (
	defaultPurpose      = "scs"
	defaultCodecPurpose = "scs-codec"
	defaultDeletedFor   = 24 * time.Hour
	defaultMaxRecord    = 65536
	// minDecoded is beyond every record of the default size: nothing is compressed.
	minDecoded = 1 << 20
	// sealedAhead is by how much the clock of the node that sealed a record may be ahead of this one's. It can be
	// generous: an expiry does not become later by it, and that of a session is within.
	sealedAhead = 24 * time.Hour
)

// Options are what a Store may be told. Every zero value is the safe default, and nil means all of them.
type Options struct {
	// Purpose is what records are sealed for; "" means "scs". Two services with one ring and one store need two purposes
	// and, for one deletes what the other sealed, two prefixes in the store.
	Purpose string
	// Signed leaves sessions readable to whoever reads the store. Otherwise they are encrypted, and those that were signed
	// before still open.
	Signed bool
	// MaxRecord is the most bytes that a record may have; 0 means 65,536. A larger one is not sealed. If the store has a
	// larger one, that reads as no session.
	MaxRecord int
	// DeletedFor is how long the store remembers that a token was deleted, in about 150 bytes, so that no request which is
	// still under way brings it back: whole milliseconds, longer than any request takes; 0 means 24 hours.
	DeletedFor time.Duration
	// Iterable makes All work, and by it the SessionManager's Iterate. It costs one more round trip for each write, and
	// one list of all sessions: in a Redis cluster that is one key on one node. As scs asks All for tokens, each is then
	// in its record, which must be encrypted for that. Sessions that were written without it are not in All until they
	// are written again.
	Iterable bool

	// Observer hears what callers are not told: of records that do not open. Nil means nobody.
	Observer sessions.Observer
	// Openings hears how every record that is loaded opens: for what looks after keys, such as keyfile.Watcher.Observer
	// and keyfile.Usage. Nil means nobody.
	Openings sealring.Observer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// check refuses what no Store can be made of.
func (o *Options) check() error {
	switch {
	case o.DeletedFor < 0 || o.DeletedFor%time.Millisecond != 0:
		return failure.Because(sessions.ErrConfig, errors.New("Options.DeletedFor is not whole, positive milliseconds"))
	case o.Iterable && o.Signed:
		return failure.Because(sessions.ErrConfig, errors.New("Options.Iterable puts tokens into records, which Options.Signed would show"))
	}
	return nil
}

// newSealer returns a sealer for bodies that have their expiry within. Of its options it takes the observer and the clock.
func newSealer(ring *sealring.Keyring, purpose string, signed bool, maxRecord int, o sealring.Options) (*sealring.Sealer, error) {
	if maxRecord < 0 {
		return nil, failure.Because(sessions.ErrConfig, errors.New("Options.MaxRecord is negative"))
	}
	maxRecord = or(maxRecord, defaultMaxRecord)
	o.NeverExpires = true
	o.Encrypt = !signed
	o.Content = sealring.Raw
	o.Leeway = new(sealedAhead)
	o.MaxEnvelope = maxRecord
	o.MaxDecoded = max(maxRecord, minDecoded)
	if !signed {
		o.Suites = []sealring.Suite{sealring.Encrypted, sealring.Signed}
	}
	sealer, err := sealring.NewSealer(ring, purpose, &o)
	if err != nil {
		return nil, failure.Because(sessions.ErrConfig, err)
	}
	return sealer, nil
}

// or returns value, or other if that is the zero value.
func or[V comparable](value, other V) V {
	if value == *new(V) {
		return other
	}
	return value
}
