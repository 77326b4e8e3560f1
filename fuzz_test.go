package sealring_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/payload"
	"github.com/sealring/sealring/vectors"
)

// vectorTokens are the tokens and the bodies of the vectors: the seeds of every target.
func vectorTokens(f *testing.F) (tokens []string, bodies [][]byte) {
	data, err := vectors.Files.ReadFile("envelope.json")
	if err != nil {
		f.Fatal(err)
	}
	var file struct {
		Cases []struct{ Token string }
	}
	if err := json.Unmarshal(data, &file); err != nil {
		f.Fatal(err)
	}
	for _, c := range file.Cases {
		tokens = append(tokens, c.Token)
		b, err := base64url.AppendDecoded(nil, c.Token)
		var e envelope.Envelope
		if parseErr := e.Parse(b); err == nil && parseErr == nil && e.Suite == envelope.Signed && !e.Deflated {
			bodies = append(bodies, e.SignedBody())
		}
	}
	if len(tokens) < 1000 || len(bodies) < 300 {
		f.Fatalf("%d tokens and %d bodies for seeds", len(tokens), len(bodies))
	}
	return tokens, bodies
}

// fuzzSealer opens what the vectors' keys sealed, at the time of most of them.
func fuzzSealer(f *testing.F) *sealring.Sealer {
	data, err := vectors.Files.ReadFile("envelope.json")
	if err != nil {
		f.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Keys   []struct{ ID, Secret string }
			Expect *struct{}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		f.Fatal(err)
	}
	seen := map[string]bool{}
	var keys []sealring.Key
	for _, c := range file.Cases {
		for _, k := range c.Keys {
			secret, err := sealring.ParseSecret(k.Secret)
			if err == nil && c.Expect != nil && !seen[k.ID] && !seen[k.Secret] {
				seen[k.ID], seen[k.Secret] = true, true
				keys = append(keys, sealring.Key{ID: k.ID, Secret: secret, SealFrom: at(len(keys))})
			}
		}
	}
	sealer, err := sealring.NewSealer(mustRing(f, keys...), "session", &sealring.Options{
		NeverExpires: true,
		Suites:       []sealring.Suite{sealring.Signed, sealring.Encrypted},
		Contents:     []sealring.Content{sealring.JSON, sealring.MessagePack, sealring.Raw},
		Now:          knownClock,
	})
	if err != nil {
		f.Fatal(err)
	}
	return sealer
}

// FuzzOpen: any text ends in a body or in a class, and what opens is the one text of its bytes.
func FuzzOpen(f *testing.F) {
	tokens, _ := vectorTokens(f)
	for _, token := range tokens {
		f.Add(token)
	}
	sealer := fuzzSealer(f)
	f.Fuzz(func(t *testing.T, token string) {
		body, info, err := sealer.AppendOpen(nil, token, nil)
		inspected, inspectErr := sealring.Inspect(token)
		if err != nil {
			if body != nil || info != (sealring.Info{}) || !errors.Is(err, sealring.ErrInvalid) {
				t.Fatalf("body %q, info %+v, error %v", body, info, err)
			}
			return
		}
		b, err := base64url.AppendDecoded(nil, token)
		if err != nil || string(base64url.Append(nil, b)) != token {
			t.Fatal("a second text of one envelope opened")
		}
		info.Stale = false
		if inspectErr != nil || inspected != info {
			t.Fatalf("inspected %+v, %v, opened %+v", inspected, inspectErr, info)
		}
	})
}

// FuzzOpenBinary: the same for the binary form, and what opens does so as text.
func FuzzOpenBinary(f *testing.F) {
	tokens, _ := vectorTokens(f)
	for _, token := range tokens {
		if b, err := base64url.AppendDecoded(nil, token); err == nil {
			f.Add(b)
		}
	}
	sealer := fuzzSealer(f)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		before := bytes.Clone(sealed)
		body, _, err := sealer.AppendOpenBinary(nil, sealed, nil)
		if !bytes.Equal(sealed, before) {
			t.Fatal("opening changed the envelope")
		}
		text := string(base64url.Append(nil, sealed))
		fromText, _, textErr := sealer.AppendOpen(nil, text, nil)
		if !bytes.Equal(body, fromText) || (err == nil) != (textErr == nil) {
			t.Fatalf("binary %q, %v; text %q, %v", body, err, fromText, textErr)
		}
	})
}

