package sealring_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring"
)

// secretForms are the ways in which the known secret could stand in an output.
func secretForms() []string {
	b := make([]byte, 32)
	for i := range b {
		b[i] = byte(i)
	}
	return []string{
		knownSecret[5:25],
		hex.EncodeToString(b)[20:40],
		strings.ToUpper(hex.EncodeToString(b))[20:40],
		base64.StdEncoding.EncodeToString(b)[4:24],
		string(b[8:24]),
		"8 9 10 11 12 13 14",
		"0x8, 0x9, 0xa, 0xb",
		"08 09 0a 0b 0c",
		"0x08, 0x09, 0x0a",
	}
}

func holdsNoSecret(t *testing.T, what, output string) {
	t.Helper()
	for _, form := range secretForms() {
		if strings.Contains(output, form) {
			t.Errorf("%s shows the secret", what) // and not the output, which holds it
		}
	}
}

// Everything that holds a key, alone and within what users may build around it.
func holders(t *testing.T) map[string]any {
	k := knownKey(t, "k1")
	ring := mustRing(t, k)
	codec := mustCodec[knownSession](t, ring, &sealring.Options{
		TTL: time.Hour, Encrypt: true, Suites: []sealring.Suite{sealring.Signed, sealring.Encrypted}, Now: knownClock,
	})
	mustSeal(t, codec, knownValue) // so that subkeys have been derived
	sealer, err := sealring.NewSealer(ring, "session", &sealring.Options{TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	type exported struct{ Held any }
	type hidden struct {
		secret sealring.Secret
		key    sealring.Key
		ring   *sealring.Keyring
		codec  *sealring.Codec[knownSession]
		sealer *sealring.Sealer
		keys   []sealring.Key
		byName map[string]sealring.Key
	}
	return map[string]any{
		"secret": k.Secret, "secret pointer": &k.Secret, "key": k, "key pointer": &k, "keys": []sealring.Key{k},
		"ring": ring, "codec": codec, "bound codec": codec.For("sid"), "sealer": sealer, "listed": ring.Keys(),
		"in a struct": exported{k}, "secret in a struct": exported{k.Secret}, "ring in a struct": exported{ring},
		"in a map": map[string]any{"k": k, "s": k.Secret, "r": ring, "c": codec},
		"out of reach": hidden{
			k.Secret, k, ring, codec, sealer, []sealring.Key{k}, map[string]sealring.Key{"k": k},
		},
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	for name, held := range holders(t) {
		for _, verb := range []string{
			"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%#x", "%d", "%o", "%b", "%c", "%U", "%e", "%t", "%p", "%w", "%20v",
		} {
			holdsNoSecret(t, name+" under "+verb, fmt.Sprintf(verb, held))
		}
		holdsNoSecret(t, name+" printed", fmt.Sprint(held)+fmt.Sprintln(held))
		holdsNoSecret(t, name+" in an error", fmt.Errorf("failed with %v: %w", held, errors.New("x")).Error())

		encoded, _ := json.Marshal(held) // that some do not marshal is as good
		holdsNoSecret(t, name+" in JSON", string(encoded))
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "held", held)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "held", held)
		holdsNoSecret(t, name+" in slog", log.String())

		var binary bytes.Buffer
		gob.NewEncoder(&binary).Encode(held)
		holdsNoSecret(t, name+" in gob", binary.String())
		xmlText, _ := xml.Marshal(held)
		holdsNoSecret(t, name+" in XML", string(xmlText))
		packed, _ := msgpack.Marshal(held)
		holdsNoSecret(t, name+" in MessagePack", string(packed))

		func() {
			defer func() { holdsNoSecret(t, name+" in a panic", fmt.Sprint(recover())) }()
			panic(held)
		}()
	}
}

func TestKeysPrintTheirID(t *testing.T) {
	k := knownKey(t, "k1")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, k); got != "k1" {
			t.Errorf("a key under %s: %q", verb, got)
		}
		if got := fmt.Sprintf(verb, k.Secret); got != "REDACTED" {
			t.Errorf("a secret under %s: %q", verb, got)
		}
	}
	for held, want := range map[any]string{
		&k:                       `"k1"`,
		&k.Secret:                `"REDACTED"`,
		mustRing(t, k):           `"keyring(k1)"`,
		new(sealring.Keyring):    `"keyring()"`,
		(*sealring.Keyring)(nil): `null`,
	} {
		if got, err := json.Marshal(held); err != nil || string(got) != want {
			t.Errorf("JSON %s, want %s (%v)", got, want, err)
		}
	}
	if got := fmt.Sprint((*sealring.Keyring)(nil)); got != "keyring()" {
		t.Errorf("a nil ring prints %q", got)
	}
	codec := mustCodec[string](t, mustRing(t, k), &sealring.Options{TTL: time.Hour})
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "codec", codec, "ring", mustRing(t, k), "key", k, "secret", k.Secret)
	for _, want := range []string{`codec="codec(session, keyring(k1))"`, `ring=keyring(k1)`, `key=k1`, `secret=REDACTED`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("slog wrote %q, want %s in it", log.String(), want)
		}
	}
}

// No error holds anything of what was opened or sealed.
func TestErrorsHoldNoPayload(t *testing.T) {
	const private = "private-payload"
	ring := mustRing(t, knownKey(t, ""))
	raw := &sealring.Options{TTL: time.Hour, Content: sealring.JSON, Now: knownClock}
	sealer, err := sealring.NewSealer(ring, "session", raw)
	if err != nil {
		t.Fatal(err)
	}
	codec := mustCodec[knownSession](t, ring, raw)
	for _, body := range []string{
		`{"user_id":"` + private + `"}`, `{"username":5,"roles":"` + private + `"}`, `"` + private + `"`, `["` + private + `"]`,
		`{"user_id":3.14159265}`, `{"user_id":99999999999999999999}`, `{"USERNAME":"` + private + `"}`,
	} {
		token, err := sealer.AppendSeal(nil, []byte(body), nil)
		if err != nil {
			t.Fatal(err)
		}
		value, err := codec.Open(string(token))
		failsWith(t, err, sealring.ErrBadPayload)
		equal(t, value, knownSession{})
		for _, held := range []string{private, "3.14", "9999", string(token[4:20])} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)), held) {
				t.Errorf("the error for %s holds %s: %v", body, held, err)
			}
		}
	}
}
