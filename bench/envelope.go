package main

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/base64url"
)

// The sizes of payloads and the bars of each, in this order.
var sizes = []int{64, 256, 1024, 4096, 16384}

var bars = map[string][]float64{
	"seal-text-signed/F":       {1.06, 0.90, 0.77, 0.72, 0.72},
	"open-text-signed/F":       {1.07, 0.93, 0.84, 0.81, 0.81},
	"seal-binary-signed/hmac":  {1.22, 1.17, 1.07, 1.06, 1.06},
	"open-binary-signed/hmac":  {1.24, 1.18, 1.08, 1.06, 1.06},
	"seal-text-encrypted/F2":   {1.10, 0.98, 0.82, 0.72, 0.68},
	"open-text-encrypted/F2":   {1.12, 1.00, 0.88, 0.80, 0.78},
	"stretch-seal-text-signed": {1: 0.80, 4: 0},
	"stretch-open-text-signed": {1: 0.84, 4: 0},
}

const purpose = "session"

// A fixture is a ring with what was sealed by its primary key, in both suites, and the floors of that.
type fixture struct {
	ring               *sealring.Keyring
	signing, encrypted *sealring.Sealer
	body               []byte
	token, tokenEnc    string // text
	sealed, sealedEnc  []byte // binary
	floor, floorEnc    func() *floor
}

// newRing returns a ring of n keys, each newer than the one after it, and the secret of the first, which is primary.
func newRing(n int) (*sealring.Keyring, []sealring.Key, error) {
	keys := make([]sealring.Key, n)
	for i := range keys {
		keys[i] = sealring.GenerateKey()
		keys[i].SealFrom = time.UnixMilli(1_700_000_000_000 - int64(i))
	}
	ring, err := sealring.NewKeyring(keys...)
	return ring, keys, err
}

func newSealer(ring *sealring.Keyring, encrypt bool) (*sealring.Sealer, error) {
	return sealring.NewSealer(ring, purpose, &sealring.Options{TTL: 24 * time.Hour, Content: sealring.Raw, Encrypt: encrypt,
		MaxEnvelope: 4 << 20, MaxDecoded: 4 << 20})
}

func newFixture(size int) (*fixture, error) {
	ring, keys, err := newRing(1)
	if err != nil {
		return nil, err
	}
	f := &fixture{ring: ring, body: payloadOf(size)}
	if f.signing, err = newSealer(ring, false); err != nil {
		return nil, err
	}
	if f.encrypted, err = newSealer(ring, true); err != nil {
		return nil, err
	}
	token, err1 := f.signing.AppendSeal(nil, f.body, nil)
	tokenEnc, err2 := f.encrypted.AppendSeal(nil, f.body, nil)
	sealed, err3 := f.signing.AppendSealBinary(nil, f.body, nil)
	sealedEnc, err4 := f.encrypted.AppendSealBinary(nil, f.body, nil)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	f.token, f.tokenEnc, f.sealed, f.sealedEnc = string(token), string(tokenEnc), sealed, sealedEnc

	// The subkeys of format.md, Section 3.3, by the standard library.
	secret, err := secretBytes(keys[0].Secret)
	if err != nil {
		return nil, err
	}
	macKey, err1 := hkdf.Key(sha256.New, secret, nil, "sealring/v1/hmac-sha256\x00"+purpose, 32)
	encKeys, err2 := hkdf.Key(sha256.New, secret, nil, "sealring/v1/xchacha20-poly1305\x00"+purpose, 64)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	f.floor = func() *floor { return newFloor(macKey, sealed) }
	f.floorEnc = func() *floor {
		fl := newFloor(encKeys[:32], sealedEnc)
		if err := fl.encryption(encKeys[32:], f.body); err != nil {
			panic(err) // the key has its size
		}
		return fl
	}
	return f, nil
}

// payloadOf returns size bytes that look like a session.
func payloadOf(size int) []byte {
	return bytes.Repeat([]byte(`{"user_id":123,"name":"admin"} `), size/31+1)[:size]
}

// envelopeGroup is sealing and opening of bodies of one size, beside the floors.
func envelopeGroup(size int) (*group, error) {
	f, err := newFixture(size)
	if err != nil {
		return nil, err
	}
	g := new(group)
	f.addFloors(g)
	f.addSealers(g)
	f.addOpeners(g)
	for _, r := range []struct{ name, numerator, denominator string }{
		{"seal-text-signed/F", "seal text signed", "F seal"},
		{"open-text-signed/F", "open text signed", "F open"},
		{"seal-binary-signed/hmac", "seal binary signed", "hmac"},
		{"open-binary-signed/hmac", "open binary signed", "hmac"},
		{"seal-text-encrypted/F2", "seal text encrypted", "F2 seal"},
		{"open-text-encrypted/F2", "open text encrypted", "F2 open"},
		{"stretch-seal-text-signed", "seal text signed", "F seal"},
		{"stretch-open-text-signed", "open text signed", "F open"},
	} {
		for i, limit := range bars[r.name] {
			if sizes[i] == size && limit != 0 {
				row := ratio(r.name, size, atMost(limit), r.numerator, r.denominator)
				row.stretch = strings.HasPrefix(r.name, "stretch-")
				g.rows = append(g.rows, row)
			}
		}
	}
	return g, nil
}

