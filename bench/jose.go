package main

import (
	"github.com/go-jose/go-jose/v4"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// addJOSE adds the libraries for JOSE that take bytes: go-jose and jwx. Signers, encrypters and options are made once, a
// key is the bytes of it, and each call is told that tokens are compact.
func addJOSE(g *group, body []byte) error {
	key := randomKey()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: key}, nil)
	if err != nil {
		return err
	}
	signing := []jose.SignatureAlgorithm{jose.HS256}
	err = addPeer(g, peer[[]byte, string]{
		name: "go-jose-jws", note: "no clock, no key ID",
		seal: func(body []byte) (string, error) {
			signed, err := signer.Sign(body)
			if err != nil {
				return "", err
			}
			return signed.CompactSerialize()
		},
		open: func(token string) ([]byte, error) {
			signed, err := jose.ParseSignedCompact(token, signing)
			if err != nil {
				return nil, err
			}
			return signed.Verify(key)
		},
	}, cloned(body))
	if err != nil {
		return err
	}

	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: key}, nil)
	if err != nil {
		return err
	}
	direct, gcm := []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256GCM}
	err = addPeer(g, peer[[]byte, string]{
		name: "go-jose-jwe", note: "no clock, no key ID, no commitment to the key; AES-256-GCM",
		seal: func(body []byte) (string, error) {
			encrypted, err := encrypter.Encrypt(body)
			if err != nil {
				return "", err
			}
			return encrypted.CompactSerialize()
		},
		open: func(token string) ([]byte, error) {
			encrypted, err := jose.ParseEncryptedCompact(token, direct, gcm)
			if err != nil {
				return nil, err
			}
			return encrypted.Decrypt(key)
		},
	}, cloned(body))
	if err != nil {
		return err
	}

	withKey := jws.WithKey(jwa.HS256(), key)
	return addPeer(g, peer[[]byte, []byte]{
		name: "jwx-jws", note: "no clock, no key ID; opened by VerifyCompactFast",
		seal: func(body []byte) ([]byte, error) { return jws.Sign(body, withKey) },
		open: func(token []byte) ([]byte, error) { return jws.VerifyCompactFast(key, token, jwa.HS256()) },
	}, cloned(body))
}
