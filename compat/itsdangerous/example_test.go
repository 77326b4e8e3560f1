package itsdangerous_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/itsdangerous"
)

func ExampleURLSafeTimedSerializer() {
	type confirmation struct {
		Email string `json:"email"`
	}
	serializer, err := itsdangerous.NewURLSafeTimedSerializer[confirmation](
		[]string{"the last key", "the key of today"},
		&itsdangerous.Options{Salt: []byte("confirm-email"), KeyDerivation: itsdangerous.HMAC, Now: at(signedAt)},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := serializer.Dumps(confirmation{"zoe@example.org"})
	fmt.Println(token, err)

	value, signed, err := serializer.Loads(token, time.Hour)
	fmt.Println(value.Email, signed, err)

	_, _, err = serializer.Loads(token+"x", time.Hour)
	fmt.Println(errors.Is(err, itsdangerous.ErrBadSignature))
	// Output:
	// eyJlbWFpbCI6InpvZUBleGFtcGxlLm9yZyJ9.TgPVoQ.FlcdzKhsTJHS75pF23p8cKx7rdQ <nil>
	// zoe@example.org 2011-06-24 00:09:05 +0000 UTC <nil>
	// true
}

// Links that a Python service signed open for as long as they may still be in a mailbox; what is sealed in their place is
// encrypted and names its key.
func ExampleURLSafeTimedSerializer_movingOver() {
	now := at(signedAt)
	python, err := itsdangerous.NewURLSafeTimedSerializer[any]([]string{"secret-key"}, &itsdangerous.Options{Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		fmt.Println(err)
		return
	}
	codec, err := sealring.NewCodec[map[string]int](ring, "invitation", &sealring.Options{
		TTL: 24 * time.Hour, Encrypt: true, Now: now,
		Legacy: []sealring.Legacy{{Opener: python, Until: now().AddDate(0, 0, 30), MaxAge: 14 * 24 * time.Hour}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	invitation, info, err := codec.OpenInfo("eyJpZCI6NDJ9.TgPVoQ.OrMFcbcNb1bOevFzF4w643CiYnI")
	fmt.Println(invitation, info.Legacy, info.Stale, err)

	token, err := codec.Seal(invitation) // since it was stale
	fmt.Println(token[:4], err)
	invitation, info, err = codec.OpenInfo(token)
	fmt.Println(invitation, info.Legacy, info.Stale, err)
	// Output:
	// map[id:42] true true <nil>
	// sr1_ <nil>
	// map[id:42] false false <nil>
}
