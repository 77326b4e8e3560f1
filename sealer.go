package sealring

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/payload"
)

// A Sealer is the layer of bytes: it seals bodies that are already encoded, and opens envelopes to their bodies, in
// append style and without allocating. Most programs want a [Codec], which is built on it.
//
// A Sealer is safe for concurrent use. Make it with NewSealer: the zero Sealer is of no use. Its methods keep and
// change none of the slices that they are given, except that they append to dst, which must not overlap the others. On
// an error they return dst with the length it had, and with nothing in its spare capacity that is not authentic.
//
// The binding that they take is associated data, format.md, Section 4: what was sealed with one opens only with
// the same. Nil means unbound. An empty slice that is not nil is a binding that went missing, and fails with ErrBind; a
// binding of several parts comes from [Bind].
type Sealer struct {
	ring     *Keyring
	settings *settings
	subkeys  atomic.Pointer[subkeys]
}

// NewSealer returns a Sealer for a purpose, 1 to 255 characters of printable ASCII that say what its envelopes are for:
// what is sealed for one purpose does not open for another. Options.JSON and Options.MessagePack mean nothing to it;
// bodies of those contents must follow the payload rules. Errors match ErrConfig.
func NewSealer(ring *Keyring, purpose string, options *Options) (*Sealer, error) {
	if ring == nil {
		return nil, failure.Config.With("no keyring")
	}
	s, err := newSettings(purpose, options)
	if err != nil {
		return nil, err
	}
	return &Sealer{ring: ring, settings: s}, nil
}

// Bind returns the binding of one or several parts, such as a session ID, or a user ID and a cookie's name. Several parts
// are framed, so that no two lists of them are the same binding; one part is bound as it is, and could be the framed
// form of several: use one number of parts for a purpose. It fails with ErrBind if there is no part or an empty one.
func Bind(parts ...string) ([]byte, error) {
	if len(parts) == 0 {
		return nil, failure.Bind
	}
	if slices.Contains(parts, "") {
		return nil, errEmptyPart
	}
	if len(parts) == 1 {
		return []byte(parts[0]), nil
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(len(parts)))
	for _, part := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b, nil
}

var errEmptyPart = failure.Bind.With("a part is empty")

// subkeys are what a Sealer derived from the keys of one snapshot, each when it is first needed. They go with it, so
// nothing outlives the keys that it was made for.
type subkeys struct {
	snapshot *snapshot
	slots    []slot
}

type slot struct {
	signing    atomic.Pointer[envelope.SigningKey]
	encryption atomic.Pointer[envelope.EncryptionKey]
}

// keys returns the subkeys of the ring as it is now. Goroutines that find a new snapshot at the same time may each make
// theirs; the last one stays.
func (s *Sealer) keys() *subkeys {
	now := s.ring.load()
	k := s.subkeys.Load()
	if k == nil || k.snapshot != now {
		k = &subkeys{now, make([]slot, len(now.keys))}
		s.subkeys.Store(k)
	}
	return k
}

func (k *subkeys) signing(i int, purpose string) *envelope.SigningKey {
	key := k.slots[i].signing.Load()
	if key == nil {
		key = envelope.NewSigningKey(k.snapshot.keys[i].Secret.bytes(), purpose)
		k.slots[i].signing.Store(key)
	}
	return key
}

func (k *subkeys) encryption(i int, purpose string) *envelope.EncryptionKey {
	key := k.slots[i].encryption.Load()
	if key == nil {
		var err error
		if key, err = envelope.NewEncryptionKey(k.snapshot.keys[i].Secret.bytes(), purpose); err != nil {
			panic("sealring: XChaCha20-Poly1305 is gone") // unreachable: newSettings has tried it
		}
		k.slots[i].encryption.Store(key)
	}
	return key
}

