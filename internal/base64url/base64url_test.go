package base64url

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/sealring/sealring/internal/failure"
)

// strict is what encoding/base64 has to say, but for CR and LF, which it skips.
var strict = base64.RawURLEncoding.Strict()

func TestTextIsBase64URL(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := range 600 {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		text := Append([]byte("dst"), b)
		if want := "dst" + strict.EncodeToString(b); string(text) != want || len(text)-3 != Size(size) {
			t.Fatalf("%x: text %s, want %s", b, text, want)
		}
		back, err := AppendDecoded([]byte("dst"), string(text[3:]))
		if err != nil || !bytes.Equal(back[3:], b) {
			t.Fatalf("%x came back as %x, %v", b, back, err)
		}

		// In place, from the end of its own space.
		space := make([]byte, Size(size))
		copy(space[len(space)-size:], b)
		Encode(space, space[len(space)-size:])
		if !bytes.Equal(space, text[3:]) {
			t.Fatalf("%x: in place %s", b, space)
		}
	}
}

// Every byte in every place of every loop: the one for 16 characters, the one for four, and the end.
func TestEveryCharacter(t *testing.T) {
	for size := range 40 {
		if size%4 == 1 {
			continue
		}
		text := bytes.Repeat([]byte("A"), size)
		for place := range text {
			for c := range 256 {
				text[place] = byte(c)
				got, err := AppendDecoded(nil, string(text))
				want, wantErr := strict.DecodeString(string(text))
				if c == '\r' || c == '\n' {
					wantErr = errors.New("skipped by encoding/base64")
				}
				if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
					t.Fatalf("%q: %x, %v; encoding/base64 %x, %v", text, got, err, want, wantErr)
				}
			}
			text[place] = 'A'
		}
	}
}

// FuzzText: what is taken is what encoding/base64 takes, without CR and LF, and is the one text of its bytes.
func FuzzText(f *testing.F) {
	for _, text := range []string{
		"", "AA", "AAA", "AAAA", "AB", "AAB", "A", "AAAAA", "AA==", "A\nA", "AAAA\r\n", "AA+/", "-_-_", "AAAA AAAA", "\x00AAA", "\xffAAA",
		"AAA\xff", "=AAA", "AAAA%3D",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := AppendDecoded([]byte("dst"), text)
		want, wantErr := strict.DecodeString(text)
		if bytes.ContainsAny([]byte(text), "\r\n") {
			wantErr = errors.New("skipped by encoding/base64")
		}
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got[3:], want) {
			t.Fatalf("%q: %x, %v; encoding/base64 %x, %v", text, got, err, want, wantErr)
		}
		if err != nil && (string(got) != "dst" || !errors.Is(err, failure.Malformed)) {
			t.Fatalf("%q: %q, %v", text, got, err)
		}
		if err == nil && string(Append(nil, got[3:])) != text {
			t.Fatalf("%q is a second text", text)
		}
	})
}
