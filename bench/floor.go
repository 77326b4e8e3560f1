package main

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
)

// A floor is the least that the standard library and x/crypto take for the work of an envelope, as a program would write it
// that has its keys at hand and nothing to decide: every object is made once, every buffer has its size, no clock is
// read, no key looked up, no byte copied that the work itself does not copy. Its bytes are those of an envelope that was
// sealed by the same key, so both do the same work on the same sizes. It is for one goroutine.
type floor struct {
	mac      hash.Hash
	message  []byte // of the MAC: the envelope without its MAC, and the binding's length
	sealed   []byte // the envelope
	text     []byte
	dst      []byte
	sum      []byte
	decoded  []byte
	accepted int

	aead                               cipher.AEAD
	nonce, plain, cipherText, ad, room []byte
}

var errFloor = errors.New("not what the envelope has")

// newFloor returns the floor F of an envelope of suite 01 in binary form.
func newFloor(macKey, sealed []byte) *floor {
	f := &floor{mac: hmac.New(sha256.New, macKey), sealed: bytes.Clone(sealed)}
	f.message = append(bytes.Clone(sealed[:len(sealed)-sha256.Size]), make([]byte, 8)...)
	f.text = base64.RawURLEncoding.AppendEncode(nil, sealed)
	f.dst, f.decoded, f.sum = make([]byte, len(f.text)), make([]byte, len(sealed)), make([]byte, 0, sha256.Size)
	return f
}

func (f *floor) authenticate(n int) {
	for range n {
		f.mac.Reset()
		f.mac.Write(f.message)
		f.sum = f.mac.Sum(f.sum[:0])
	}
}

func (f *floor) authenticateRight() error {
	f.authenticate(1)
	if !bytes.HasSuffix(f.sealed, f.sum) {
		return errFloor
	}
	return nil
}

func (f *floor) seal(n int) {
	for range n {
		f.mac.Reset()
		f.mac.Write(f.message)
		f.sum = f.mac.Sum(f.sum[:0])
		base64.RawURLEncoding.Encode(f.dst, f.sealed)
	}
}

func (f *floor) sealRight() error {
	f.seal(1)
	if !bytes.HasSuffix(f.sealed, f.sum) || !bytes.Equal(f.dst, f.text) {
		return errFloor
	}
	return nil
}

func (f *floor) open(n int) {
	for range n {
		size, err := base64.RawURLEncoding.Decode(f.decoded, f.text)
		if err != nil {
			panic(err)
		}
		f.mac.Reset()
		f.mac.Write(f.message)
		f.sum = f.mac.Sum(f.sum[:0])
		if hmac.Equal(f.sum, f.decoded[size-sha256.Size:size]) {
			f.accepted++
		}
	}
}

func (f *floor) openRight() error {
	before := f.accepted
	f.open(1)
	if f.accepted != before+1 {
		return errFloor
	}
	return nil
}

// encryption adds what F2 needs: the floor of an envelope of suite 02, of which body is the plaintext. f was made with its
// commitment key.
func (f *floor) encryption(key, body []byte) error {
	const tagSize = chacha20poly1305.Overhead
	var err error
	if f.aead, err = chacha20poly1305.NewX(key); err != nil {
		return err
	}
	headerSize := len(f.sealed) - sha256.Size - tagSize - len(body) - chacha20poly1305.NonceSizeX
	nonceEnd := headerSize + chacha20poly1305.NonceSizeX
	tagEnd := len(f.sealed) - sha256.Size
	f.nonce, f.plain = bytes.Clone(f.sealed[headerSize:nonceEnd]), bytes.Clone(body)
	f.cipherText = bytes.Clone(f.sealed[nonceEnd:tagEnd])
	f.ad = append(bytes.Clone(f.sealed[:headerSize]), make([]byte, 8)...)
	f.room = make([]byte, 0, len(f.cipherText))
	f.message = append(bytes.Clone(f.sealed[:nonceEnd]), f.sealed[tagEnd-tagSize:tagEnd]...)
	f.message = append(f.message, make([]byte, 8)...)
	return nil
}

func (f *floor) sealEncrypted(n int) {
	var random [chacha20poly1305.NonceSizeX]byte
	for range n {
		rand.Read(random[:])
		f.room = f.aead.Seal(f.room[:0], f.nonce, f.plain, f.ad)
		f.mac.Reset()
		f.mac.Write(f.message)
		f.sum = f.mac.Sum(f.sum[:0])
		base64.RawURLEncoding.Encode(f.dst, f.sealed)
	}
}

func (f *floor) sealEncryptedRight() error {
	f.sealEncrypted(1)
	if !bytes.Equal(f.room, f.cipherText) {
		return errFloor
	}
	return f.sealRight()
}

func (f *floor) openEncrypted(n int) {
	for range n {
		size, err := base64.RawURLEncoding.Decode(f.decoded, f.text)
		if err != nil {
			panic(err)
		}
		f.mac.Reset()
		f.mac.Write(f.message)
		f.sum = f.mac.Sum(f.sum[:0])
		if !hmac.Equal(f.sum, f.decoded[size-sha256.Size:size]) {
			continue
		}
		if f.room, err = f.aead.Open(f.room[:0], f.nonce, f.cipherText, f.ad); err == nil {
			f.accepted++
		}
	}
}

func (f *floor) openEncryptedRight() error {
	before := f.accepted
	f.openEncrypted(1)
	if f.accepted != before+1 || !bytes.Equal(f.room, f.plain) {
		return errFloor
	}
	return nil
}