func (f *fixture) addFloors(g *group) {
	fl, fe := f.floor(), f.floorEnc()
	g.add("hmac", fl.authenticateRight, fl.authenticate)
	g.add("F seal", fl.sealRight, fl.seal)
	g.add("F open", fl.openRight, fl.open)
	g.add("F2 seal", fe.sealEncryptedRight, fe.sealEncrypted)
	g.add("F2 open", fe.openEncryptedRight, fe.openEncrypted)
}

func (f *fixture) addSealers(g *group) {
	f.addSealer(g, "seal text signed", f.signing.AppendSeal, openText(f.signing))
	f.addSealer(g, "seal text encrypted", f.encrypted.AppendSeal, openText(f.encrypted))
	f.addSealer(g, "seal binary signed", f.signing.AppendSealBinary, openBinary(f.signing))
	f.addSealer(g, "seal binary encrypted", f.encrypted.AppendSealBinary, openBinary(f.encrypted))
}

func (f *fixture) addSealer(g *group, name string, seal func(dst, body, bind []byte) ([]byte, error),
	open func(sealed []byte) ([]byte, error)) {
	dst := make([]byte, 0, 2*len(f.body)+512)
	g.makes(name, len(must(seal(nil, f.body, nil))))
	g.add(name, func() error {
		sealed, err := seal(nil, f.body, nil)
		if err != nil {
			return err
		}
		return equals(open, sealed, f.body)
	}, func(n int) {
		for range n {
			if _, err := seal(dst, f.body, nil); err != nil {
				panic(err)
			}
		}
	})
}

func (f *fixture) addOpeners(g *group) {
	f.addOpener(g, "open text signed", f.signing, f.token)
	f.addOpener(g, "open text encrypted", f.encrypted, f.tokenEnc)
	f.addBinaryOpener(g, "open binary signed", f.signing, f.sealed)
	f.addBinaryOpener(g, "open binary encrypted", f.encrypted, f.sealedEnc)
}

func (f *fixture) addBinaryOpener(g *group, name string, sealer *sealring.Sealer, sealed []byte) {
	dst := make([]byte, 0, len(f.body))
	g.add(name, func() error { return equals(openBinary(sealer), sealed, f.body) }, func(n int) {
		for range n {
			if _, _, err := sealer.AppendOpenBinary(dst, sealed, nil); err != nil {
				panic(err)
			}
		}
	})
}

func (f *fixture) addOpener(g *group, name string, sealer *sealring.Sealer, token string) {
	dst := make([]byte, 0, len(f.body))
	g.add(name, func() error { return equals(openText(sealer), []byte(token), f.body) }, func(n int) {
		for range n {
			if _, _, err := sealer.AppendOpen(dst, token, nil); err != nil {
				panic(err)
			}
		}
	})
}

func openText(s *sealring.Sealer) func([]byte) ([]byte, error) {
	return func(sealed []byte) ([]byte, error) {
		body, _, err := s.AppendOpen(nil, string(sealed), nil)
		return body, err
	}
}

func openBinary(s *sealring.Sealer) func([]byte) ([]byte, error) {
	return func(sealed []byte) ([]byte, error) {
		body, _, err := s.AppendOpenBinary(nil, sealed, nil)
		return body, err
	}
}

// equals says whether what is sealed opens to body, and no longer does with a byte changed.
func equals(open func([]byte) ([]byte, error), sealed, body []byte) error {
	got, err := open(sealed)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, body) {
		return errors.New("it opens to something else")
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)/2] ^= 1
	if _, err := open(changed); err == nil {
		return errors.New("it opens with a byte changed")
	}
	return nil
}

// keyringGroup is a ring of 100 keys beside a ring of one, at 256 bytes.
func keyringGroup() (*group, error) {
	const size = 256
	g := new(group)
	one, err := newFixture(size)
	if err != nil {
		return nil, err
	}
	one.addOpener(g, "one key", one.signing, one.token)
	ring, keys, err := newRing(100)
	if err != nil {
		return nil, err
	}
	many, err := newSealer(ring, false)
	if err != nil {
		return nil, err
	}
	for i, name := range []string{0: "primary of 100", 99: "last of 100"} {
		if name == "" {
			continue
		}
		token, err := sealedBy(keys[i], one.body)
		if err != nil {
			return nil, err
		}
		one.addOpener(g, name, many, token)
	}
	g.rows = []row{
		ratio("open-100-keys/one-key", size, atMost(1.08), "last of 100", "one key"),
		ratio("open-100-keys-primary/one-key", size, atMost(1.02), "primary of 100", "one key"),
	}
	return g, nil
}