// A workspace is the memory of one call. What stands in it is never handed out.
type workspace struct {
	text []byte // bytes of a text being opened, or encoding of a value being sealed
	body []byte // plaintext, or what was compressed or decompressed
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// maxKeptSize is how large a workspace may be to be used again, so that one large session does not stay in memory.
const maxKeptSize = 1 << 20

func (w *workspace) release() {
	if cap(w.text) <= maxKeptSize && cap(w.body) <= maxKeptSize {
		workspaces.Put(w)
	}
}

var (
	errClock       = failure.Config.With("the clock is outside the years 1970 to 9999")
	errDecodedSize = failure.BadPayload.With("body larger than Options.MaxDecoded")
	errSealedSize  = failure.TooLarge.With("the envelope would be larger than Options.MaxEnvelope")
)

// AppendSeal appends the text form of an envelope of body. Besides the errors of its input (ErrBadPayload, ErrTooLarge,
// ErrBind) it fails with ErrNoPrimaryKey and ErrNoRandomness.
func (s *Sealer) AppendSeal(dst, body, bind []byte) ([]byte, error) {
	return s.appendSeal(dst, body, bind, true)
}

// AppendSealBinary is AppendSeal in the binary form, which is a quarter shorter.
func (s *Sealer) AppendSealBinary(dst, body, bind []byte) ([]byte, error) {
	return s.appendSeal(dst, body, bind, false)
}

func (s *Sealer) appendSeal(dst, body, bind []byte, text bool) ([]byte, error) {
	if missing(bind) {
		return dst, failure.Bind
	}
	if err := checkBody(s.settings.content, body); err != nil {
		return dst, err
	}
	return s.seal(dst, body, bind, text)
}

// missing reports whether a binding was asked for and is empty.
func missing(bind []byte) bool { return bind != nil && len(bind) == 0 }

// checkBody holds a body against the payload rules of its content.
func checkBody(content byte, body []byte) error {
	switch content {
	case envelope.JSON:
		return payload.CheckJSON(body, nil)
	case envelope.MessagePack:
		_, err := payload.CheckMessagePack(body)
		return err
	}
	return nil
}

// seal appends an envelope of a body that follows the payload rules, with a binding that is not missing.
func (s *Sealer) seal(dst, body, bind []byte, text bool) ([]byte, error) {
	set := s.settings
	if len(body) > set.maxDecoded {
		return dst, errDecodedSize
	}

	// Key and times.
	now := set.now()
	if now < 0 || now > envelope.MaxTime {
		return dst, errClock
	}
	keys := s.keys()
	i := keys.snapshot.primary(now)
	if i < 0 {
		return dst, failure.NoPrimaryKey
	}
	h := envelope.Header{Suite: set.suite, Content: set.content, Issued: now, KeyID: keys.snapshot.keys[i].ID}
	var err error
	if h.Expires, err = set.expiry(now, keys.snapshot.keys[i].openUntil); err != nil {
		return dst, err
	}

	// A binding in dst's spare capacity would be written over before it is read.
	if len(bind) > 0 && overlaps(dst, bind) {
		bind = bytes.Clone(bind)
	}

	// Compress, where it helps.
	if set.deflate {
		w := workspaces.Get().(*workspace)
		defer w.release()
		if w.body, err = envelope.AppendDeflated(w.body[:0], body); err != nil {
			return dst, err // unreachable: compression in memory does not fail
		}
		if len(w.body) < len(body) {
			body, h.Deflated = w.body, true
		}
	}

	// Size, and room for all of it: binary at the end of the text's space, so that the text is encoded in place.
	size := h.Size(len(body))
	if size > set.maxEnvelope {
		return dst, errSealedSize
	}
	start, room := len(dst), size
	if text {
		room = base64url.Size(size)
	}
	dst = slices.Grow(dst, room)
	binaryStart := start + room - size

	b := dst[binaryStart:binaryStart]
	if set.suite == envelope.Encrypted {
		var nonce [envelope.NonceSize]byte
		if err := readNonce(&nonce); err != nil {
			return dst[:start], err
		}
		b = envelope.AppendEncrypted(b, &h, &nonce, body, bind, keys.encryption(i, set.purpose))
	} else {
		b = envelope.AppendSigned(b, &h, body, bind, keys.signing(i, set.purpose))
	}
	dst = dst[:start+room]
	if text {
		base64url.Encode(dst[start:], b)
	}
	return dst, nil
}

// overlaps reports whether b has bytes in dst's spare capacity.
func overlaps(dst, b []byte) bool {
	spare := dst[len(dst):cap(dst)]
	if len(spare) == 0 || len(b) == 0 {
		return false
	}
	return address(&spare[0]) <= address(&b[len(b)-1]) && address(&b[0]) <= address(&spare[len(spare)-1])
}

func address(b *byte) uintptr { return reflect.ValueOf(b).Pointer() }

// expiry returns when an envelope of now expires: after its lifetime, or with its key.
func (set *settings) expiry(now, openUntil int64) (int64, error) {
	expires := int64(0)
	if set.ttl != 0 {
		expires = now + set.ttl
	}
	if openUntil <= envelope.MaxTime && (expires == 0 || openUntil < expires) {
		expires = openUntil
	}
	if expires > envelope.MaxTime {
		return 0, errClock
	}
	return expires, nil
}

// nonces keep what rand.Reader is given on the heap once and for all.
var nonces = sync.Pool{New: func() any { return new([envelope.NonceSize]byte) }}

// readNonce reads from rand.Reader rather than with rand.Read, so that a source that fails is an error.
func readNonce(nonce *[envelope.NonceSize]byte) error {
	b := nonces.Get().(*[envelope.NonceSize]byte)
	defer nonces.Put(b)
	if _, err := io.ReadFull(rand.Reader, b[:]); err != nil {
		return failure.NoRandomness.With(err.Error())
	}
	*nonce = *b
	return nil
}

// AppendOpen appends the body of an envelope in text form. It fails in the classes from ErrTooLarge to ErrBadPayload, or
// with ErrBind.
func (s *Sealer) AppendOpen(dst []byte, token string, bind []byte) (_ []byte, info Info, _ error) {
	var o opened
	s.openText(&o, &info, token, bind)
	dst = s.appendBody(dst, &o, &info)
	return dst, info, o.err
}

// AppendOpenBinary appends the body of an envelope in binary form.
func (s *Sealer) AppendOpenBinary(dst, sealed, bind []byte) (_ []byte, info Info, _ error) {
	var o opened
	s.openBinary(&o, &info, sealed, bind)
	dst = s.appendBody(dst, &o, &info)
	return dst, info, o.err
}

func (s *Sealer) appendBody(dst []byte, o *opened, info *Info) []byte {
	if o.err == nil {
		o.err = checkBody(o.content, o.body)
	}
	if s.settings.observer != nil {
		s.report(o, info)
	}
	if o.err == nil {
		dst = append(dst, o.body...)
	} else {
		*info = Info{}
	}
	o.release()
	return dst
}

// An opened is how far an opening came: through all steps before the payload rules if err is nil.
type opened struct {
	err       error
	content   byte
	body      []byte     // of the workspace or of the envelope; valid until release
	age       int64      // milliseconds, of an authentic envelope
	workspace *workspace // nil until it is needed: many tokens are refused before
}

func (o *opened) work() *workspace {
	if o.workspace == nil {
		o.workspace = workspaces.Get().(*workspace)
	}
	return o.workspace
}

func (o *opened) release() {
	if o.workspace != nil {
		o.workspace.release()
	}
}

var errTextMagic = failure.Malformed.With("does not begin as an envelope does")

func (s *Sealer) openText(o *opened, info *Info, token string, bind []byte) {
	switch {
	case missing(bind):
		o.err = failure.Bind
	case len(token) > base64url.Size(s.settings.maxEnvelope):
		o.err = failure.TooLarge
	case !envelope.IsText(token):
		s.openLegacy(o, info, token, bind)
	default:
		if o.err = envelope.CheckTextSize(len(token)); o.err != nil {
			return
		}
		w := o.work()
		if w.text, o.err = base64url.AppendDecoded(w.text[:0], token); o.err == nil {
			s.openBinary(o, info, w.text, bind)
		}
	}
}

// openBinary takes the steps of format.md, Section 7, up to decompression.
func (s *Sealer) openBinary(o *opened, info *Info, sealed, bind []byte) {
	set := s.settings
	if missing(bind) {
		o.err = failure.Bind
		return
	}

	// 1 and 2: size and layout.
	if len(sealed) > set.maxEnvelope {
		o.err = failure.TooLarge
		return
	}
	var e envelope.Envelope
	if o.err = e.Parse(sealed); o.err != nil {
		return
	}

	// 3: what this codec accepts.
	if o.err = set.refuses(&e); o.err != nil {
		return
	}

	// 4: the key. A key that is unknown, closed or disabled is not tried.
	keys := s.keys()
	i, ok := keys.snapshot.find(e.KeyID)
	if !ok {
		o.err = failure.UnknownKey
		return
	}
	now := set.now()
	key := &keys.snapshot.keys[i]
	info.set(&e, key.ID)
	if !key.opens(now) {
		o.err = failure.UnknownKey
		return
	}

	// 5: authentication.
	if e.Suite == envelope.Encrypted {
		w := o.work()
		w.body, ok = e.AppendDecrypted(w.body[:0], bind, keys.encryption(i, set.purpose))
		o.body = w.body
	} else {
		ok = e.VerifySigned(bind, keys.signing(i, set.purpose))
		o.body = e.SignedBody()
	}
	if !ok {
		o.err = failure.BadSignature
		return
	}

	// 6: time.
	o.age = now - e.Issued
	switch {
	case e.Issued-set.leeway > now:
		o.err = failure.NotYetValid
		return
	case e.Expires != 0 && now >= e.Expires, set.maxAge >= 0 && o.age > set.maxAge:
		o.err = failure.Expired
		return
	}

	// 7, first part: decompression, and the size of what came out.
	if e.Deflated {
		w := o.work()
		if w.body, o.err = envelope.AppendInflated(w.body[:0], o.body, set.maxDecoded); o.err != nil {
			return
		}
		o.body = w.body
	}
	if len(o.body) > set.maxDecoded {
		o.err = errDecodedSize
		return
	}
	o.content = e.Content
	info.Stale = keys.snapshot.stale(i, now) || e.Suite != set.suite || e.Content != set.content
}

// find returns the place of the key with an ID. The primary key's is most often asked for, and its comparison is
// cheaper than the map.
func (s *snapshot) find(id []byte) (i int, ok bool) {
	if s.newest < len(s.keys) && s.keys[s.newest].ID == string(id) {
		return s.newest, true
	}
	i, ok = s.index[string(id)]
	return i, ok
}

// stale reports whether the key at place i seals from earlier than the primary one. A later key is not stale, or nodes
// whose clocks differ would seal a value again in turn.
func (s *snapshot) stale(i int, now int64) bool {
	if i == s.newest {
		return false // none is later
	}
	p := s.primary(now)
	return p >= 0 && s.keys[i].sealFrom < s.keys[p].sealFrom
}

// milliseconds is a duration of n milliseconds, or the nearest that a Duration holds: 292 years.
func milliseconds(n int64) time.Duration {
	const most = math.MaxInt64 / int64(time.Millisecond)
	return time.Duration(min(max(n, -most), most)) * time.Millisecond
}

// report tells the observer, which must be there, how an opening ended.
func (s *Sealer) report(o *opened, info *Info) {
	event := Opening{
		Purpose: s.settings.purpose,
		KeyID:   info.KeyID,
		Age:     milliseconds(o.age),
	}
	if o.err == nil {
		event.Stale, event.Legacy = info.Stale, info.Legacy
	} else if class, ok := errors.AsType[*failure.Class](o.err); ok {
		event.Class = class
	} else {
		event.Class = ErrInvalid // unreachable: every failure has a class
	}
	s.settings.observer.Opened(event)
}

// String returns the purpose and the IDs of the ring's keys.
func (s *Sealer) String() string { return fmt.Sprintf("sealer(%s, %s)", s.settings.purpose, s.ring) }

// Format writes String, whatever the verb.
func (s *Sealer) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue makes slog write String.
func (s *Sealer) LogValue() slog.Value { return slog.StringValue(s.String()) }
