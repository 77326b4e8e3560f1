package itsdangerous_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/itsdangerous"
)

// FuzzOpen gives a text to the openers of all six classes, as it is, and signed: nothing panics, the value beside an error
// is zero, every error has a class, and what opens is what its own text says.
func FuzzOpen(f *testing.F) {
	f.Add("my string.wh6tMHxLgJqB6oY1uT73iMlyrOA")           // a Signer's
	f.Add(timedValue)                                        // a TimestampSigner's
	f.Add(`{"id": 42}.0XLzuMAHP6Oh9cnQ27puUwvSw7g`)          // a Serializer's
	f.Add(`{"id": 42}.TgPVoQ.go_XSHIC1FOMQN1sUJC45Z1lZRw`)   // a TimedSerializer's
	f.Add("eyJpZCI6NDJ9.Z-HaNt236Oj5pFDPW25MouYkrcA")        // a URLSafeSerializer's
	f.Add("eyJpZCI6NDJ9.TgPVoQ.OrMFcbcNb1bOevFzF4w643CiYnI") // a URLSafeTimedSerializer's
	f.Add(".eJxTShwFo2AUDHugBAD6Fns8")                       // a compressed payload
	f.Add(".eAE")                                            // a stream that only begins
	f.Add("eyJpZCI6NDJ9.TgPVoQ")                             // a payload with a timestamp, to be signed
	f.Add("value.____________")                              // a timestamp of nine bytes
	f.Add(`{"a":1,"a":[1e400,"\ud800"]}`)                    // JSON of several faults
	f.Add("..")                                              // nothing between separators
	f.Add("")                                                // nothing
	all := serializers(f, secretKey, itsdangerous.Options{MaxDecoded: 1 << 16})
	signer, timestamp := mustSigner(f, secretKey, itsdangerous.Options{}), mustTimed(f, signedAt, itsdangerous.Options{})
	f.Fuzz(func(t *testing.T, text string) {
		for name, s := range all {
			for _, signed := range []string{text, s.sign(text)} {
				value, err := s.loads(signed)
				if err != nil {
					if value != nil || !errors.Is(err, itsdangerous.ErrBadData) {
						t.Fatalf("%s: %v beside %v", name, value, err)
					}
					continue
				}
				again, err := s.dumps(value)
				if err != nil {
					t.Fatalf("%s: %v opens and does not sign: %v", name, value, err)
				}
				if back, err := s.loads(again); err != nil || !reflect.DeepEqual(back, value) {
					t.Fatalf("%s: %v came back as %v, %v", name, value, back, err)
				}
			}
		}
		for _, signed := range []string{text, signer.Sign(text)} {
			if value, err := signer.Unsign(signed); err == nil && signer.Sign(value) != signed || err != nil && value != "" {
				t.Fatalf("Signer: %q, %v", value, err)
			}
			value, when, err := timestamp.Unsign(signed, time.Hour)
			if err == nil {
				if again, err := mustTimed(t, when, itsdangerous.Options{}).Sign(value); err != nil || again != signed {
					t.Fatalf("TimestampSigner: %q of %q, %v", again, signed, err)
				}
			} else if value != "" || !when.IsZero() || !errors.Is(err, itsdangerous.ErrBadSignature) {
				t.Fatalf("TimestampSigner: %q, %v beside %v", value, when, err)
			}
		}
	})
}
