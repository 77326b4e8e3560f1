package sealring_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/sealring/sealring"
)

// Session is what the examples keep in a token.
type Session struct {
	UserID int    `json:"user_id"`
	Name   string `json:"name"`
}

// exampleRing has a published key, so that the examples print the same each time. Make yours with GenerateKey.
func exampleRing() *sealring.Keyring {
	secret, err := sealring.ParseSecret("srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
	if err != nil {
		panic(err)
	}
	ring, err := sealring.NewKeyring(sealring.Key{Secret: secret})
	if err != nil {
		panic(err)
	}
	return ring
}

// exampleTime is the clock of the examples.
func exampleTime() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func Example() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	codec, err := sealring.NewCodec[Session](ring, "session", &sealring.Options{TTL: time.Hour, Encrypt: true})
	if err != nil {
		panic(err)
	}
	token, err := codec.Seal(Session{UserID: 123, Name: "admin"})
	if err != nil {
		panic(err)
	}
	session, err := codec.Open(token)
	fmt.Println(token[:4], session, err)
	// Output: sr1_ {123 admin} <nil>
}

func ExampleCodec() {
	codec, err := sealring.NewCodec[Session](exampleRing(), "session", &sealring.Options{TTL: time.Hour, Now: exampleTime})
	if err != nil {
		panic(err)
	}
	token, err := codec.Seal(Session{UserID: 123, Name: "admin"})
	fmt.Println(token, err)
	session, info, err := codec.OpenInfo(token)
	fmt.Println(session, info.KeyID, info.Expires, err)
	// Output:
	// sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywibmFtZSI6ImFkbWluIn0L45tlGTKCmUDls-HewEE9FVCfLJKRMfSmHItFwihk5g <nil>
	// {123 admin} z7dbov4z 2026-01-01 01:00:00 +0000 UTC <nil>
}

// A session sealed for one session ID does not open under another.
func ExampleCodec_For() {
	codec, err := sealring.NewCodec[Session](exampleRing(), "session", &sealring.Options{TTL: time.Hour})
	if err != nil {
		panic(err)
	}
	token, err := codec.For("sid-42").Seal(Session{UserID: 123})
	if err != nil {
		panic(err)
	}
	_, err = codec.For("sid-43").Open(token)
	fmt.Println(err)
	fmt.Println(errors.Is(err, sealring.ErrBadSignature))
	// Output:
	// sealring: bad signature
	// true
}

func ExampleSealer() {
	sealer, err := sealring.NewSealer(exampleRing(), "cache", &sealring.Options{
		TTL: time.Hour, Content: sealring.Raw, Now: exampleTime,
	})
	if err != nil {
		panic(err)
	}
	bind, err := sealring.Bind("tenant-7", "avatar.png")
	if err != nil {
		panic(err)
	}
	sealed, err := sealer.AppendSealBinary(nil, []byte("any bytes"), bind)
	if err != nil {
		panic(err)
	}
	body, _, err := sealer.AppendOpenBinary(nil, sealed, bind)
	fmt.Printf("%d bytes, %s, %v\n", len(sealed), body, err)
	// Output: 67 bytes, any bytes, <nil>
}

// A rotation in which nobody is logged out.
func ExampleKeyring_Replace() {
	clock := exampleTime()
	january := sealring.GenerateKey()
	january.ID = "january"
	ring, err := sealring.NewKeyring(january)
	if err != nil {
		panic(err)
	}
	codec, err := sealring.NewCodec[Session](ring, "session", &sealring.Options{
		TTL: time.Hour, Now: func() time.Time { return clock },
	})
	if err != nil {
		panic(err)
	}
	token, err := codec.Seal(Session{UserID: 123})
	if err != nil {
		panic(err)
	}

	// Stage the next key. Every node learns it before any node seals with it.
	february := sealring.GenerateKey()
	february.ID = "february"
	february.SealFrom = clock.Add(10 * time.Minute)
	if err := ring.Replace(january, february); err != nil {
		panic(err)
	}

	// Its time comes: what January sealed still opens, and is told to move on.
	clock = clock.Add(15 * time.Minute)
	session, info, err := codec.OpenInfo(token)
	fmt.Println(session.UserID, info.KeyID, "stale:", info.Stale, err)
	if token, err = codec.Seal(session); err != nil {
		panic(err)
	}
	_, info, err = codec.OpenInfo(token)
	fmt.Println(session.UserID, info.KeyID, "stale:", info.Stale, err)

	// An hour later nothing of January's is left, and the key may go.
	clock = clock.Add(time.Hour)
	fmt.Println(ring.Replace(february), ring)
	// Output:
	// 123 january stale: true <nil>
	// 123 february stale: false <nil>
	// <nil> keyring(february)
}

