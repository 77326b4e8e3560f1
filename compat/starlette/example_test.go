package starlette_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/compat/starlette"
)

func exampleTime() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// The cookie of an application with app.add_middleware(SessionMiddleware, secret_key="starlette-known-key").
func ExampleSessions() {
	sessions, err := starlette.NewSessions[struct {
		User string `json:"user"`
		ID   int    `json:"id"`
	}]([]string{"starlette-known-key"}, &starlette.Options{Now: exampleTime})
	if err != nil {
		panic(err)
	}
	cookie := "eyJ1c2VyIjogIlpvXHUwMGViIFx1ZDgzZFx1ZGUwMCIsICJpZCI6IDEyM30=.aVW5AA.QSGIVHed16Xh0ALXEOYcNFfG3dA"
	session, at, err := sessions.Loads(cookie)
	fmt.Println(session.ID, session.User, at, err)
	fmt.Println(sessions.Dumps(session))

	_, _, err = sessions.Loads("x" + cookie)
	fmt.Println(errors.Is(err, itsdangerous.ErrBadSignature))
	// Output:
	// 123 Zoë 😀 2026-01-01 00:00:00 +0000 UTC <nil>
	// eyJ1c2VyIjoiWm/DqyDwn5iAIiwiaWQiOjEyM30=.aVW5AA.7yeSmNf5DVxsenW2qPPTpBnHEZY <nil>
	// true
}

// Sessions of Starlette open for as long as they would have there; what is sealed in their place is encrypted, names its
// key and is bound to its cookie. Nothing binds Starlette's, so the bound codec has to be told that it may open them.
func ExampleSessions_movingOver() {
	type session struct {
		User string `json:"user"`
		ID   int    `json:"id"`
	}
	sessions, err := starlette.NewSessions[session]([]string{"starlette-known-key"}, nil)
	if err != nil {
		panic(err)
	}
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	const maxAge = 14 * 24 * time.Hour // the middleware's max_age
	codec, err := sealring.NewCodec[session](ring, "session", &sealring.Options{
		TTL: maxAge, Encrypt: true, Now: exampleTime,
		Legacy: []sealring.Legacy{{Opener: sessions, Until: exampleTime().Add(maxAge), MaxAge: maxAge, Unbound: true}},
	})
	if err != nil {
		panic(err)
	}
	codec = codec.For("the cookie called session")

	value, info, err := codec.OpenInfo("eyJ1c2VyIjogIlpvXHUwMGViIFx1ZDgzZFx1ZGUwMCIsICJpZCI6IDEyM30=.aVW5AA.QSGIVHed16Xh0ALXEOYcNFfG3dA")
	fmt.Println(value, info.Stale, err)

	token, err := codec.Seal(value) // since it was stale
	if err != nil {
		panic(err)
	}
	value, info, err = codec.OpenInfo(token)
	fmt.Println(value, info.Stale, err)
	// Output:
	// {Zoë 😀 123} true <nil>
	// {Zoë 😀 123} false <nil>
}
