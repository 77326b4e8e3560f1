package main

import "aidanwoods.dev/go-paseto"

const pasetoClaim = "data"

// addPaseto adds go-paseto's v4.local. Its tokens hold claims in JSON, so bytes are one claim, a string; no rule asks for
// a time.
func addPaseto(g *group, body []byte) error {
	key := paseto.NewV4SymmetricKey()
	parser := paseto.NewParserWithoutExpiryCheck()
	return addPeer(g, peer[[]byte, string]{
		name: "go-paseto", note: "no clock, no key ID; XChaCha20 and BLAKE2b, JSON included",
		seal: func(body []byte) (string, error) {
			token := paseto.NewToken()
			token.SetString(pasetoClaim, string(body))
			return token.V4Encrypt(key, nil), nil
		},
		open: func(text string) ([]byte, error) {
			token, err := parser.ParseV4Local(key, text, nil)
			if err != nil {
				return nil, err
			}
			body, err := token.GetString(pasetoClaim)
			return []byte(body), err
		},
	}, cloned(body))
}
