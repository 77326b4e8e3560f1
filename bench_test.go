package sealring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/sealring/sealring"
)

// Names are made of key=value, so that benchstat can tell them apart: go test -bench . -count 10 | benchstat -col /suite -

var benchSizes = []int{64, 256, 1024, 4096, 16384}

// benchRing has n keys of which the first given is primary.
func benchRing(b *testing.B, n int) *sealring.Keyring {
	b.Helper()
	keys := make([]sealring.Key, n)
	for i := range keys {
		keys[i] = sealring.GenerateKey()
		keys[i].SealFrom = at(-i)
	}
	return mustRing(b, keys...)
}

func benchSealer(b *testing.B, ring *sealring.Keyring, suite sealring.Suite) *sealring.Sealer {
	b.Helper()
	sealer, err := sealring.NewSealer(ring, "session", &sealring.Options{
		TTL: time.Hour, Content: sealring.Raw, Encrypt: suite == sealring.Encrypted,
	})
	if err != nil {
		b.Fatal(err)
	}
	return sealer
}

// eachForm runs a benchmark of sealing and one of opening, in text and in binary.
func eachForm(b *testing.B, name string, sealer *sealring.Sealer, size int) {
	body, bind := bytes.Repeat([]byte("s"), size), []byte("sid-42")
	dst := make([]byte, 0, 2*size+512)
	binary, err := sealer.AppendSealBinary(nil, body, bind)
	if err != nil {
		b.Fatal(err)
	}
	text, err := sealer.AppendSeal(nil, body, bind)
	if err != nil {
		b.Fatal(err)
	}
	token := string(text)
	for _, bench := range []struct {
		name string
		call func() error
	}{
		{"op=seal/form=text", func() error { _, err := sealer.AppendSeal(dst, body, bind); return err }},
		{"op=seal/form=binary", func() error { _, err := sealer.AppendSealBinary(dst, body, bind); return err }},
		{"op=open/form=text", func() error { _, _, err := sealer.AppendOpen(dst, token, bind); return err }},
		{"op=open/form=binary", func() error { _, _, err := sealer.AppendOpenBinary(dst, binary, bind); return err }},
	} {
		b.Run(name+"/"+bench.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBytes(b *testing.B) {
	for _, suite := range []sealring.Suite{sealring.Signed, sealring.Encrypted} {
		for _, size := range benchSizes {
			eachForm(b, fmt.Sprintf("suite=%v/size=%d", suite, size), benchSealer(b, benchRing(b, 1), suite), size)
		}
	}
}

func BenchmarkKeys(b *testing.B) {
	for _, keys := range []int{1, 10, 100, 1000} {
		eachForm(b, fmt.Sprintf("keys=%d/size=256", keys), benchSealer(b, benchRing(b, keys), sealring.Signed), 256)
	}
}

func BenchmarkParallel(b *testing.B) {
	body := bytes.Repeat([]byte("s"), 256)
	for _, suite := range []sealring.Suite{sealring.Signed, sealring.Encrypted} {
		sealer := benchSealer(b, benchRing(b, 1), suite)
		b.Run(fmt.Sprintf("suite=%v", suite), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				var sealed, opened []byte
				var err error
				for pb.Next() {
					if sealed, err = sealer.AppendSealBinary(sealed[:0], body, nil); err != nil {
						b.Error(err)
					}
					if opened, _, err = sealer.AppendOpenBinary(opened[:0], sealed, nil); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkRejects(b *testing.B) {
	sealer := benchSealer(b, benchRing(b, 1), sealring.Signed)
	stranger := benchSealer(b, benchRing(b, 1), sealring.Signed)
	body := bytes.Repeat([]byte("s"), 256)
	good, err := sealer.AppendSeal(nil, body, nil)
	if err != nil {
		b.Fatal(err)
	}
	unknown, err := stranger.AppendSeal(nil, body, nil)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 0, 1024)
	for name, token := range map[string]string{
		"garbage":       string(bytes.Repeat([]byte("x"), len(good))),
		"short":         "sr1_",
		"alphabet":      string(good[:len(good)-1]) + "!",
		"unknown-key":   string(unknown),
		"bad-signature": string(good[:len(good)-2]) + "AA",
	} {
		b.Run("reject="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := sealer.AppendOpen(dst, token, nil); err == nil {
					b.Fatal("opened")
				}
			}
		})
	}
}

// BenchmarkValues seals and opens a typed session; serializer=bare is encoding/json alone, for comparison.
func BenchmarkValues(b *testing.B) {
	type value struct {
		knownSession
		CSRF  string    `json:"csrf" msgpack:"csrf"`
		Seen  time.Time `json:"seen" msgpack:"seen"`
		Cart  []int     `json:"cart" msgpack:"cart"`
		Theme string    `json:"theme" msgpack:"theme"`
	}
	v := value{knownValue, "f2c9c1f0a7a14c0f9e1a9d4a1b0f8a77", knownClock().UTC(), []int{1, 2, 3, 5, 8}, "dark"}
	for name, o := range serializers() {
		codec := mustCodec[value](b, benchRing(b, 1), &sealring.Options{TTL: time.Hour, Content: o.Content})
		token := mustSeal(b, codec, v)
		b.Run("serializer="+name+"/op=seal", func(b *testing.B) {
			b.ReportAllocs()
			b.ReportMetric(float64(len(token)), "token-bytes")
			for b.Loop() {
				if _, err := codec.Seal(v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("serializer="+name+"/op=open", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.Open(token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("serializer=bare/op=seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(&v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("serializer=bare/op=open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var back value
			if err := json.Unmarshal(encoded, &back); err != nil {
				b.Fatal(err)
			}
		}
	})
}
