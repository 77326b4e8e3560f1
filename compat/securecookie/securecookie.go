// Package securecookie reads and writes the cookies of github.com/gorilla/securecookie, which gorilla/sessions keeps its
// sessions in: HMAC-SHA256 under a hash key, AES in counter mode where there is a block key, gob or JSON within.
// [NewCookie] makes what a program needs for one cookie, and its OpenLegacy is an opener for sealring's Options.Legacy, by
// which a service moves to sealring without logging anybody out.
//
// It is stricter than gorilla: only the very text that was written opens, none that comes from the future or from outside
// the years 1970 to 9999. Errors match the classes of package sealring: ErrTooLarge, ErrMalformed, ErrBadSignature,
// ErrExpired, ErrNotYetValid and ErrBadPayload, and ErrConfig for keys and options.
package securecookie

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/gobs"
	"github.com/sealring/sealring/internal/payload"
)

// A KeyPair is what securecookie.New takes.
type KeyPair struct {
	// HashKey authenticates. Gorilla recommends 32 or 64 random bytes; an empty one is refused.
	HashKey []byte
	// BlockKey encrypts, with AES-128, AES-192 or AES-256 for 16, 24 or 32 bytes. Nil means that cookies are not
	// encrypted.
	BlockKey []byte
}

// A Serializer is how a value is encoded within a cookie.
type Serializer uint8

const (
	// Gob is encoding/gob, and gorilla's default.
	Gob Serializer = iota
	// JSON is encoding/json.
	JSON
)

// Options are what a Cookie may be told. Every zero value, and a nil *Options, is the default.
type Options struct {
	// Serializer is Gob unless set.
	Serializer Serializer
	// MaxLength is the most characters that a cookie may have: 4,096 unless set, which is what browsers keep.
	MaxLength int
	// Leeway is how far in the future a cookie may have been written, by a node whose clock is ahead. It lengthens no
	// age. Nil means 10 seconds.
	Leeway *time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

const (
	defaultMaxLength = 4096
	defaultLeeway    = 10 * time.Second
	maxTime          = 253402300799 // the last second of the year 9999
)

// A Cookie reads and writes cookies of one name whose value has type T. It is safe for concurrent use. Make it with
// NewCookie: the zero Cookie is of no use.
//
// For gorilla/sessions T is map[any]any, and what goes into it must be of a type that encoding/gob knows: of one's own types
// those that gob.Register was called with.
type Cookie[T any] struct {
	prefix    string // the name, as it is authenticated
	pairs     []pair // newest first
	body      body
	maxLength int
	leeway    time.Duration
	now       func() time.Time
}

type pair struct {
	// Functions, so that nothing which dumps a Cookie reaches the keys: the round keys of AES begin with its key.
	hashKey func() []byte
	block   func() cipher.Block // nil: not encrypted
}

// NewCookie returns the cookie of a name. The first of the pairs writes, all open, as with gorilla's CodecsFromPairs.
func NewCookie[T any](name string, pairs []KeyPair, options *Options) (*Cookie[T], error) {
	o := Options{}
	if options != nil {
		o = *options
	}
	c := &Cookie[T]{prefix: name + "|", maxLength: o.MaxLength, leeway: defaultLeeway, now: o.Now}
	if c.maxLength == 0 {
		c.maxLength = defaultMaxLength
	}
	if o.Leeway != nil {
		c.leeway = *o.Leeway
	}
	if c.now == nil {
		c.now = time.Now
	}
	switch {
	case name == "" || strings.Contains(name, "|"):
		return nil, failure.Config.With("a cookie has a name without a vertical bar, which ends it where it is authenticated")
	case len(pairs) == 0:
		return nil, failure.Config.With("no keys")
	case c.maxLength < 0 || c.leeway < 0:
		return nil, failure.Config.With("Options.MaxLength and Options.Leeway are not negative")
	}
	for i, keys := range pairs {
		p, err := newPair(keys)
		if err != nil {
			return nil, failure.Config.With(fmt.Sprintf("key pair %d: %v", i, err))
		}
		c.pairs = append(c.pairs, p)
	}
	var err error
	if c.body, err = newBody(reflect.TypeFor[T](), o.Serializer); err != nil {
		return nil, err
	}
	c.body.encrypted = slices.ContainsFunc(c.pairs, func(p pair) bool { return p.block != nil })
	return c, nil
}

func newPair(keys KeyPair) (p pair, err error) {
	if len(keys.HashKey) == 0 {
		return pair{}, fmt.Errorf("the hash key is empty, so that everybody could write cookies")
	}
	// crypto/hmac panics over short keys under GODEBUG=fips140=only.
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("this process may not use a hash key of %d bytes", len(keys.HashKey))
		}
	}()
	hashKey := bytes.Clone(keys.HashKey)
	p.hashKey = func() []byte { return hashKey }
	hmac.New(sha256.New, hashKey)
	if keys.BlockKey != nil {
		block, err := aes.NewCipher(keys.BlockKey)
		if err != nil {
			return pair{}, fmt.Errorf("the block key has %d bytes, not 16, 24 or 32", len(keys.BlockKey))
		}
		p.block = func() cipher.Block { return block }
	}
	return p, nil
}