// FuzzRoundTrip: what is sealed opens to the same, with its binding and no other.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte(knownBody), []byte("sid-42"), false, false)
	f.Add([]byte{}, []byte{1}, true, false)
	f.Add(bytes.Repeat([]byte("a"), 5000), []byte("b"), false, true)
	ring := mustRing(f, knownKey(f, ""))
	f.Fuzz(func(t *testing.T, body, bind []byte, encrypt, deflate bool) {
		if len(bind) == 0 || encrypt && deflate {
			return
		}
		sealer, err := sealring.NewSealer(ring, "session", &sealring.Options{
			TTL: time.Hour, Encrypt: encrypt, Deflate: deflate, Content: sealring.Raw,
		})
		if err != nil {
			t.Fatal(err)
		}
		text, err := sealer.AppendSeal(nil, body, bind)
		if err != nil {
			if !errors.Is(err, sealring.ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		opened, _, err := sealer.AppendOpen(nil, string(text), bind)
		if err != nil || !bytes.Equal(opened, body) {
			t.Fatalf("%q, %v", opened, err)
		}
		_, _, err = sealer.AppendOpen(nil, string(text), append([]byte("x"), bind...))
		failsWith(t, err, sealring.ErrBadSignature)
	})
}

// FuzzMessagePack: what the walk passes, msgpack/v5 decodes without an error, into little more memory than it takes, and
// writes again to what passes. Whatever a type makes of it does not panic.
func FuzzMessagePack(f *testing.F) {
	_, bodies := vectorTokens(f)
	for _, body := range bodies {
		f.Add(body)
	}
	f.Add([]byte("\xdd\x02\xff\xff\xff"))                                  // 1.5 GiB in msgpack/v5
	f.Add([]byte("\xc6\x7f\xff\xff\xff"))                                  // 2 GiB
	f.Add(bytes.Repeat([]byte{0x91}, 5000))                                // the stack
	f.Add([]byte("\xd7\xff\xdf\xff\xff\xff\xff\xff\xff\xff"))              // a timestamp that looks like a map
	f.Add([]byte("\x81\xa5names\xd7\xff\xdf\xff\xff\xff\xff\xff\xff\xff")) // where a map goes
	f.Add([]byte("\x81\xa1n\xcf\x80\x00\x00\x00\x00\x00\x00\x00"))         // 2^63
	f.Add([]byte("\x81\xa2u8\xcd\x01\x00"))                                // 256 into uint8
	ring := mustRing(f, knownKey(f, ""))
	codec := mustCodec[session](f, ring, serializers()["messagepack"])
	sealer, err := sealring.NewSealer(mustRing(f, knownKey(f, "")), "session", serializers()["messagepack"])
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := payload.CheckMessagePack(data); err != nil {
			if !errors.Is(err, sealring.ErrBadPayload) {
				t.Fatal(err)
			}
			return
		}
		before := allocated()
		var value any
		if err := msgpack.Unmarshal(data, &value); err != nil {
			t.Fatalf("passed and not decoded: %v", err)
		}
		if n := allocated() - before; n > 4<<20+1024*uint64(len(data)) {
			t.Fatalf("%d bytes allocated for %d", n, len(data))
		}
		again, err := msgpack.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := payload.CheckMessagePack(again); err != nil {
			t.Fatalf("what msgpack/v5 writes of it does not pass: %v", err)
		}

		token, err := sealer.AppendSeal(nil, data, nil)
		if err != nil {
			return // too large
		}
		for _, narrow := range []error{
			holds[uint8](ring, string(token), value), holds[int64](ring, string(token), value),
			holds[uint64](ring, string(token), value), holds[float64](ring, string(token), value),
		} {
			if narrow != nil {
				t.Fatal(narrow)
			}
		}

		before = allocated()
		typed, err := codec.Open(string(token))
		if n := allocated() - before; n > 4<<20+4096*uint64(len(data)) {
			t.Fatalf("%d bytes allocated for %d as a type", n, len(data))
		}
		if err != nil {
			if !errors.Is(err, sealring.ErrBadPayload) || !reflect.DeepEqual(typed, session{}) {
				t.Fatalf("%+v, %v", typed, err)
			}
		}
	})
}

