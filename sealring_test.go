package sealring_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sealring/sealring"
)

// What the tests of this package share.

func mustRing(t testing.TB, keys ...sealring.Key) *sealring.Keyring {
	t.Helper()
	ring, err := sealring.NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func mustCodec[T any](t testing.TB, ring *sealring.Keyring, o *sealring.Options) *sealring.Codec[T] {
	t.Helper()
	codec, err := sealring.NewCodec[T](ring, "session", o)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func mustSeal[T any](t testing.TB, codec *sealring.Codec[T], value T) string {
	t.Helper()
	token, err := codec.Seal(value)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// everything lets cmp look at unexported fields; times are equal where they are the same moment.
var everything = cmp.Exporter(func(reflect.Type) bool { return true })

func equal[T any](t testing.TB, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, everything); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// failsWith checks that err is of a class and of the umbrella.
func failsWith(t testing.TB, err, class error) {
	t.Helper()
	if !errors.Is(err, class) || !errors.Is(err, sealring.ErrInvalid) {
		t.Errorf("error %v, want class %v", err, class)
	}
}
