package sealedgorilla_test

import (
	"errors"
	"fmt"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions/sealedgorilla"
)

// What gorilla's CookieStore does with its Codecs: store.Codecs = []securecookie.Codec{codec}.
func ExampleCodec() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	codec, err := sealedgorilla.NewCodec(ring, nil)
	if err != nil {
		panic(err)
	}
	text, err := codec.Encode("session", map[any]any{"user": 123})
	if err != nil {
		panic(err)
	}
	fmt.Println(text[:4])

	var values map[any]any
	fmt.Println(codec.Decode("session", text, &values), values["user"])
	err = codec.Decode("another", text, &values)
	fmt.Println(errors.Is(err, sealring.ErrBadSignature))
	// Output:
	// sr1_
	// <nil> 123
	// true
}
