package sealring

import (
	"fmt"
	"time"

	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

// A Suite is how an envelope is protected.
type Suite uint8

const (
	// Signed envelopes can be read by everybody and changed by nobody: HMAC-SHA256, RFC 2104.
	Signed Suite = envelope.Signed
	// Encrypted envelopes can be read and made by holders of the key only: XChaCha20-Poly1305,
	// draft-irtf-cfrg-xchacha-03, with a commitment to the key.
	Encrypted Suite = envelope.Encrypted
)

// String returns "signed" or "encrypted".
func (s Suite) String() string {
	switch s {
	case Signed:
		return "signed"
	case Encrypted:
		return "encrypted"
	}
	return fmt.Sprintf("suite %d", uint8(s))
}

// MarshalText makes encoding/json and slog write String.
func (s Suite) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Content is what the body of an envelope is written in.
type Content uint8

const (
	// JSON is RFC 8259, and the default.
	JSON Content = iota
	// MessagePack is the binary format of msgpack.org: shorter, faster to read, and it holds bytes and times. Fields are
	// named by their msgpack tags, and without one by their json tags.
	MessagePack
	// Raw is bytes of which sealring knows nothing.
	Raw
)

// wireContents are the numbers that an envelope has for each Content.
var wireContents = [...]byte{JSON: envelope.JSON, MessagePack: envelope.MessagePack, Raw: envelope.Raw}

// contentOf is the Content that a number in an envelope means.
func contentOf(wire byte) Content { return contents[wire] }

var contents = [...]Content{envelope.Raw: Raw, envelope.JSON: JSON, envelope.MessagePack: MessagePack}

// String returns "json", "messagepack" or "raw".
func (c Content) String() string {
	switch c {
	case JSON:
		return "json"
	case MessagePack:
		return "messagepack"
	case Raw:
		return "raw"
	}
	return fmt.Sprintf("content %d", uint8(c))
}

// MarshalText makes encoding/json and slog write String.
func (c Content) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

const (
	defaultLeeway = 10 * time.Second
	// defaultMaxEnvelope is far more than a cookie (4,096 bytes) or a header holds, and costs little to refuse.
	defaultMaxEnvelope = 65536
	// defaultMaxDecoded keeps a compressed body from becoming a memory bomb.
	defaultMaxDecoded = 1 << 20
	// maxLimit is the most that either may be set to, so that the size of the text fits into 32 bits too.
	maxLimit = 1 << 30
)

// Options are what a codec may be told. Either TTL or NeverExpires is required; every other zero value is the safe
// default. A nil *Options has neither and is refused.
type Options struct {
	// TTL is how long an envelope is good for: whole, positive milliseconds. It is never good for longer than its key.
	TTL time.Duration
	// NeverExpires is for envelopes that are good as long as their key. Then TTL is zero.
	NeverExpires bool

	// Encrypt makes Seal encrypt; otherwise it signs, and everybody can read what is sealed.
	Encrypt bool
	// Content is what Seal writes the body in: JSON unless set.
	Content Content
	// Deflate makes Seal compress the body where that makes it shorter. Not with Encrypt: the length of what was
	// compressed tells about it.
	Deflate bool

	// Suites are the suites that Open accepts; nil means the one that Seal writes.
	Suites []Suite
	// Contents are the contents that Open accepts; nil means the one that Seal writes.
	Contents []Content
	// RefuseDeflated makes Open refuse compressed bodies.
	RefuseDeflated bool

	// MaxAge is how old an envelope may be that Open accepts, whatever its expiry says: whole milliseconds, and 0 is an
	// age of 0. Nil means any. For a minute write new(time.Minute).
	MaxAge *time.Duration
	// Leeway is how far in the future an envelope may have been issued, by a node whose clock is ahead: whole
	// milliseconds. It does not lengthen an expiry. Nil means 10 seconds.
	Leeway *time.Duration

	// MaxEnvelope is the most bytes that an envelope may have, in its binary form: up to 1 GiB; 0 means 65,536. Browsers
	// keep no cookie of more than 4,096 bytes, name and value: with 3,000, which are 4,000 characters, Seal fails with
	// ErrTooLarge where they would drop it.
	MaxEnvelope int
	// MaxDecoded is the most bytes that a body may have, once decompressed: up to 1 GiB; 0 means 1 MiB.
	MaxDecoded int

	// JSON and MessagePack encode and decode instead of encoding/json and msgpack/v5. The payload rules hold for what
	// they write and read all the same, but for two that need to know how they name and fill fields: keys that match a
	// field by letter case alone, and integers out of a field's range.
	JSON, MessagePack Serializer

	// Legacy are other kinds of tokens that Open accepts while a service moves over, in the order in which they are
	// tried. They are tried for texts that do not begin as envelopes do; what they open is stale.
	Legacy []Legacy

	// Observer hears how each opening ends; nil means nobody.
	Observer Observer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Serializer turns values into the bytes of JSON or MessagePack and back. It must be safe for concurrent use, and keep
// neither slice.
type Serializer interface {
	// AppendMarshal appends the encoding of the value that v points to.
	AppendMarshal(dst []byte, v any) ([]byte, error)
	// Unmarshal decodes data, which has passed the payload rules, into the value that v points to. Its error stays
	// within: what it says may hold parts of the payload.
	Unmarshal(data []byte, v any) error
}

// A settings is a checked Options, in the terms of the format: milliseconds and numbers on the wire.
type settings struct {
	purpose     string
	suite       byte
	content     byte
	deflate     bool
	ttl         int64 // 0: never expires
	maxAge      int64 // -1: any
	leeway      int64
	maxEnvelope int
	maxDecoded  int
	suites      [envelope.Encrypted + 1]bool
	contents    [envelope.MessagePack + 1]bool
	deflated    bool // accepted
	legacy      []legacy
	observer    Observer
	clock       func() time.Time // nil: the system's
}

// maxPurposeSize keeps HKDF's info short; it is the size of what a single byte can count.
const maxPurposeSize = 255

func newSettings(purpose string, o *Options) (*settings, error) {
	if o == nil {
		o = new(Options)
	}
	if err := checkPurpose(purpose); err != nil {
		return nil, err
	}
	s := &settings{
		purpose:     purpose,
		suite:       envelope.Signed,
		deflate:     o.Deflate,
		maxAge:      -1,
		leeway:      defaultLeeway.Milliseconds(),
		maxEnvelope: defaultMaxEnvelope,
		maxDecoded:  defaultMaxDecoded,
		deflated:    !o.RefuseDeflated,
		observer:    o.Observer,
		clock:       o.Now,
	}
	if o.Encrypt {
		s.suite = envelope.Encrypted
	}
	if err := s.setTimes(o); err != nil {
		return nil, err
	}
	if err := s.setLimits(o); err != nil {
		return nil, err
	}
	if err := s.setLegacy(o.Legacy); err != nil {
		return nil, err
	}
	return s, s.setAccepted(o)
}

func checkPurpose(purpose string) error {
	if len(purpose) == 0 || len(purpose) > maxPurposeSize {
		return failure.Config.With("a purpose has 1 to 255 characters, such as session or password-reset")
	}
	for i := range len(purpose) {
		if purpose[i] < ' ' || purpose[i] > '~' {
			return failure.Config.With("a purpose is printable ASCII")
		}
	}
	return nil
}

func (s *settings) setTimes(o *Options) error {
	switch {
	case o.TTL == 0 && !o.NeverExpires:
		return failure.Config.With("set Options.TTL, or Options.NeverExpires where envelopes are to last as long as their key")
	case o.TTL != 0 && o.NeverExpires:
		return failure.Config.With("Options.TTL and Options.NeverExpires exclude each other")
	case o.TTL < 0 || o.TTL%time.Millisecond != 0:
		return failure.Config.With("Options.TTL is not whole, positive milliseconds")
	}
	s.ttl = o.TTL.Milliseconds()
	if o.MaxAge != nil {
		if *o.MaxAge < 0 || *o.MaxAge%time.Millisecond != 0 {
			return failure.Config.With("Options.MaxAge is not whole milliseconds from 0 on")
		}
		s.maxAge = o.MaxAge.Milliseconds()
	}
	if o.Leeway != nil {
		if *o.Leeway < 0 || *o.Leeway%time.Millisecond != 0 {
			return failure.Config.With("Options.Leeway is not whole milliseconds from 0 on")
		}
		s.leeway = o.Leeway.Milliseconds()
	}
	return nil
}

func (s *settings) setLimits(o *Options) error {
	if o.MaxEnvelope < 0 || o.MaxEnvelope > maxLimit || o.MaxDecoded < 0 || o.MaxDecoded > maxLimit {
		return failure.Config.With("Options.MaxEnvelope and Options.MaxDecoded are not negative and at most 1 GiB; 0 means the default")
	}
	if o.MaxEnvelope > 0 {
		s.maxEnvelope = o.MaxEnvelope
	}
	if o.MaxDecoded > 0 {
		s.maxDecoded = o.MaxDecoded
	}
	return nil
}

func (s *settings) setAccepted(o *Options) error {
	if int(o.Content) >= len(wireContents) {
		return failure.Config.With("Options.Content is none of JSON, MessagePack and Raw")
	}
	if o.Deflate && o.Encrypt {
		return failure.Config.With("Options.Deflate and Options.Encrypt exclude each other: lengths would tell the content")
	}
	if o.Deflate && o.RefuseDeflated {
		return failure.Config.With("Options.Deflate and Options.RefuseDeflated exclude each other")
	}
	s.content = wireContents[o.Content]
	s.suites[s.suite] = o.Suites == nil
	for _, suite := range o.Suites {
		if suite != Signed && suite != Encrypted {
			return failure.Config.With("Options.Suites holds something other than Signed and Encrypted")
		}
		s.suites[suite] = true
	}
	s.contents[s.content] = o.Contents == nil
	for _, content := range o.Contents {
		if int(content) >= len(wireContents) {
			return failure.Config.With("Options.Contents holds something other than JSON, MessagePack and Raw")
		}
		s.contents[wireContents[content]] = true
	}
	if !s.suites[s.suite] || !s.contents[s.content] {
		return failure.Config.With("Options.Suites and Options.Contents leave out what Seal writes; Open would refuse it")
	}

	// Fail here rather than at the first envelope where this process may not use XChaCha20-Poly1305.
	if s.suites[envelope.Encrypted] {
		if _, err := envelope.NewEncryptionKey(new([envelope.SecretSize]byte), s.purpose); err != nil {
			return failure.Config.With("this process may not encrypt with XChaCha20-Poly1305, as under GODEBUG=fips140=only; " +
				"leave Options.Encrypt and Encrypted in Options.Suites out")
		}
	}
	return nil
}

// The refusals are made ahead, so that one allocates nothing; by the number on the wire.
var (
	suitesRefused = [...]error{
		envelope.Signed:    failure.Refused.With("the envelope is signed, which Options.Suites does not accept"),
		envelope.Encrypted: failure.Refused.With("the envelope is encrypted, which Options.Suites does not accept"),
	}
	contentsRefused = [...]error{
		envelope.Raw:         failure.Refused.With("the body is raw, which Options.Contents does not accept"),
		envelope.JSON:        failure.Refused.With("the body is json, which Options.Contents does not accept"),
		envelope.MessagePack: failure.Refused.With("the body is messagepack, which Options.Contents does not accept"),
	}
	errDeflatedRefused = failure.Refused.With("the body is compressed, which Options.RefuseDeflated does not accept")
)

// refuses returns why the codec does not accept an envelope, nil if it does.
func (set *settings) refuses(e *envelope.Envelope) error {
	switch {
	case !set.suites[e.Suite]:
		return suitesRefused[e.Suite]
	case !set.contents[e.Content]:
		return contentsRefused[e.Content]
	case e.Deflated && !set.deflated:
		return errDeflatedRefused
	}
	return nil
}

// now reads the clock, in Unix milliseconds.
func (set *settings) now() int64 {
	if set.clock == nil {
		return time.Now().UnixMilli()
	}
	return unixMilli(set.clock())
}
