package main

import (
	"errors"

	"github.com/fernet/fernet-go"
)

// addFernet adds fernet-go, which always encrypts.
func addFernet(g *group, body []byte) error {
	var key fernet.Key
	if err := key.Generate(); err != nil {
		return err
	}
	keys := []*fernet.Key{&key}
	errRefused := errors.New("refused")
	return addPeer(g, peer[[]byte, []byte]{
		name: "fernet-go", note: "no key ID; AES-128-CBC and HMAC",
		seal: func(body []byte) ([]byte, error) { return fernet.EncryptAndSign(body, &key) },
		open: func(token []byte) ([]byte, error) {
			body := fernet.VerifyAndDecrypt(token, peerTTL, keys)
			if body == nil {
				return nil, errRefused
			}
			return body, nil
		},
	}, cloned(body))
}
