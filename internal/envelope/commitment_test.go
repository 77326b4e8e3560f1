package envelope

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"testing"

	"golang.org/x/crypto/chacha20"
)

// p is the prime of Poly1305, RFC 8439, Section 2.5.
var p = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 130), big.NewInt(5))

// polyKey returns r and s of the one-time key that XChaCha20-Poly1305 makes of a key and a nonce.
func polyKey(t *testing.T, key, nonce []byte) (r, s *big.Int) {
	t.Helper()
	c, err := chacha20.NewUnauthenticatedCipher(key, nonce)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 32)
	c.XORKeyStream(block, block)
	for _, i := range []int{3, 7, 11, 15} {
		block[i] &= 15
	}
	for _, i := range []int{4, 8, 12} {
		block[i] &= 252
	}
	return littleEndian(block[:16]), littleEndian(block[16:])
}

func littleEndian(b []byte) *big.Int {
	reversed := make([]byte, len(b))
	for i := range b {
		reversed[len(b)-1-i] = b[i]
	}
	return new(big.Int).SetBytes(reversed)
}

func toLittleEndian(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 16))
	for i := range 8 {
		b[i], b[15-i] = b[15-i], b[i]
	}
	return b
}

// salamander returns ciphertext ‖ tag that opens under both keys: two blocks solve the two linear equations that say
// that the tags are both t. Not every t has a solution in the range of blocks, so t counts up.
func salamander(t *testing.T, key1, key2, nonce, ad []byte) []byte {
	t.Helper()
	const blocks = 2
	padded := append(bytes.Clone(ad), make([]byte, (16-len(ad)%16)%16)...)
	lengths := binary.LittleEndian.AppendUint64(nil, uint64(len(ad)))
	lengths = binary.LittleEndian.AppendUint64(lengths, 16*blocks)
	limit := new(big.Int).Lsh(big.NewInt(1), 128)
	block := func(b []byte) *big.Int { return new(big.Int).Add(littleEndian(b), limit) }

	// For each key: tag = (c + x·r³ + y·r² mod p) + s mod 2^128, where c is what the other blocks add.
	type equation struct{ a, b, c, s *big.Int }
	equations := make([]equation, 2)
	for i, key := range [][]byte{key1, key2} {
		r, s := polyKey(t, key, nonce)
		c := new(big.Int)
		add := func(b *big.Int) { c.Mod(c.Mul(c.Add(c, b), r), p) }
		for j := 0; j < len(padded); j += 16 {
			add(block(padded[j : j+16]))
		}
		add(new(big.Int))
		add(new(big.Int))
		add(block(lengths))
		equations[i] = equation{new(big.Int).Exp(r, big.NewInt(3), p), new(big.Int).Exp(r, big.NewInt(2), p), c, s}
	}
	e, f := equations[0], equations[1]
	determinant := new(big.Int).Sub(new(big.Int).Mul(e.a, f.b), new(big.Int).Mul(e.b, f.a))
	determinant.ModInverse(determinant.Mod(determinant, p), p)
	for n := range int64(10000) {
		tag := big.NewInt(n)
		right := func(q equation) *big.Int {
			u := new(big.Int).Mod(new(big.Int).Sub(tag, q.s), limit)
			return u.Mod(u.Sub(u, q.c), p)
		}
		u, v := right(e), right(f)
		x := new(big.Int).Sub(new(big.Int).Mul(u, f.b), new(big.Int).Mul(v, e.b))
		y := new(big.Int).Sub(new(big.Int).Mul(v, e.a), new(big.Int).Mul(u, f.a))
		x.Mod(x.Mul(x, determinant), p)
		y.Mod(y.Mul(y, determinant), p)
		x.Sub(x, limit)
		y.Sub(y, limit)
		if x.Sign() >= 0 && y.Sign() >= 0 && x.Cmp(limit) < 0 && y.Cmp(limit) < 0 {
			return append(append(toLittleEndian(x), toLittleEndian(y)...), toLittleEndian(tag)...)
		}
	}
	t.Fatal("no solution")
	return nil
}

// Whoever holds two secrets can make one body that opens under both with XChaCha20-Poly1305 alone. With the commitment,
// the envelope opens under the one it was made with and under no other.
func TestCommitment(t *testing.T) {
	secrets := [2]*[SecretSize]byte{{1, 2, 3}, {4, 5, 6}}
	var keys [2]*EncryptionKey
	var raw [2][]byte
	for i, secret := range secrets {
		var err error
		if keys[i], err = NewEncryptionKey(secret, "session"); err != nil {
			t.Fatal(err)
		}
		raw[i] = derive(secret, encryptedLabel+"session", 64)[macSize:]
	}
	h := &Header{Suite: Encrypted, Issued: 1, Expires: 2, KeyID: "k"}
	header := make([]byte, h.size())
	h.put(header)
	nonce := bytes.Repeat([]byte{7}, NonceSize)
	ad := append(bytes.Clone(header), make([]byte, 8)...)
	text := salamander(t, raw[0], raw[1], nonce, ad)

	// Without the commitment both open it, each to another plaintext.
	first, err := keys[0].aead.Open(nil, nonce, text, ad)
	if err != nil {
		t.Fatal(err)
	}
	second, err := keys[1].aead.Open(nil, nonce, text, ad)
	if err != nil || bytes.Equal(first, second) {
		t.Fatal("the body was to open under both keys, differently", err)
	}

	// With the first key's commitment, only the first does.
	b := append(append(bytes.Clone(header), nonce...), text...)
	var commitment [macSize]byte
	keys[0].commitment.sum(&commitment, b[:len(header)+NonceSize], text[len(text)-tagSize:], nil)
	var e Envelope
	if err := e.Parse(append(b, commitment[:]...)); err != nil {
		t.Fatal(err)
	}
	if got, ok := e.AppendDecrypted(nil, nil, keys[0]); !ok || !bytes.Equal(got, first) {
		t.Error("the key that it commits to does not open it")
	}
	if got, ok := e.AppendDecrypted(nil, nil, keys[1]); ok || got != nil {
		t.Error("a second key opened it")
	}
}