// allocated is how many bytes the process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// holds tells where a map of numbers opened to other numbers than any value has.
func holds[N uint8 | int64 | uint64 | float64](ring *sealring.Keyring, token string, value any) error {
	codec, err := sealring.NewCodec[map[string]N](ring, "session", serializers()["messagepack"])
	if err != nil {
		return err
	}
	numbers, err := codec.Open(token)
	wide, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil
	}
	for key, n := range numbers {
		// Exact, in a float of enough bits: integers have 64, and binary64 fits too.
		want, _, err := big.ParseFloat(fmt.Sprint(wide[key]), 10, 2000, big.ToNearestEven)
		if wide[key] == nil {
			want, err = new(big.Float), nil // nil is the zero of everything
		}
		got, _, gotErr := big.ParseFloat(fmt.Sprint(n), 10, 2000, big.ToNearestEven)
		if err != nil || gotErr != nil || got.Cmp(want) != 0 && !isFloat(n) || got.Sign() != want.Sign() {
			return fmt.Errorf("%q: %v as %T is %v", key, wide[key], n, n)
		}
	}
	return nil
}

func isFloat(n any) bool {
	_, ok := n.(float64)
	return ok
}

// FuzzJSON: what the check passes, encoding/json takes too, with each key once; what it does not take does not pass.
func FuzzJSON(f *testing.F) {
	_, bodies := vectorTokens(f)
	for _, body := range bodies {
		f.Add(body)
	}
	typ, err := payload.NewJSONType(reflect.TypeFor[session]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := payload.CheckJSON(data, nil)
		if err == nil && !json.Valid(data) {
			t.Fatal("passed and not valid")
		}
		if err != nil && !errors.Is(err, sealring.ErrBadPayload) {
			t.Fatal(err)
		}
		if typedErr := payload.CheckJSON(data, typ); typedErr == nil && err != nil {
			t.Fatal("passes for a type and not without one")
		} else if typedErr != nil {
			return
		}
		var value any
		if err := json.Unmarshal(data, &value); err != nil {
			t.Fatal(err)
		}
		// encoding/json writes a field by its own name: had another key been taken for it, the keys would differ.
		var typed map[string]json.RawMessage
		if json.Unmarshal(data, &typed) != nil {
			return
		}
		for key := range typed {
			for field := range reflect.TypeFor[session]().Fields() {
				name := field.Tag.Get("json")
				if name != "" && key != name && strings.EqualFold(key, name) {
					t.Fatalf("passed with %q for %q", key, name)
				}
			}
		}
	})
}

// FuzzParseSecret: a secret is its one text, and no error tells anything of it.
func FuzzParseSecret(f *testing.F) {
	f.Add(knownSecret)
	f.Add("")
	f.Add("srk1_")
	f.Add(knownSecret + "=")
	f.Add("SRK1_" + knownSecret[5:])
	f.Add("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	f.Fuzz(func(t *testing.T, text string) {
		secret, err := sealring.ParseSecret(text)
		if err == nil {
			if secret.Reveal() != text || len(secret.KeyID()) != 8 {
				t.Fatal("a second text of one secret")
			}
			return
		}
		failsWith(t, err, sealring.ErrKeyring)
		if secret.Reveal() != "" || len(text) > 20 && strings.Contains(err.Error(), text[5:]) {
			t.Fatal("a refused secret got out")
		}
	})
}
