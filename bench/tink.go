package main

import (
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/mac/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// addTink adds Tink's HMAC-SHA256 with a whole tag, by a keyset as its documentation does it and by the class beneath, and
// its XChaCha20-Poly1305.
func addTink(g *group, body []byte) error {
	handle, err := keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate())
	if err != nil {
		return err
	}
	byKeyset, err := mac.New(handle)
	if err != nil {
		return err
	}
	bare, err := subtle.NewHMAC("SHA256", randomKey(), 32)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		name, note string
		mac        tink.MAC
	}{
		{"tink-mac", "a tag only: no clock, no text, no payload in it", byKeyset},
		{"tink-mac-subtle", "a tag only: no clock, no key ID, no text, no payload in it", bare},
	} {
		err := addPeer(g, peer[[]byte, []byte]{
			name: p.name, note: p.note,
			seal: p.mac.ComputeMAC,
			open: func(tag []byte) ([]byte, error) { return body, p.mac.VerifyMAC(tag, body) },
		}, cloned(body))
		if err != nil {
			return err
		}
	}

	if handle, err = keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate()); err != nil {
		return err
	}
	cipher, err := aead.New(handle)
	if err != nil {
		return err
	}
	return addPeer(g, peer[[]byte, []byte]{
		name: "tink-aead", note: "no clock, no commitment to the key, no text",
		seal: func(body []byte) ([]byte, error) { return cipher.Encrypt(body, nil) },
		open: func(token []byte) ([]byte, error) { return cipher.Decrypt(token, nil) },
	}, cloned(body))
}
