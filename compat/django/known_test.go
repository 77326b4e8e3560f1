package django_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// What the literal tokens of these tests were signed with, by Django 4.2.30 and 5.2.19 alike where no version is named.
const (
	knownKey   = "django-insecure-known-key"
	olderKey   = "older-key"
	knownStamp = "1vb66i"
)

var (
	knownTime = time.Unix(1767225600, 0).UTC()
	// knownClock is what time.time() was: Django drops the fraction.
	knownClock = knownTime.Add(750 * time.Millisecond)
)

func clock() time.Time { return knownClock }

func clockAt(at time.Time) func() time.Time { return func() time.Time { return at } }

func mustSigner[T any](t testing.TB, o *django.Options) *django.Signer[T] {
	t.Helper()
	if o == nil {
		o = &django.Options{Now: clock}
	}
	s, err := django.NewSigner[T](knownKey, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustTimestampSigner(t testing.TB, o *django.Options) *django.TimestampSigner {
	t.Helper()
	s, err := django.NewTimestampSigner(knownKey, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustCookie(t testing.TB, name string, o *django.Options) *django.Cookie {
	t.Helper()
	c, err := django.NewCookie(name, knownKey, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mustForger signs any text as it is, so that what is behind the signature can be as bad as it likes.
func mustForger(t testing.TB, key, salt string) *itsdangerous.Signer {
	t.Helper()
	s, err := itsdangerous.NewSigner([]string{key}, &itsdangerous.Options{
		Salt: []byte(salt), Sep: ":", Digest: itsdangerous.SHA256,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func forge(t testing.TB, key, salt, text string) string {
	t.Helper()
	return mustForger(t, key, salt).Sign(text)
}

// forgePayload is what signing.dumps makes of ready JSON.
func forgePayload(t testing.TB, json string) string {
	t.Helper()
	return forge(t, knownKey, "django.core.signing", base64.RawURLEncoding.EncodeToString([]byte(json))+":"+knownStamp)
}

// failsWith checks that an error is of a class and of none below it.
func failsWith(t testing.TB, err, class error) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Errorf("error %v, want one of the class %q", err, class)
	}
	for _, below := range []error{itsdangerous.ErrBadTimeSignature, itsdangerous.ErrSignatureExpired, itsdangerous.ErrBadPayload} {
		if errors.Is(err, below) && !errors.Is(class, below) {
			t.Errorf("error %v is of the class %q, too", err, below)
		}
	}
}

func TestForgeIsGood(t *testing.T) {
	if got := forgePayload(t, `"hello"`); got != knownHello {
		t.Fatalf("%s", got)
	}
}
