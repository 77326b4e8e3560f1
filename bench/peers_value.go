package main

import (
	"encoding/gob"
	"encoding/json"
	"time"

	"aidanwoods.dev/go-paseto"
	"github.com/alexedwards/scs/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/securecookie"

	"github.com/sealring/sealring"
)

// valuePeersGroup is a session in and a token out, and back, beside the peers that take values. Ours are the calls that
// most programs make, Codec.Seal and Codec.Open, both on strings, as the peers'.
func valuePeersGroup() (*group, error) {
	g := new(group)
	ring, _, err := newRing(1)
	if err != nil {
		return nil, err
	}
	for _, content := range []sealring.Content{sealring.JSON, sealring.MessagePack} {
		codec, err := sealring.NewCodec[session](ring, purpose, &sealring.Options{TTL: peerTTL, Content: content})
		if err != nil {
			return nil, err
		}
		if err := addPeer(g, peer[session, string]{
			name: content.String(), seal: codec.Seal, open: codec.Open,
		}, func() session { return sampleSession }); err != nil {
			return nil, err
		}
	}
	for _, add := range []func(*group) error{addGorillaValue, addGolangJWT, addPasetoValue, addSCS} {
		if err := add(g); err != nil {
			return nil, err
		}
	}

	size := len(sampleJSON())
	for _, r := range []struct {
		peer, ours string
		seal, open bar
	}{
		{"gorilla-json", "json", atLeast(1.8), atLeast(1.25)},
		{"golang-jwt", "json", atLeast(2.5), atLeast(1.8)},
		{"gorilla-json", "messagepack", atLeast(2.5), atLeast(3)},
		{"gorilla-gob", "json", bar{}, bar{}},
		{"go-paseto-value", "json", bar{}, bar{}},
		{"scs-gob", "json", bar{}, bar{}},
	} {
		g.against("seal", r.peer, r.ours, size, r.seal)
		g.against("open", r.peer, r.ours, size, r.open)
	}
	for i := range g.rows {
		g.rows[i].missed = missedPeers[g.rows[i].name]
	}
	return g, nil
}

// missedPeers are the rows that are known to miss their bar, and what they are, for the reason of missedValues.
var missedPeers = map[string]float64{
	"seal-gorilla-json/messagepack": 1.75,
	"open-gorilla-json/messagepack": 2.70,
}

// sampleJSON is the session in JSON, whose size is that of the payload, whatever a peer makes of it.
func sampleJSON() []byte {
	b, err := json.Marshal(sampleSession)
	if err != nil {
		panic(err) // unreachable: it has no value that JSON has not
	}
	return b
}

// sampled returns a pointer to the session, which spares a peer that takes any value the copy of it.
func sampled() *session {
	v := sampleSession
	return &v
}

func addGorillaValue(g *group) error {
	for _, p := range []struct {
		name, note string
		serializer securecookie.Serializer
	}{
		{"gorilla-json", "no key ID, base64 twice", securecookie.JSONEncoder{}},
		{"gorilla-gob", "no key ID, base64 twice; gob describes the type in each token", securecookie.GobEncoder{}},
	} {
		cookie := newSecureCookie(nil, p.serializer)
		err := addPeer(g, peer[*session, string]{
			name: p.name, note: p.note,
			seal: func(v *session) (string, error) { return cookie.Encode(purpose, v) },
			open: func(token string) (*session, error) {
				v := new(session)
				err := cookie.Decode(purpose, token, v)
				return v, err
			},
		}, sampled)
		if err != nil {
			return err
		}
	}
	return nil
}

// A jwtSession is the session with what a JWT needs for a lifetime.
type jwtSession struct {
	session
	jwt.RegisteredClaims
}

// addGolangJWT adds golang-jwt with HS256: one parser, which is told the method and that times are asked for.
func addGolangJWT(g *group) error {
	key := randomKey()
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	keyOf := func(*jwt.Token) (any, error) { return key, nil }
	return addPeer(g, peer[*session, string]{
		name: "golang-jwt", note: "no key ID; exp and iat among the JSON, 34 bytes",
		seal: func(v *session) (string, error) {
			now := time.Now()
			claims := &jwtSession{*v, jwt.RegisteredClaims{
				IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(peerTTL)),
			}}
			return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key)
		},
		open: func(token string) (*session, error) {
			claims := new(jwtSession)
			_, err := parser.ParseWithClaims(token, claims, keyOf)
			return &claims.session, err
		},
	}, sampled)
}

// addPasetoValue adds go-paseto's v4.local with the session as one claim.
func addPasetoValue(g *group) error {
	key := paseto.NewV4SymmetricKey()
	parser := paseto.NewParserWithoutExpiryCheck()
	return addPeer(g, peer[*session, string]{
		name: "go-paseto-value", note: "no clock, no key ID; encrypts: XChaCha20 and BLAKE2b",
		seal: func(v *session) (string, error) {
			token := paseto.NewToken()
			err := token.Set(pasetoClaim, v)
			return token.V4Encrypt(key, nil), err
		},
		open: func(text string) (*session, error) {
			token, err := parser.ParseV4Local(key, text, nil)
			if err != nil {
				return nil, err
			}
			v := new(session)
			err = token.Get(pasetoClaim, v)
			return v, err
		},
	}, sampled)
}

// addSCS adds the codec of scs's server-side sessions, which keeps them as a map. It protects nothing, so a changed byte
// is no failure, and only the round trip is checked.
func addSCS(g *group) error {
	gob.Register([]string(nil))
	s := sampleSession
	values := map[string]any{
		"user_id": s.UserID, "username": s.Username, "email": s.Email, "roles": s.Roles, "csrf": s.CSRF, "address": s.Address,
		"user_agent": s.UserAgent, "locale": s.Locale, "signed_in": s.SignedIn, "mfa": s.MFA,
	}
	deadline := time.Now().Add(peerTTL).UTC()
	codec := scs.GobCodec{}
	return addPeer(g, peer[map[string]any, []byte]{
		name: "scs-gob", note: "a codec only: nothing is signed or encrypted, no text, no clock; a map, not a struct",
		unprotected: true,
		seal:        func(values map[string]any) ([]byte, error) { return codec.Encode(deadline, values) },
		open: func(b []byte) (map[string]any, error) {
			_, values, err := codec.Decode(b)
			return values, err
		},
	}, func() map[string]any { return values })
}
