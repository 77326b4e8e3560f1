package django_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/django"
)

// Nothing that holds a key prints it, alone or within what users build around it.
func TestNothingPrintsAKey(t *testing.T) {
	forms := []string{
		knownKey[7:], hex.EncodeToString([]byte(knownKey))[14:], base64.StdEncoding.EncodeToString([]byte(knownKey))[8:20],
		strings.Trim(fmt.Sprint([]byte(knownKey[7:])), "[]"), "older-key",
	}
	holdsNone := func(what, output string) {
		t.Helper()
		for _, form := range forms {
			if strings.Contains(output, form) {
				t.Errorf("%s shows a key", what)
			}
		}
	}
	for name, construct := range constructors {
		held, err := construct(knownKey, []string{olderKey}, &django.Options{LegacySHA1: true})
		if err != nil {
			t.Fatal(err)
		}
		type hidden struct{ held any }
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%20v"} {
			if got := fmt.Sprintf(verb, held); got != "django."+name {
				t.Errorf("%s prints %q", verb, got)
			}
			holdsNone(name+" in a struct", fmt.Sprintf(verb, hidden{held}))
			holdsNone(name+" in a map", fmt.Sprintf(verb, map[string]any{"held": held}))
		}
		encoded, _ := json.Marshal(map[string]any{"held": held}) // that some do not marshal is as good
		holdsNone(name+" in JSON", string(encoded))
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "held", held)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "held", held)
		holdsNone(name+" in slog", log.String())
	}

	// Values whose methods do not count, since they stand behind no pointer.
	holdsNone("a Signer", fmt.Sprintf("%+v %#v", *mustSigner[any](t, nil), *mustSigner[any](t, nil)))
	holdsNone("a Cookie", fmt.Sprintf("%+v %#v", *mustCookie(t, "a", nil), *mustCookie(t, "a", nil)))
	holdsNone("a signer", fmt.Sprintf("%+v %#v", *mustTimestampSigner(t, nil), *mustTimestampSigner(t, nil)))
}

// No error holds anything of a token, a payload, a key or a salt.
func TestErrorsSayNothingOfTheirCause(t *testing.T) {
	const private = "private"
	s := mustSigner[struct {
		Private int `json:"n"`
	}](t, nil)
	var errs []error
	for _, json := range []string{`{"n":"private"}`, `"private"`, `{"private":1,"private":2}`, `private`, `{"private":`, `"private` + "\xff" + `"`} {
		_, _, err := s.Loads(forgePayload(t, json), time.Minute)
		errs = append(errs, err)
	}
	for _, text := range []string{"private", "private:private", "private:private:private"} {
		_, _, err := s.Loads(text, time.Minute)
		errs = append(errs, err)
		_, _, err = mustTimestampSigner(t, nil).UnsignAnyAge(forge(t, knownKey, saltTimestampSigner, text))
		errs = append(errs, err)
	}
	_, err := mustSigner[any](t, nil).Dumps("private\xff")
	errs = append(errs, err)
	_, err = mustCookie(t, "private", &django.Options{Salt: []byte(private)}).Sign("private\xff")
	errs = append(errs, err)
	_, err = django.NewSigner[any](private, []string{""}, nil)
	errs = append(errs, err)
	_, err = django.NewCookie("theme", private, nil, &django.Options{Salt: []byte("private\xff")})
	errs = append(errs, err)
	for i, err := range errs {
		if err == nil {
			t.Errorf("error %d is none", i)
			continue
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", e, e, e), private) {
				t.Errorf("error %d holds it: %v", i, e)
			}
		}
		if strings.Count(err.Error(), "django: ") != 1 || !strings.HasPrefix(err.Error(), "django: ") ||
			strings.Contains(err.Error(), "itsdangerous") || strings.Contains(err.Error(), "sealring") {
			t.Errorf("%v", err)
		}
	}
}