// Whoever has the key may read this token. Whoever has the token may read this, and believe nothing of it.
func ExampleInspect() {
	info, err := sealring.Inspect("sr1_AgEIAZt22qgAAZt3EZaAejdkYm92NHoAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhez3VdtdqCqwFfnplKa" +
		"2O9chchFACSiAZ1ddSlloZFIjTVwCQvfnSbmaRsa4U3G3idHeqb94kW4HAxqhK6v-PFESSmKTzUQfVfqG4dverQmD8JuHDwrEBu4TU0NyH0A" +
		"Oc4DTzInSidDa_OqfhdHoA")
	fmt.Println(info.Suite, info.Content, info.KeyID, info.Issued, err)
	// Output: encrypted json z7dbov4z 2026-01-01 00:00:00 +0000 UTC <nil>
}

// alarms tells tampering from expiry.
type alarms struct{ tampered, expired int }

func (a *alarms) Opened(o sealring.Opening) {
	switch {
	case errors.Is(o.Class, sealring.ErrBadSignature):
		a.tampered++
	case errors.Is(o.Class, sealring.ErrExpired):
		a.expired++
	}
}

func ExampleObserver() {
	heard := new(alarms) // in a service, with atomic counters
	codec, err := sealring.NewCodec[Session](exampleRing(), "session", &sealring.Options{TTL: time.Hour, Observer: heard})
	if err != nil {
		panic(err)
	}
	token, err := codec.Seal(Session{UserID: 123})
	if err != nil {
		panic(err)
	}
	codec.Open(token[:len(token)-2] + "AA")
	fmt.Println(heard.tampered, heard.expired)
	// Output: 1 0
}

// A link that was sealed for a month is not taken here once it is a minute old.
func ExampleOptions_maxAge() {
	clock := exampleTime()
	codec, err := sealring.NewCodec[Session](exampleRing(), "confirm", &sealring.Options{
		TTL: 30 * 24 * time.Hour, MaxAge: new(time.Minute), Now: func() time.Time { return clock },
	})
	if err != nil {
		panic(err)
	}
	token, err := codec.Seal(Session{UserID: 123})
	if err != nil {
		panic(err)
	}
	clock = clock.Add(61 * time.Second)
	_, err = codec.Open(token)
	fmt.Println(errors.Is(err, sealring.ErrExpired))
	// Output: true
}

// strictJSON is encoding/json with a rule of its own: no field may be unknown.
type strictJSON struct{}

func (strictJSON) AppendMarshal(dst []byte, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return append(dst, b...), err
}

func (strictJSON) Unmarshal(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func ExampleSerializer() {
	type Wider struct {
		Session
		Admin bool `json:"admin"`
	}
	options := &sealring.Options{TTL: time.Hour, JSON: strictJSON{}}
	wider, err := sealring.NewCodec[Wider](exampleRing(), "session", options)
	if err != nil {
		panic(err)
	}
	codec, err := sealring.NewCodec[Session](exampleRing(), "session", options)
	if err != nil {
		panic(err)
	}
	token, err := wider.Seal(Wider{Session{UserID: 123}, true})
	if err != nil {
		panic(err)
	}
	session, err := codec.Open(token)
	fmt.Println(session, err)
	// Output: {0 } sealring: bad payload: it does not fit sealring_test.Session
}

// A key logs as its ID.
func ExampleKey() {
	secret, err := sealring.ParseSecret("srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
	if err != nil {
		panic(err)
	}
	key := sealring.Key{ID: "2026-01", Secret: secret}
	fmt.Printf("%+v %v\n", key, key.Secret)
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	log.Info("loaded", "key", key)
	// Output:
	// 2026-01 REDACTED
	// level=INFO msg=loaded key=2026-01
}
