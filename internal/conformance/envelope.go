package conformance

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

type envelopeCase struct {
	note
	Keys      []envelopeKey   `json:"keys"`
	Purpose   string          `json:"purpose"`
	Bind      hexBytes        `json:"bind"`
	Now       *int64          `json:"now_ms"`
	Token     *string         `json:"token"`
	Suites    []int           `json:"suites"`
	MaxAge    *int64          `json:"max_age_ms"`
	Leeway    int64           `json:"leeway_ms"`
	Expect    *envelopeExpect `json:"expect"`
	Error     string          `json:"error"`
	Reproduce bool            `json:"reproduce"`
	Nonce     hexBytes        `json:"nonce"`
}

type envelopeKey struct {
	ID        string `json:"id"`
	Secret    string `json:"secret"`
	SealFrom  *int64 `json:"seal_from_ms"`
	OpenUntil *int64 `json:"open_until_ms"`
	Disabled  bool   `json:"disabled"`
}

type envelopeExpect struct {
	KeyID   string   `json:"key_id"`
	Suite   byte     `json:"suite"`
	Content byte     `json:"content"`
	Issued  int64    `json:"issued_ms"`
	Expires int64    `json:"expires_ms"`
	Body    hexBytes `json:"body"`
}

// hexBytes are bytes that a vector writes as hex.
type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

var errorClasses = []*failure.Class{
	failure.TooLarge, failure.Malformed, failure.UnsupportedVersion, failure.Unsupported, failure.Refused,
	failure.UnknownKey, failure.BadSignature, failure.NotYetValid, failure.Expired, failure.BadPayload,
}

func (c *envelopeCase) invalid() error {
	known := func(class *failure.Class) bool { return class.Name() == c.Error }
	switch {
	case c.Name == "" || c.Purpose == "" || c.Now == nil || c.Token == nil || len(c.Suites) == 0:
		return errors.New("needs name, purpose, now_ms, token and suites")
	case (c.Expect == nil) == (c.Error == ""):
		return errors.New("needs either expect or error")
	case c.Error != "" && !slices.ContainsFunc(errorClasses, known):
		return fmt.Errorf("unknown error class %q", c.Error)
	case c.Reproduce && c.Expect == nil:
		return errors.New("reproduce needs expect")
	}
	return nil
}

func checkEnvelope(data []byte) (name string, differs, invalid error) {
	var c envelopeCase
	if err := decode(data, &c); err != nil {
		return c.Name, nil, err
	}
	if err := c.invalid(); err != nil {
		return c.Name, nil, err
	}
	sealer, secrets, err := c.sealer()
	if err != nil {
		return c.Name, err, nil
	}

	bind := []byte(c.Bind)
	if len(bind) == 0 {
		bind = nil
	}
	body, info, err := sealer.AppendOpen(nil, *c.Token, bind)
	if err != nil {
		if got := className(err); got != c.Error {
			return c.Name, fmt.Errorf("refused as %s, want %s%s", got, c.Error, c.Expect), nil
		}
		return c.Name, nil, nil
	}
	if c.Expect == nil {
		return c.Name, fmt.Errorf("opened, want %s", c.Error), nil
	}
	if differs := c.Expect.differs(body, info); differs != nil {
		return c.Name, differs, nil
	}
	if c.Reproduce {
		return c.Name, c.reproduce(secrets, bind), nil
	}
	return c.Name, nil, nil
}

// String is how an expectation stands in a line about a difference.
func (e *envelopeExpect) String() string {
	if e == nil {
		return ""
	}
	return "opened"
}