// rejectGroup is what is refused, at 256 bytes, beside the floor of opening.
func rejectGroup() (*group, error) {
	const size = 256
	f, err := newFixture(size)
	if err != nil {
		return nil, err
	}
	stranger, err := newFixture(size)
	if err != nil {
		return nil, err
	}
	g := new(group)
	fl := f.floor()
	g.add("F open", fl.openRight, fl.open)
	decoded, want := make([]byte, 0, len(f.token)), must(base64.RawURLEncoding.DecodeString(f.token))
	decode := func(n int) {
		for range n {
			decoded, err = base64url.AppendDecoded(decoded[:0], f.token)
		}
	}
	g.add("decode", func() error {
		decode(1)
		if err == nil && !bytes.Equal(decoded, want) {
			err = errFloor
		}
		return err
	}, decode)
	f.addOpener(g, "good", f.signing, f.token)

	forged := []byte(f.token)
	if forged[len(forged)-10] == 'A' {
		forged[len(forged)-10] = 'B'
	} else {
		forged[len(forged)-10] = 'A'
	}
	refused := func(name, token string, class error) {
		dst := make([]byte, 0, size)
		g.add(name, func() error {
			if body, _, err := f.signing.AppendOpen(nil, token, nil); !errors.Is(err, class) || body != nil {
				return fmt.Errorf("refused with %v, not %v", err, class)
			}
			return nil
		}, func(n int) {
			for range n {
				if _, _, err := f.signing.AppendOpen(dst, token, nil); err == nil {
					panic("opened")
				}
			}
		})
	}
	refused("garbage", string(bytes.Repeat([]byte("~"), len(f.token))), sealring.ErrMalformed)
	refused("short", f.token[:20], sealring.ErrMalformed)
	refused("unknown key, text", stranger.token, sealring.ErrUnknownKey)
	refused("bad tag", string(forged), sealring.ErrBadSignature)
	dst := make([]byte, 0, size)
	g.add("unknown key, binary", func() error {
		if _, _, err := f.signing.AppendOpenBinary(nil, stranger.sealed, nil); !errors.Is(err, sealring.ErrUnknownKey) {
			return fmt.Errorf("refused with %v", err)
		}
		return nil
	}, func(n int) {
		for range n {
			if _, _, err := f.signing.AppendOpenBinary(dst, stranger.sealed, nil); err == nil {
				panic("opened")
			}
		}
	})
	g.rows = []row{
		ratio("reject-garbage/F", size, atMost(0.03), "garbage", "F open"),
		ratio("reject-short/F", size, atMost(0.03), "short", "F open"),
		ratio("reject-unknown-key-binary/F", size, atMost(0.15), "unknown key, binary", "F open"),
		{name: "reject-unknown-key-text/F-beyond-decoding", size: size, bar: atMost(0.15),
			of:    []string{"unknown key, text", "decode", "F open"},
			value: func(ns []float64) float64 { return (ns[0] - ns[1]) / ns[2] }},
		ratio("reject-bad-tag/good-open", size, atMost(1.05), "bad tag", "good"),
	}
	return g, nil
}

// scalingGroup is two goroutines beside one, and how the floor scales, at 256 bytes.
func scalingGroup() (*group, error) {
	const size = 256
	f, err := newFixture(size)
	if err != nil {
		return nil, err
	}
	g := &group{parallel: true}
	fl1, fl2 := f.floor(), f.floor()
	works := func() error { return equals(openText(f.signing), []byte(f.token), f.body) }
	both := func(a, b func(n int)) func(n int) {
		return func(n int) {
			var done sync.WaitGroup
			done.Go(func() { a(n) })
			b(n)
			done.Wait()
		}
	}
	seal := func(n int) {
		dst := make([]byte, 0, 1024)
		for range n {
			f.signing.AppendSeal(dst, f.body, nil)
		}
	}
	open := func(n int) {
		dst := make([]byte, 0, 1024)
		for range n {
			f.signing.AppendOpen(dst, f.token, nil)
		}
	}
	g.add("F seal", fl1.sealRight, fl1.seal)
	g.add("F seal twice", fl2.sealRight, both(fl1.seal, fl2.seal))
	g.add("F open", fl1.openRight, fl1.open)
	g.add("F open twice", fl2.openRight, both(fl1.open, fl2.open))
	g.add("seal", works, seal)
	g.add("seal twice", works, both(seal, seal))
	g.add("open", works, open)
	g.add("open twice", works, both(open, open))
	scaling := func(ns []float64) float64 { return ns[0] / ns[1] / (ns[2] / ns[3]) }
	g.rows = []row{
		{name: "two-goroutines-seal/F", size: size, bar: atLeast(0.93), value: scaling,
			of: []string{"seal", "seal twice", "F seal", "F seal twice"}},
		{name: "two-goroutines-open/F", size: size, bar: atLeast(0.93), value: scaling,
			of: []string{"open", "open twice", "F open", "F open twice"}},
	}
	return g, nil
}

func secretBytes(s sealring.Secret) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(s.Reveal()[len("srk1_"):])
}
