package sealring_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
)

// A target is a token that the tests below damage, with what opens it.
type target struct {
	name, token string
	sealer      *sealring.Sealer
}

func targets(t *testing.T) []target {
	t.Helper()
	sealer, err := sealring.NewSealer(mustRing(t, knownKey(t, "")), "session", &sealring.Options{
		TTL: time.Hour, Suites: []sealring.Suite{sealring.Signed, sealring.Encrypted}, Now: knownClock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return []target{{"signed", knownSigned, sealer}, {"encrypted", knownEncrypted, sealer}}
}

// refuses checks that a token does not open, hands out nothing, and fails in one of the classes.
func (m *target) refuses(t *testing.T, what, token string, classes ...error) {
	t.Helper()
	body, info, err := m.sealer.AppendOpen(nil, token, nil)
	refused(t, what, body, info, err, classes)
}

func (m *target) refusesBinary(t *testing.T, what string, sealed []byte, classes ...error) {
	t.Helper()
	body, info, err := m.sealer.AppendOpenBinary(nil, sealed, nil)
	refused(t, what, body, info, err, classes)
}

func refused(t *testing.T, what string, body []byte, info sealring.Info, err error, classes []error) {
	t.Helper()
	is := func(class error) bool { return errors.Is(err, class) }
	if body != nil || info != (sealring.Info{}) || !slices.ContainsFunc(classes, is) {
		t.Errorf("%s: body %q, error %v, want one of %v", what, body, err, classes)
	}
}

func TestEveryPrefixAndDeletionIsRefused(t *testing.T) {
	for _, m := range targets(t) {
		t.Run(m.name, func(t *testing.T) {
			for i := range len(m.token) {
				m.refuses(t, fmt.Sprint("prefix of ", i), m.token[:i], sealring.ErrMalformed, sealring.ErrBadSignature)
				m.refuses(t, fmt.Sprint("without character ", i), m.token[:i]+m.token[i+1:],
					sealring.ErrMalformed, sealring.ErrBadSignature, sealring.ErrUnknownKey, sealring.ErrUnsupported)
			}
			b := decoded(t, m.token)
			for i := range len(b) {
				m.refusesBinary(t, fmt.Sprint("binary prefix of ", i), b[:i:i], sealring.ErrMalformed, sealring.ErrBadSignature)
				m.refusesBinary(t, fmt.Sprint("binary without byte ", i), slices.Delete(slices.Clone(b), i, i+1),
					sealring.ErrMalformed, sealring.ErrBadSignature, sealring.ErrUnknownKey, sealring.ErrUnsupported)
			}
		})
	}
}

func TestEveryAppendedByteIsRefused(t *testing.T) {
	for _, m := range targets(t) {
		t.Run(m.name, func(t *testing.T) {
			b := decoded(t, m.token)
			for c := range 256 {
				appended := string([]byte{byte(c)})
				m.refuses(t, fmt.Sprintf("with %q appended", appended), m.token+appended, sealring.ErrMalformed,
					sealring.ErrBadSignature)
				m.refuses(t, fmt.Sprintf("with %q in front", appended), appended+m.token, sealring.ErrMalformed)
				m.refusesBinary(t, fmt.Sprintf("binary with %#x appended", c), append(b[:len(b):len(b)], byte(c)),
					sealring.ErrBadSignature)
			}
		})
	}
}

func TestEveryBitMatters(t *testing.T) {
	// What the bits of the layout may fail with; the rest is authenticated and nothing else.
	class := func(at int) []error {
		switch {
		case at < 3:
			return []error{sealring.ErrMalformed, sealring.ErrUnsupportedVersion}
		case at == 3:
			return []error{sealring.ErrUnsupported}
		case at == 4:
			return []error{sealring.ErrUnsupported, sealring.ErrBadSignature, sealring.ErrMalformed, sealring.ErrRefused}
		case at == 5:
			return []error{sealring.ErrMalformed, sealring.ErrUnknownKey}
		case at < 18:
			return []error{sealring.ErrMalformed, sealring.ErrBadSignature}
		case at < 18+8:
			return []error{sealring.ErrMalformed, sealring.ErrUnknownKey}
		}
		return []error{sealring.ErrBadSignature}
	}
	for _, m := range targets(t) {
		t.Run(m.name, func(t *testing.T) {
			b := decoded(t, m.token)
			for i := range len(b) * 8 {
				b[i/8] ^= 1 << (i % 8)
				m.refusesBinary(t, fmt.Sprintf("binary, bit %d of byte %d", i%8, i/8), b, class(i/8)...)
				m.refuses(t, fmt.Sprintf("text, bit %d of byte %d", i%8, i/8),
					base64.RawURLEncoding.EncodeToString(b), class(i/8)...)
				b[i/8] ^= 1 << (i % 8)
			}
			if _, _, err := m.sealer.AppendOpenBinary(nil, b, nil); err != nil {
				t.Fatal(err) // the test itself is wrong
			}
		})
	}
}

// Every other text of one character less or more, or of another character, is refused: there is one text for an envelope.
func TestEveryCharacterMatters(t *testing.T) {
	const others = "=+/-_ \t\r\n\x00\xff%!Aa0"
	for _, m := range targets(t) {
		t.Run(m.name, func(t *testing.T) {
			for i := range len(m.token) {
				for _, c := range []byte(others) {
					if m.token[i] == c {
						continue
					}
					changed := m.token[:i] + string([]byte{c}) + m.token[i+1:]
					if body, _, err := m.sealer.AppendOpen(nil, changed, nil); err == nil || body != nil {
						t.Fatalf("character %d as %q: opened", i, c)
					}
				}
			}
		})
	}
}

func TestSizeIsCheckedFirst(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	sealer, err := sealring.NewSealer(ring, "session", &sealring.Options{TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	junk := strings.Repeat(".", 64<<20)
	binary := []byte(junk)
	if n := testing.AllocsPerRun(10, func() {
		_, _, err = sealer.AppendOpen(nil, junk, nil)
		_, _, err2 := sealer.AppendOpenBinary(nil, binary, nil)
		err = errors.Join(err, err2)
	}); n > 4 { // errors.Join, and what -race drops of a pool
		t.Errorf("%v allocations for 64 MiB of junk", n)
	}
	failsWith(t, err, sealring.ErrTooLarge)
}

func decoded(t *testing.T, token string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
