package envelope

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash"
	"strings"
	"sync"

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
	mac macPool
}

// NewSigningKey derives the signing key of a secret for a purpose.
func NewSigningKey(secret *[SecretSize]byte, purpose string) *SigningKey {
	k := new(SigningKey)
	k.mac.init(derive(secret, signedLabel+purpose, macSize))
	return k
}

// An EncryptionKey is the pair of keys of suite 02 for one secret and purpose. It is safe for concurrent use.
type EncryptionKey struct {
	commitment macPool
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
	k.commitment.init(keys[:macSize:macSize])
	return k, nil
}

// A macPool keeps HMAC-SHA256 states of one key: setting one up costs more than authenticating a session. It lives and
// ends with its key, so no state outlives the keyring it was made for.
type macPool struct {
	pool sync.Pool
}

// A macState is on the heap once and for all; sum and size are here because a hash.Hash makes what it is given escape.
type macState struct {
	hash hash.Hash
	sum  [macSize]byte
	size [8]byte
}

func (p *macPool) init(key []byte) {
	p.pool.New = func() any { return &macState{hash: hmac.New(sha256.New, key)} }
}

// get returns the state that holds, in sum, the MAC of parts ‖ bind ‖ u64(len bind). Whoever gets it puts it back.
func (p *macPool) get(part1, part2, bind []byte) *macState {
	s := p.pool.Get().(*macState)
	s.hash.Reset()
	s.hash.Write(part1)
	s.hash.Write(part2)
	s.hash.Write(bind)
	binary.BigEndian.PutUint64(s.size[:], uint64(len(bind)))
	s.hash.Write(s.size[:])
	s.hash.Sum(s.sum[:0])
	return s
}

func (p *macPool) append(dst, part1, part2, bind []byte) []byte {
	s := p.get(part1, part2, bind)
	dst = append(dst, s.sum[:]...)
	p.pool.Put(s)
	return dst
}

func (p *macPool) verify(mac, part1, part2, bind []byte) bool {
	s := p.get(part1, part2, bind)
	ok := hmac.Equal(mac, s.sum[:])
	p.pool.Put(s)
	return ok
}
