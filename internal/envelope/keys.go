package envelope

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// SecretSize is the size of a key's secret, in bytes.
const SecretSize = 32

// HKDF labels; format.md, Section 3.3. Each use of a secret has its own, so that no subkey serves two algorithms.
const (
	signedLabel    = "sealring/v1/hmac-sha256\x00"
	encryptedLabel = "sealring/v1/xchacha20-poly1305\x00"
	keyIDLabel     = "sealring/v1/key-id"
)

// derive is HKDF-SHA256 with an empty salt, RFC 5869.
func derive(secret *[SecretSize]byte, info string, size int) []byte {
	key, err := hkdf.Key(sha256.New, secret[:], nil, info, size)
	if err != nil {
		panic("sealring: HKDF refused a constant size") // unreachable: the size is under 255 blocks, the hash approved
	}
	return key
}

// DefaultKeyID returns the key ID that a secret has unless its owner chose another.
func DefaultKeyID(secret *[SecretSize]byte) string {
	return strings.ToLower(base32.StdEncoding.EncodeToString(derive(secret, keyIDLabel, 5)))
}

// A SigningKey is the key of suite 01 for one secret and purpose. It is safe for concurrent use.
type SigningKey struct {
	mac mac
}

// NewSigningKey derives the signing key of a secret for a purpose.
func NewSigningKey(secret *[SecretSize]byte, purpose string) *SigningKey {
	k := new(SigningKey)
	k.mac.init(derive(secret, signedLabel+purpose, macSize), precomputed())
	return k
}

// An EncryptionKey is the pair of keys of suite 02 for one secret and purpose. It is safe for concurrent use.
type EncryptionKey struct {
	commitment mac
	aead       cipher.AEAD
}

// NewEncryptionKey derives the keys of suite 02 of a secret for a purpose. Its error says that this process may not use
// XChaCha20-Poly1305, as under GODEBUG=fips140=only.
func NewEncryptionKey(secret *[SecretSize]byte, purpose string) (*EncryptionKey, error) {
	keys := derive(secret, encryptedLabel+purpose, macSize+chacha20poly1305.KeySize)
	aead, err := chacha20poly1305.NewX(keys[macSize:])
	if err != nil {
		return nil, err
	}
	k := &EncryptionKey{aead: aead}
	k.commitment.init(keys[:macSize:macSize], precomputed())
	return k, nil
}
