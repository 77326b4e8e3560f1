package sealring

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

// secretPrefix begins the text of every secret, so that secret scanners can tell one.
const secretPrefix = "srk1_"

// A Secret is 32 bytes that only the holders of a key know. Nothing prints it: every fmt verb, slog, JSON and a panic
// show "REDACTED" in its place. The zero Secret is none, which a Keyring refuses.
type Secret struct {
	// A function, because packages that dump values by reflection follow pointers and cannot follow this.
	bytes func() *[envelope.SecretSize]byte
}

// NewSecret returns the secret of 32 bytes that are uniformly random. It keeps a copy of b.
func NewSecret(b []byte) (Secret, error) {
	if len(b) != envelope.SecretSize {
		return Secret{}, failure.Keyring.With(fmt.Sprintf("a secret has %d bytes, this one %d; make one with GenerateKey",
			envelope.SecretSize, len(b)))
	}
	secret := [envelope.SecretSize]byte(b)
	same := true
	for _, c := range secret {
		same = same && c == secret[0]
	}
	if same {
		return Secret{}, failure.Keyring.With("a secret is random, the bytes of this one are all the same; " +
			"make one with GenerateKey")
	}
	return Secret{func() *[envelope.SecretSize]byte { return &secret }}, nil
}

// ParseSecret reads the text form of a secret: srk1_ and 43 characters of base64url, as format.md, Section 3.1, has
// it. Its errors hold nothing of the text.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return Secret{}, failure.Keyring.With("a secret's text begins with " + secretPrefix +
			"; bring one that is hex or base64 in with `sealring keys import`")
	}
	if len(encoded) != base64url.Size(envelope.SecretSize) {
		return Secret{}, failure.Keyring.With(fmt.Sprintf("%d characters of base64url follow %s in a secret's text, not %d; "+
			"look for a missing end or a line feed", base64url.Size(envelope.SecretSize), secretPrefix, len(encoded)))
	}
	b, err := base64url.AppendDecoded(nil, encoded)
	if err != nil {
		return Secret{}, failure.Keyring.With("a secret's text is base64url without padding and white space")
	}
	return NewSecret(b)
}

// Reveal returns the text form of the secret, srk1_ and 43 characters, for the place that keeps it. It is "" for the
// zero Secret.
func (s Secret) Reveal() string {
	if s.bytes == nil {
		return ""
	}
	return secretPrefix + base64.RawURLEncoding.EncodeToString(s.bytes()[:])
}

// KeyID returns the key ID that the secret has unless its owner chooses another: 8 characters, the same on every
// machine; format.md, Section 3.4. It is "" for the zero Secret.
func (s Secret) KeyID() string {
	if s.bytes == nil {
		return ""
	}
	return envelope.DefaultKeyID(s.bytes())
}

const redacted = "REDACTED"

// Format writes REDACTED, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue makes slog write REDACTED.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText makes encoding/json and others write REDACTED; use Reveal to keep a secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// A Key is a secret with its name and the times at which it is used. It prints as its ID.
type Key struct {
	// ID names the secret for ever: 1 to 32 characters A-Z a-z 0-9 . _ - of which the first is a letter or digit.
	// It stands readable in every envelope. Empty means Secret.KeyID.
	ID string
	// Secret is what envelopes are sealed with.
	Secret Secret
	// SealFrom is when the key is to become the primary one, which seals. Zero means from the beginning. Until then it
	// opens only, so that every node knows it before one seals with it.
	SealFrom time.Time
	// OpenUntil is when the key ceases to open anything. Zero means never. No envelope expires later than its key.
	OpenUntil time.Time
	// Disabled is whether the key is neither to seal nor to open, as after a leak.
	Disabled bool
}

// GenerateKey returns a key with a fresh secret and its default ID that seals from the beginning. If the system has no
// randomness to give, it does not return; see crypto/rand.Read.
func GenerateKey() Key {
	for {
		var b [envelope.SecretSize]byte
		rand.Read(b[:])
		if s, err := NewSecret(b[:]); err == nil {
			return Key{ID: s.KeyID(), Secret: s}
		}
	}
}

// String returns the key's ID.
func (k Key) String() string {
	if k.ID == "" {
		return k.Secret.KeyID()
	}
	return k.ID
}

// Format writes the key's ID, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) }

// LogValue makes slog write the key's ID.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText makes encoding/json and others write the key's ID.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
