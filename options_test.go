package sealring_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
)

// A refusal says what it refuses and which option would have it otherwise.
func TestRefusalsSayWhat(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	sealed := func(o sealring.Options) string {
		o.TTL, o.Now = time.Hour, knownClock
		return mustSeal(t, mustCodec[[]byte](t, ring, &o), []byte(strings.Repeat(`"`, 100)))
	}
	both := []sealring.Suite{sealring.Signed, sealring.Encrypted}
	for _, test := range []struct {
		token, says string
		opener      sealring.Options
	}{
		{sealed(sealring.Options{}), "signed, which Options.Suites", sealring.Options{Encrypt: true}},
		{sealed(sealring.Options{Encrypt: true}), "encrypted, which Options.Suites", sealring.Options{}},
		{sealed(sealring.Options{}), "json, which Options.Contents", sealring.Options{Content: sealring.Raw}},
		{sealed(sealring.Options{Content: sealring.MessagePack}), "messagepack, which Options.Contents", sealring.Options{Suites: both}},
		{sealed(sealring.Options{Content: sealring.Raw}), "raw, which Options.Contents", sealring.Options{}},
		{sealed(sealring.Options{Content: sealring.Raw, Deflate: true}), "compressed, which Options.RefuseDeflated",
			sealring.Options{Content: sealring.Raw, RefuseDeflated: true}},
	} {
		test.opener.TTL, test.opener.Now = time.Hour, knownClock
		_, err := mustCodec[[]byte](t, ring, &test.opener).Open(test.token)
		failsWith(t, err, sealring.ErrRefused)
		if !strings.Contains(fmt.Sprint(err), test.says) {
			t.Errorf("%v, want it to say %q", err, test.says)
		}
	}
}

// What an Info says reads as words in JSON and in logs.
func TestNamesInJSON(t *testing.T) {
	info, err := sealring.Inspect(knownEncrypted)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(info)
	if err != nil || !strings.Contains(string(text), `"Suite":"encrypted","Content":"json"`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestNegativeLimits(t *testing.T) {
	for _, o := range []*sealring.Options{{TTL: time.Hour, MaxEnvelope: -1}, {TTL: time.Hour, MaxDecoded: -1}} {
		_, err := sealring.NewSealer(mustRing(t, knownKey(t, "")), "session", o)
		failsWith(t, err, sealring.ErrConfig)
		if !strings.Contains(fmt.Sprint(err), "not negative") {
			t.Error(err)
		}
	}
}

// Keys leaves secrets out, so what it returns makes no ring, and the error says so.
func TestKeysMakeNoRing(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	err := ring.Replace(ring.Keys()...)
	failsWith(t, err, sealring.ErrKeyring)
	if !strings.Contains(fmt.Sprint(err), "Keys leaves secrets out") {
		t.Error(err)
	}
}
