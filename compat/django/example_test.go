package django_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// The key and the time of the examples.
const secretKey = "django-insecure-known-key"

func exampleTime() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// A link that a Django view made with signing.dumps({"user": 123}, salt="password-reset").
func ExampleSigner() {
	signer, err := django.NewSigner[struct {
		User int `json:"user"`
	}](secretKey, nil, &django.Options{Salt: []byte("password-reset"), Now: exampleTime})
	if err != nil {
		panic(err)
	}
	link := "eyJ1c2VyIjoxMjN9:1vb66i:nb0MUK2E8XqXaHKZcZYUjoaEnZ0evD6tnoMziosjQYY"
	value, at, err := signer.Loads(link, time.Hour)
	fmt.Println(value.User, at, err)
	_, _, err = signer.Loads(link[:30]+"X"+link[31:], time.Hour)
	fmt.Println(errors.Is(err, itsdangerous.ErrBadSignature))
	// Output:
	// 123 2026-01-01 00:00:00 +0000 UTC <nil>
	// true
}

// The same text as Django's TimestampSigner().sign("a:b").
func ExampleTimestampSigner() {
	signer, err := django.NewTimestampSigner(secretKey, nil, &django.Options{Now: exampleTime})
	if err != nil {
		panic(err)
	}
	fmt.Println(signer.Sign("a:b"))
	// Output: a:b:1vb66i:AGO3zkPoU69X934cbA_NctEfy3P-Z9dMqA0dlPvvbZ8 <nil>
}

// response.set_signed_cookie("theme", "dark:blue") and request.get_signed_cookie("theme", max_age=3600).
func ExampleCookie() {
	theme, err := django.NewCookie("theme", secretKey, nil, &django.Options{Now: exampleTime})
	if err != nil {
		panic(err)
	}
	signed, err := theme.Sign("dark:blue")
	fmt.Println(signed, err)
	fmt.Println(theme.Unsign(signed, time.Hour))
	// Output:
	// dark:blue:1vb66i:GZR_lCiv96qcoem0OlrNsUmrRjPrcFuFmxNGjW4rjyY <nil>
	// dark:blue 2026-01-01 00:00:00 +0000 UTC <nil>
}

// A session of SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies".
func ExampleCookieSessions() {
	sessions, err := django.NewCookieSessions[map[string]any](secretKey, nil, &django.Options{Now: exampleTime})
	if err != nil {
		panic(err)
	}
	cookie, err := sessions.Dumps(map[string]any{"cart": []int{1, 2}})
	fmt.Println(cookie, err)
	session, _, err := sessions.Loads(cookie)
	fmt.Println(session["cart"], err)
	// Output:
	// eyJjYXJ0IjpbMSwyXX0:1vb66i:e13_tBPo0Hlkbeuh4hjIlyOaEnTNNWRt2v8ojaOz7FQ <nil>
	// [1 2] <nil>
}

// The column session_data of a row of django_session, whose expire_date the query has held against the clock.
func ExampleStoredSessions() {
	sessions, err := django.NewStoredSessions[map[string]int](secretKey, nil,
		&django.Options{Salt: []byte("django.contrib.sessions.MyStore")}) // class MyStore(SessionStore)
	if err != nil {
		panic(err)
	}
	session, at, err := sessions.Loads("eyJhIjoxfQ:1vb66i:aIaK3WCjaTmR3Au0o23HRVdLxoFMLM2VlNWXHBzWH94")
	fmt.Println(session, at, err)
	// Output: map[a:1] 2026-01-01 00:00:00 +0000 UTC <nil>
}

// A service moves from Django's sessions to envelopes: both open, and what is sealed in place of the old is new.
func Example_movingOver() {
	cookies, err := django.NewCookieSessions[map[string]any](secretKey, nil, nil)
	if err != nil {
		panic(err)
	}
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	codec, err := sealring.NewCodec[map[string]any](ring, "session", &sealring.Options{
		TTL: time.Hour,
		Now: exampleTime,
		Legacy: []sealring.Legacy{{
			Opener: cookies,
			Until:  exampleTime().AddDate(0, 1, 0), // when the last of the old cookies has expired
			MaxAge: 14 * 24 * time.Hour,            // SESSION_COOKIE_AGE
		}},
	})
	if err != nil {
		panic(err)
	}
	session, info, err := codec.OpenInfo(".eJyrVopPLC3JiC8tTi2Kz0xRslIyVNJBFktKTM5OzQNJpGQl5qXn6yXn55UUZSbpgZToQWWL" +
		"9XzzU1JznKBqUQzISCzOAOo2MDQyNjE1M7ewTExKTklNI5UPNDQ5sahEySraUMcothYAtw07cA:1vb66i:" +
		"B3nC79c8lTaM4mbt2igZcC7uG382B0lgna8UwRhBuDY")
	fmt.Println(session["_auth_user_id"], info.Legacy, info.Stale, err)
	// Output: 1 true true <nil>
}
