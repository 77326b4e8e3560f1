package sealedscs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
	"github.com/sealring/sealring/sessions/sealedscs"
)

// What scs's SessionManager does with its Store: manager.Store = store.
func ExampleStore() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	store, err := sealedscs.NewStore(ring, sessions.NewMemoryStore(nil), nil)
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	const token = "R9bYqKX3wq2k8Vd0mXl5cTtA1uZs7nGfHjEoPpLxWvM"
	err = store.CommitCtx(ctx, token, []byte("the user is 123"), time.Now().Add(time.Hour))
	fmt.Println(err)
	data, found, err := store.FindCtx(ctx, token)
	fmt.Printf("%s, %v, %v\n", data, found, err)

	// The user logs out, and then a request ends that began before.
	fmt.Println(store.DeleteCtx(ctx, token))
	err = store.CommitCtx(ctx, token, []byte("the user is 123"), time.Now().Add(time.Hour))
	fmt.Println(errors.Is(err, sealedscs.ErrDeleted))
	_, found, err = store.FindCtx(ctx, token)
	fmt.Println(found, err)
	// Output:
	// <nil>
	// the user is 123, true, <nil>
	// <nil>
	// true
	// false <nil>
}

// What scs's SessionManager does with its Codec: manager.Codec = codec.
func ExampleCodec() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	codec, err := sealedscs.NewCodec(ring, nil)
	if err != nil {
		panic(err)
	}
	data, err := codec.Encode(time.Now().Add(time.Hour), map[string]any{"user": 123})
	if err != nil {
		panic(err)
	}
	_, values, err := codec.Decode(data)
	fmt.Println(values, err)
	data[len(data)-1] ^= 1
	_, values, err = codec.Decode(data)
	fmt.Println(values, errors.Is(err, sealring.ErrBadSignature))
	// Output:
	// map[user:123] <nil>
	// map[] true
}