func (p *pair) mac(prefix, signed string) []byte {
	h := hmac.New(sha256.New, p.hashKey())
	io.WriteString(h, prefix)
	io.WriteString(h, signed)
	return h.Sum(nil)
}

var errClock = failure.Config.With("the clock is outside the years 1970 to 9999")

// Encode returns a value as the text of a cookie. It fails with ErrBadPayload for a value that does not encode, and with
// ErrTooLarge for a cookie that would be too long.
func (c *Cookie[T]) Encode(value T) (string, error) {
	plain, err := c.body.append(&value)
	if err != nil {
		return "", err
	}
	now := c.now().Unix()
	if now < 0 || now > maxTime {
		return "", errClock
	}
	first := &c.pairs[0]
	if first.block != nil {
		if plain, err = encrypt(first.block(), plain); err != nil {
			return "", err
		}
	}
	signed := strconv.FormatInt(now, 10) + "|" + base64.URLEncoding.EncodeToString(plain)
	text := base64.URLEncoding.EncodeToString(append([]byte(signed+"|"), first.mac(c.prefix, signed)...))
	if len(text) > c.maxLength {
		return "", failure.TooLarge.With("the cookie would be longer than Options.MaxLength")
	}
	return text, nil
}

// encrypt returns a random initialization vector and the ciphertext.
func encrypt(block cipher.Block, plain []byte) ([]byte, error) {
	out := make([]byte, aes.BlockSize+len(plain))
	if _, err := io.ReadFull(rand.Reader, out[:aes.BlockSize]); err != nil {
		return nil, fmt.Errorf("sealring: no randomness for an initialization vector: %w", err)
	}
	cipher.NewCTR(block, out[:aes.BlockSize]).XORKeyStream(out[aes.BlockSize:], plain)
	return out, nil
}

// Decode returns the value of a cookie and when it was written, in UTC, if that is no longer ago than maxAge: gorilla's
// default is 30 days. A maxAge of 0 is an age of 0. On an error the value is zero.
func (c *Cookie[T]) Decode(text string, maxAge time.Duration) (T, time.Time, error) {
	var zero T
	plains, at, err := c.open(text)
	if err == nil {
		err = c.checkAge(at, maxAge)
	}
	if err != nil {
		return zero, time.Time{}, err
	}
	for _, plain := range plains {
		var value T
		if err = c.body.decode(plain, &value); err == nil {
			return value, at, nil
		}
	}
	return zero, time.Time{}, err
}

// OpenLegacy returns the value of a cookie as JSON, and when it was written. A map[any]any becomes an object if all of its
// keys are strings, and all those of the maps in it.
func (c *Cookie[T]) OpenLegacy(text string) (body []byte, issued time.Time, err error) {
	plains, at, err := c.open(text)
	for _, plain := range plains {
		if body, err = legacyBody[T](&c.body, plain); err == nil {
			return body, at, nil
		}
	}
	return nil, time.Time{}, err
}

// checkAge counts whole seconds, as gorilla does: a cookie does not say in which part of its second it was written.
func (c *Cookie[T]) checkAge(at time.Time, maxAge time.Duration) error {
	now := time.Unix(c.now().Unix(), 0)
	switch age := now.Sub(at); {
	case age > maxAge:
		return failure.Expired
	case age < -c.leeway:
		return failure.NotYetValid
	}
	return nil
}

var (
	errText   = failure.Malformed.With("not exactly base64url with padding")
	errLayout = failure.Malformed.With("not date, value and MAC")
	errDate   = failure.Malformed.With("no date between 1970 and 9999")
	errValue  = failure.BadPayload.With("the value is not exactly base64url with padding, or too short to be encrypted")
)