// sealer returns what opens the case's token, and the secrets of its keys by ID.
func (c *envelopeCase) sealer() (*sealring.Sealer, map[string]*[envelope.SecretSize]byte, error) {
	timed := slices.ContainsFunc(c.Keys, func(k envelopeKey) bool { return k.SealFrom != nil })
	secrets := map[string]*[envelope.SecretSize]byte{}
	var keys []sealring.Key
	for i, k := range c.Keys {
		secret, err := sealring.ParseSecret(k.Secret)
		if err != nil {
			return nil, nil, err
		}
		if !envelope.ValidKeyID(k.ID) {
			continue // no ring would have it
		}
		key := sealring.Key{ID: k.ID, Secret: secret, Disabled: k.Disabled}
		if !timed {
			key.SealFrom = time.UnixMilli(int64(i))
		} else if k.SealFrom != nil {
			key.SealFrom = time.UnixMilli(*k.SealFrom)
		}
		if k.OpenUntil != nil {
			key.OpenUntil = time.UnixMilli(*k.OpenUntil)
		}
		keys = append(keys, key)
		b, err := base64url.AppendDecoded(nil, k.Secret[len("srk1_"):])
		if err != nil {
			return nil, nil, err
		}
		secrets[k.ID] = (*[envelope.SecretSize]byte)(b)
	}
	ring := new(sealring.Keyring)
	if len(keys) > 0 {
		if err := ring.Replace(keys...); err != nil {
			return nil, nil, err
		}
	}

	options := &sealring.Options{
		NeverExpires: true,
		Encrypt:      c.Suites[0] == int(sealring.Encrypted),
		Contents:     []sealring.Content{sealring.JSON, sealring.MessagePack, sealring.Raw},
		Leeway:       new(milliseconds(c.Leeway)),
		Now:          func() time.Time { return time.UnixMilli(*c.Now) },
	}
	for _, suite := range c.Suites {
		options.Suites = append(options.Suites, sealring.Suite(suite))
	}
	if c.MaxAge != nil {
		options.MaxAge = new(milliseconds(*c.MaxAge))
	}
	sealer, err := sealring.NewSealer(ring, c.Purpose, options)
	return sealer, secrets, err
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// contents are the numbers of the format for the library's contents.
var contents = map[sealring.Content]byte{
	sealring.Raw: envelope.Raw, sealring.JSON: envelope.JSON, sealring.MessagePack: envelope.MessagePack,
}

func (e *envelopeExpect) differs(body []byte, info sealring.Info) error {
	expires := int64(0)
	if !info.Expires.IsZero() {
		expires = info.Expires.UnixMilli()
	}
	got := envelopeExpect{info.KeyID, byte(info.Suite), contents[info.Content], info.Issued.UnixMilli(), expires, body}
	switch {
	case !bytes.Equal(got.Body, e.Body):
		return errors.New("opened to another body")
	case got.KeyID != e.KeyID, got.Suite != e.Suite, got.Content != e.Content, got.Issued != e.Issued,
		got.Expires != e.Expires:
		return errors.New("opened with another header")
	}
	return nil
}

// reproduce seals what the token holds and compares.
func (c *envelopeCase) reproduce(secrets map[string]*[envelope.SecretSize]byte, bind []byte) error {
	h := &envelope.Header{
		Suite:   c.Expect.Suite,
		Content: c.Expect.Content,
		Issued:  c.Expect.Issued,
		Expires: c.Expect.Expires,
		KeyID:   c.Expect.KeyID,
	}
	secret := secrets[h.KeyID]
	var sealed []byte
	switch {
	case h.Suite == envelope.Signed:
		sealed = envelope.AppendSigned(nil, h, c.Expect.Body, bind, envelope.NewSigningKey(secret, c.Purpose))
	case len(c.Nonce) != envelope.NonceSize:
		return errors.New("a nonce of another size than 24 bytes")
	default:
		key, err := envelope.NewEncryptionKey(secret, c.Purpose)
		if err != nil {
			return err
		}
		sealed = envelope.AppendEncrypted(nil, h, (*[envelope.NonceSize]byte)(c.Nonce), c.Expect.Body, bind, key)
	}
	if string(base64url.Append(nil, sealed)) != *c.Token {
		return errors.New("sealed to another token")
	}
	return nil
}
