package starlette_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/compat/starlette"
)

// FuzzSession: no text makes it panic, as it comes and behind a good signature. What opens is exactly the base64 and the
// timestamp of its JSON, signed, and its session comes back from what it is signed to.
func FuzzSession(f *testing.F) {
	f.Add(knownToken)                           // of Starlette
	f.Add(knownText + "." + knownStamp)         // good, once signed
	f.Add("e30=." + knownStamp)                 // an empty session
	f.Add("." + knownStamp)                     // an empty payload
	f.Add("W10=." + knownStamp)                 // a list
	f.Add("eyJhIjogMX1=." + knownStamp)         // trailing bits
	f.Add("eyJh\nIjogMX0=." + knownStamp)       // a line feed
	f.Add("eyJhIjogMX0." + knownStamp)          // no padding
	f.Add("e30=.")                              // no timestamp
	f.Add("e30=.AGlVuQA")                       // with a leading zero
	f.Add("e30=.gAAAAAAAAAA")                   // 2^63
	f.Add("e30=._____________")                 // more than 2^64
	f.Add("eyJhIjoxLCJhIjoyfQ==." + knownStamp) // a key twice
	f.Add("........")                           // separators
	var now time.Time
	s := mustSessions[map[string]any](f, &starlette.Options{AnyAge: true, Now: func() time.Time { return now }})
	signer, err := itsdangerous.NewTimestampSigner([]string{knownKey}, &itsdangerous.Options{Now: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	forger, err := itsdangerous.NewSigner([]string{knownKey}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, signed := range []string{text, forger.Sign(text)} {
			body, at, err := s.OpenLegacy(signed)
			session, loadedAt, loadErr := s.Loads(signed)
			if loadErr != nil && (session != nil || !loadedAt.IsZero() || !errors.Is(loadErr, itsdangerous.ErrBadData)) {
				t.Fatalf("%v, %v, %v", session, loadedAt, loadErr)
			}
			if err != nil {
				if body != nil || !at.IsZero() || !errors.Is(err, itsdangerous.ErrBadData) || loadErr == nil {
					t.Fatalf("%q, %v, %v; %v", body, at, err, loadErr)
				}
				continue
			}
			now = at
			if again, err := signer.Sign(base64.StdEncoding.EncodeToString(body)); again != signed || err != nil {
				t.Fatalf("%q signs to %q, %v", signed, again, err)
			}
			if loadErr != nil {
				continue
			}
			again, err := s.Dumps(session)
			if err != nil {
				t.Fatal(err)
			}
			back, _, err := s.Loads(again)
			if err != nil {
				t.Fatal(err)
			}
			before, _ := json.Marshal(session)
			if after, _ := json.Marshal(back); string(before) != string(after) {
				t.Fatalf("%s comes back as %s", before, after)
			}
		}
	})
}
