package sealring_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring"
)

// allocates is how often f allocates, once pools are warm.
func allocates(f func()) float64 {
	f()
	return testing.AllocsPerRun(200, f)
}

// The promise of the layer of bytes: no allocations. Values cost what their serializer costs, and a string its own.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Log("the race detector makes pools forget; without it this test counts")
		return
	}
	ring := mustRing(t, knownKey(t, ""))
	body, bind := []byte(knownBody), []byte("sid-42")
	dst := make([]byte, 0, 4096)
	var err error
	both := []sealring.Suite{sealring.Signed, sealring.Encrypted}
	for _, suite := range both {
		sealer, e := sealring.NewSealer(ring, "session", &sealring.Options{
			TTL: time.Hour, Encrypt: suite == sealring.Encrypted, Suites: both,
		})
		if e != nil {
			t.Fatal(e)
		}
		packs, e := sealring.NewSealer(ring, "session", &sealring.Options{
			TTL: time.Hour, Content: sealring.MessagePack, Suites: both,
		})
		if e != nil {
			t.Fatal(e)
		}
		text, _ := sealer.AppendSeal(nil, body, bind)
		token := string(text)
		binary, _ := sealer.AppendSealBinary(nil, body, bind)
		unknown := strings.Replace(token, "ejdkYm92NH", "ejdkYm92OH", 1)
		forged := token[:len(token)-2] + "AA"
		junk := "sr1_" + strings.Repeat("!", 100)
		for _, test := range []struct {
			name string
			want error
			call func()
		}{
			{"AppendSeal", nil, func() { _, err = sealer.AppendSeal(dst, body, bind) }},
			{"AppendSealBinary", nil, func() { _, err = sealer.AppendSealBinary(dst, body, bind) }},
			{"AppendOpen", nil, func() { _, _, err = sealer.AppendOpen(dst, token, bind) }},
			{"AppendOpenBinary", nil, func() { _, _, err = sealer.AppendOpenBinary(dst, binary, bind) }},
			{"junk", sealring.ErrMalformed, func() { _, _, err = sealer.AppendOpen(dst, "junk", bind) }},
			{"prefixed junk", sealring.ErrMalformed, func() { _, _, err = sealer.AppendOpen(dst, "sr1_!", bind) }},
			{"long prefixed junk", sealring.ErrMalformed, func() { _, _, err = sealer.AppendOpen(dst, junk, bind) }},
			{"refused", sealring.ErrRefused, func() { _, _, err = packs.AppendOpen(dst, token, bind) }},
			{"unknown key", sealring.ErrUnknownKey, func() { _, _, err = sealer.AppendOpen(dst, unknown, bind) }},
			{"bad signature", sealring.ErrBadSignature, func() { _, _, err = sealer.AppendOpen(dst, forged, bind) }},
			{"other binding", sealring.ErrBadSignature, func() { _, _, err = sealer.AppendOpenBinary(dst, binary, body) }},
			{"empty binding", sealring.ErrBind, func() { _, _, err = sealer.AppendOpenBinary(dst, binary, body[:0]) }},
		} {
			if n := allocates(test.call); n != 0 || !errors.Is(err, test.want) {
				t.Errorf("%v, %s: %v allocations, error %v", suite, test.name, n, err)
			}
		}
	}
}

func TestValueAllocations(t *testing.T) {
	if raceDetector {
		t.Log("the race detector makes pools forget; without it this test counts")
		return
	}
	ring := mustRing(t, knownKey(t, ""))
	dst := make([]byte, 0, 4096)

	// What the serializers themselves allocate, with pooled encoders and decoders.
	var buffer bytes.Buffer
	jsonEncoder := json.NewEncoder(&buffer)
	packer := msgpack.NewEncoder(&buffer)
	var reader bytes.Reader
	unpacker := msgpack.NewDecoder(&reader)
	known := []byte(knownBody)
	packed, err := msgpack.Marshal(knownValue)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		options        *sealring.Options
		encode, decode func()
	}{
		{serializers()["json"], func() {
			value := knownValue
			buffer.Reset()
			jsonEncoder.Encode(&value)
		}, func() {
			var value knownSession
			json.Unmarshal(known, &value)
		}},
		{serializers()["messagepack"], func() {
			value := knownValue
			buffer.Reset()
			packer.Encode(&value)
		}, func() {
			var value knownSession
			reader.Reset(packed)
			unpacker.Reset(&reader)
			unpacker.Decode(&value)
		}},
	} {
		codec := mustCodec[knownSession](t, ring, test.options)
		token := mustSeal(t, codec, knownValue)
		encodes, decodes := allocates(test.encode), allocates(test.decode)
		content := test.options.Content
		if n := allocates(func() { codec.AppendSeal(dst, knownValue) }); n > encodes {
			t.Errorf("%v: AppendSeal %v allocations, the serializer %v", content, n, encodes)
		}
		if n := allocates(func() { codec.Seal(knownValue) }); n > encodes+1 {
			t.Errorf("%v: Seal %v allocations, the serializer %v", content, n, encodes)
		}
		if n := allocates(func() { codec.Open(token) }); n > decodes {
			t.Errorf("%v: Open %v allocations, the serializer %v", content, n, decodes)
		}
		t.Logf("%v: serializer %v to encode, %v to decode", content, encodes, decodes)
	}
}
