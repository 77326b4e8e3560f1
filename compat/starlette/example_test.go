package starlette_test

import (
	"errors"
	"fmt"
	"time"

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
