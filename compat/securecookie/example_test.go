package securecookie_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/securecookie"
)

// A cookie that gorilla reads with securecookie.New(hashKey, nil).SetSerializer(securecookie.JSONEncoder{}).
func ExampleCookie() {
	type session struct {
		UserID int    `json:"user_id"`
		Name   string `json:"name"`
	}
	pairs := []securecookie.KeyPair{{HashKey: []byte("0123456789abcdef0123456789abcdef")}} // newest first
	cookie, err := securecookie.NewCookie[session]("session", pairs, &securecookie.Options{
		Serializer: securecookie.JSON,
		Now:        func() time.Time { return time.Unix(1795640987, 0) }, // only so that this prints the same
	})
	if err != nil {
		panic(err)
	}
	text, err := cookie.Encode(session{123, "admin"})
	if err != nil {
		panic(err)
	}
	fmt.Println(text)
	value, written, err := cookie.Decode(text, 30*24*time.Hour)
	fmt.Println(value, written, err)

	_, _, err = cookie.Decode("A"+text[1:], time.Hour)
	fmt.Println(errors.Is(err, sealring.ErrBadSignature))
	// Output:
	// MTc5NTY0MDk4N3xleUoxYzJWeVgybGtJam94TWpNc0ltNWhiV1VpT2lKaFpHMXBiaUo5fAEMne_g2HB9G_LvrafbdgeHVeu9rMVhE1xbQSQnD7qb
	// {123 admin} 2026-11-25 21:09:47 +0000 UTC <nil>
	// true
}

// Sessions of gorilla's CookieStore open for as long as they would have there; what is sealed in their place is encrypted,
// names its key and is bound to its cookie. In a codec gorilla's cookies count as bound to nothing.
func ExampleCookie_movingOver() {
	now := func() time.Time { return time.Unix(1795640987, 0).Add(time.Hour) }
	pairs := []securecookie.KeyPair{{HashKey: []byte("0123456789abcdef0123456789abcdef")}}
	cookie, err := securecookie.NewCookie[map[any]any]("session", pairs, nil)
	if err != nil {
		panic(err)
	}
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	type session struct {
		UserID int    `json:"user_id"`
		Name   string `json:"name"`
		Admin  bool   `json:"admin"`
	}
	const maxAge = 30 * 24 * time.Hour // gorilla's default
	codec, err := sealring.NewCodec[session](ring, "session", &sealring.Options{
		TTL: maxAge, Encrypt: true, Now: now,
		Legacy: []sealring.Legacy{{Opener: cookie, Until: now().Add(maxAge), MaxAge: maxAge, Unbound: true}},
	})
	if err != nil {
		panic(err)
	}
	codec = codec.For("the cookie called session")

	// session.Values["user_id"], ["name"] and ["admin"] are 123, "admin" and true.
	value, info, err := codec.OpenInfo("MTc5NTY0MDk4N3xEWDhFQVFMX2dBQUJFQUVRQUFCWF80QUFBd1p6ZEhKcGJtY01DUUFIZFhObGNsOXBaQU5wYm5RRUF3" +
		"RF85Z1p6ZEhKcGJtY01CZ0FFYm1GdFpRWnpkSEpwYm1jTUJ3QUZZV1J0YVc0R2MzUnlhVzVuREFjQUJXRmtiV2x1QkdKdmIyd0NBZ0FCfE8Cwshub2pq" +
		"GqFGC61ddcQp6O_Vw3B6VDht9fpGGtOr")
	fmt.Println(value, info.Stale, err)

	token, err := codec.Seal(value) // since it was stale
	if err != nil {
		panic(err)
	}
	value, info, err = codec.OpenInfo(token)
	fmt.Println(value, info.Stale, err)
	// Output:
	// {123 admin true} true <nil>
	// {123 admin true} false <nil>
}