// open returns the encoded value of an authentic cookie, which is the base64url of "date|value|MAC". Pairs of one hash key,
// as where a service began to encrypt, do not say which of them wrote it; then there is a value by each of these, of which
// the first that decodes is the one, as with gorilla's DecodeMulti. Without an error there is one at least.
func (c *Cookie[T]) open(text string) (plains [][]byte, at time.Time, err error) {
	if len(text) > c.maxLength {
		return nil, time.Time{}, failure.TooLarge
	}
	decoded, ok := decodeText(text)
	if !ok {
		return nil, time.Time{}, errText
	}
	date, rest, ok := strings.Cut(string(decoded), "|")
	value, mac, complete := strings.Cut(rest, "|")
	if !ok || !complete {
		return nil, time.Time{}, errLayout
	}
	signed := string(decoded[:len(date)+1+len(value)])
	pairs := c.authentic(signed, mac)
	if len(pairs) == 0 {
		return nil, time.Time{}, failure.BadSignature
	}

	seconds, err := strconv.ParseInt(date, 10, 64)
	if err != nil || seconds < 0 || seconds > maxTime || strconv.FormatInt(seconds, 10) != date {
		return nil, time.Time{}, errDate
	}
	encoded, ok := decodeText(value)
	if !ok {
		return nil, time.Time{}, errValue
	}
	for _, p := range pairs {
		if p.block == nil {
			plains = append(plains, encoded)
		} else if len(encoded) > aes.BlockSize {
			plains = append(plains, decrypt(p.block(), encoded))
		}
	}
	if len(plains) == 0 {
		return nil, time.Time{}, errValue
	}
	return plains, time.Unix(seconds, 0).UTC(), nil
}

// decrypt returns what follows the initialization vector, decrypted.
func decrypt(block cipher.Block, sealed []byte) []byte {
	plain := make([]byte, len(sealed)-aes.BlockSize)
	cipher.NewCTR(block, sealed[:aes.BlockSize]).XORKeyStream(plain, sealed[aes.BlockSize:])
	return plain
}

// authentic returns the pairs whose hash key a cookie was written with.
func (c *Cookie[T]) authentic(signed, mac string) (pairs []*pair) {
	for i := range c.pairs {
		if hmac.Equal(c.pairs[i].mac(c.prefix, signed), []byte(mac)) {
			pairs = append(pairs, &c.pairs[i])
		}
	}
	return pairs
}

// decodeText refuses the line breaks that encoding/base64 skips even when it is strict.
func decodeText(text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	b, err := base64.URLEncoding.Strict().DecodeString(text)
	return b, err == nil
}

// Format writes the cookie's name, whatever the verb.
func (c *Cookie[T]) Format(f fmt.State, _ rune) {
	io.WriteString(f, "securecookie("+strings.TrimSuffix(c.prefix, "|")+")")
}

// A body is how values of one type are encoded in a cookie.
type body struct {
	json      *payload.JSON // nil: gob
	encrypted bool          // with one of the key pairs
}

func newBody(t reflect.Type, s Serializer) (body, error) {
	switch s {
	case Gob:
		return body{}, nil
	case JSON:
		j, err := payload.NewJSON(t, payloadLimit)
		return body{json: j}, err
	}
	return body{}, failure.Config.With("Options.Serializer is neither Gob nor JSON")
}

// payloadLimit is more than a cookie holds.
const payloadLimit = 1 << 20

func (b *body) append(v any) ([]byte, error) {
	if b.json != nil {
		return b.json.Append(nil, v)
	}
	return gobs.Append(nil, v)
}

// decode decodes an authentic body; gob is not made for any other.
func (b *body) decode(plain []byte, v any) error {
	if b.json != nil {
		return b.json.Decode(bytes.TrimSuffix(plain, []byte("\n")), v)
	}
	err := gobs.Decode(plain, v)
	if err != nil && b.encrypted {
		return failure.BadPayload.With(failure.Detail(err) + ", or the block key is another")
	}
	return err
}

// legacyBody returns an authentic body as JSON.
func legacyBody[T any](b *body, plain []byte) ([]byte, error) {
	if b.json != nil {
		return plain, payload.CheckJSON(plain, nil)
	}
	var value T
	if err := b.decode(plain, &value); err != nil {
		return nil, err
	}
	named, err := withNames(any(value), 0)
	if err != nil {
		return nil, err
	}
	j, err := payload.NewJSON(reflect.TypeOf(&named).Elem(), payloadLimit)
	if err != nil {
		return nil, err // unreachable: an interface without methods
	}
	return j.Append(nil, &named)
}

var errKeys = failure.BadPayload.With("a map has a key that is no string, which JSON does not have")

// withNames returns a value in which every map[any]any that it consists of is a map[string]any.
func withNames(value any, depth int) (any, error) {
	if depth > payload.MaxDepth {
		return nil, failure.BadPayload.With("nested too deep")
	}
	var err error
	switch v := value.(type) {
	case map[any]any:
		named := make(map[string]any, len(v))
		for key, member := range v {
			name, ok := key.(string)
			if !ok {
				return nil, errKeys
			}
			if named[name], err = withNames(member, depth+1); err != nil {
				return nil, err
			}
		}
		return named, nil
	case map[string]any:
		for name, member := range v {
			if v[name], err = withNames(member, depth+1); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, element := range v {
			if v[i], err = withNames(element, depth+1); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
