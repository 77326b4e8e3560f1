package main

import (
	"crypto/rand"

	"github.com/gorilla/securecookie"
)

func randomKey() []byte {
	key := make([]byte, 32)
	rand.Read(key)
	return key
}

// newSecureCookie returns a securecookie that signs, and with a block key encrypts with AES-256 in counter mode before
// that. The limit on the length is off, since our payloads are longer than a cookie.
func newSecureCookie(block []byte, serializer securecookie.Serializer) *securecookie.SecureCookie {
	return securecookie.New(randomKey(), block).MaxAge(int(peerTTL.Seconds())).MaxLength(0).SetSerializer(serializer)
}

// addGorilla adds gorilla/securecookie, which is given bytes that are encoded already.
func addGorilla(g *group, body []byte) error {
	for _, p := range []struct {
		name, note string
		block      []byte
	}{
		{"gorilla-hmac", "no key ID, base64 twice", nil},
		{"gorilla-aes", "no key ID, base64 twice, AES-256-CTR and HMAC", randomKey()},
	} {
		cookie := newSecureCookie(p.block, securecookie.NopEncoder{})
		err := addPeer(g, peer[[]byte, string]{
			name: p.name, note: p.note,
			// With a block key it encrypts the caller's slice in place. What is timed does not care.
			seal: func(body []byte) (string, error) { return cookie.Encode(purpose, body) },
			open: func(token string) (body []byte, err error) {
				err = cookie.Decode(purpose, token, &body)
				return body, err
			},
		}, cloned(body))
		if err != nil {
			return err
		}
	}
	return nil
}
