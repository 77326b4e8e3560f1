package sealedscs

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/gobs"
	"github.com/sealring/sealring/sessions"
)

// A Codec seals the sessions of an scs.SessionManager into the bytes that its store keeps; it has the methods of scs.Codec.
// It is safe for concurrent use. Make it with NewCodec: the zero Codec is of no use.
//
// scs tells a codec no token, so these bytes are bound to none: a store in which one user's are copied onto another's token
// makes the second user the first. Use a [Store] where that can be.
//
// The values are in encoding/gob, as with scs's own codec, so that they come back with their types: types of one's own need
// gob.Register. They are decoded only once the envelope is authentic. scs answers a Decode that fails with its
// ErrorFunc, where a Store reads as no session: so begin with an empty store.
type Codec struct {
	sealer *sealring.Sealer
	now    func() time.Time
}

// The methods that scs asks for.
var _ interface {
	Encode(deadline time.Time, values map[string]any) ([]byte, error)
	Decode(data []byte) (deadline time.Time, values map[string]any, err error)
} = (*Codec)(nil)

// CodecOptions are what a Codec may be told. Every zero value is the safe default, and nil means all of them.
type CodecOptions struct {
	// Purpose is what sessions are sealed for; "" means "scs-codec". Services that share a ring need one each.
	Purpose string
	// Signed leaves sessions readable to whoever reads the store. Otherwise they are encrypted, and those that were signed
	// before still open.
	Signed bool
	// MaxRecord is the most bytes that a sealed session may have; 0 means 65,536.
	MaxRecord int

	// Observer hears how each opening ends; nil means nobody.
	Observer sealring.Observer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// NewCodec returns a codec for the SessionManager of scs. Errors match sessions.ErrConfig.
func NewCodec(ring *sealring.Keyring, options *CodecOptions) (*Codec, error) {
	var o CodecOptions
	if options != nil {
		o = *options
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	sealer, err := newSealer(ring, or(o.Purpose, defaultCodecPurpose), o.Signed, o.MaxRecord,
		sealring.Options{Observer: o.Observer, Now: o.Now})
	if err != nil {
		return nil, err
	}
	return &Codec{sealer, o.Now}, nil
}

// contents are what is sealed; scs's own codec has the same fields.
type contents struct {
	Deadline time.Time
	Values   map[string]any
}

// Encode seals the values of a session and when it ends. Errors match sessions.ErrSeal and, within, the classes of package
// sealring: ErrBadPayload for values that gob does not encode, ErrTooLarge, ErrNoPrimaryKey.
func (c *Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	body, err := gobs.Append(nil, contents{deadline, values})
	if err != nil {
		return nil, failure.Because(sessions.ErrSeal, err)
	}
	sealed, err := c.sealer.AppendSealBinary(nil, body, nil)
	if err != nil {
		return nil, failure.Because(sessions.ErrSeal, err)
	}
	return sealed, nil
}

// Decode returns what was given to Encode, in UTC. Errors match the classes of package sealring: ErrExpired where the
// deadline has passed, whatever the store thinks; ErrBadSignature for what was tampered with, and so on. Then the values
// are nil.
func (c *Codec) Decode(data []byte) (deadline time.Time, values map[string]any, err error) {
	body, _, err := c.sealer.AppendOpenBinary(nil, data, nil)
	if err != nil {
		return time.Time{}, nil, err
	}
	in := contents{Values: map[string]any{}} // gob makes room for members that it is promised only in a nil map
	if err := gobs.Decode(body, &in); err != nil {
		return time.Time{}, nil, err
	}
	if !c.now().Before(in.Deadline) {
		return time.Time{}, nil, failure.Expired
	}
	return in.Deadline.UTC(), in.Values, nil
}

// String returns the purpose and the IDs of the ring's keys.
func (c *Codec) String() string { return fmt.Sprintf("scs-codec(%s)", c.sealer) }

// Format writes String, whatever the verb.
func (c *Codec) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue makes slog write String.
func (c *Codec) LogValue() slog.Value { return slog.StringValue(c.String()) }
