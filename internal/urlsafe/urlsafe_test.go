package urlsafe

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// compressed is what the fastest level of compress/zlib makes of a payload.
func compressed(t testing.TB, payload []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(payload)
	w.Close()
	return b.Bytes()
}

// payloads are JSON of sessions, and bytes of alphabets of all sizes, some of them frequent.
func payloads(n int) [][]byte {
	r := rand.New(rand.NewPCG(4, 4))
	words := strings.Fields("user_id username admin editor viewer roles theme dark light lang en-GB csrf kq3v9XbT2mZc8LwR zoe@example.org")
	var all [][]byte
	for range n {
		var b []byte
		if r.IntN(2) == 0 {
			for range r.IntN(8) {
				b = fmt.Appendf(b, `{"%s":"%s","%s":%d}`, words[r.IntN(len(words))], words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(1e6))
			}
		} else {
			size, letters, skew := r.IntN(200), 1+r.IntN(90), 1+r.IntN(4)
			for range size {
				at := letters
				for range skew {
					at = min(at, r.IntN(letters))
				}
				b = append(b, byte(' '+at))
			}
		}
		all = append(all, b)
	}
	return all
}

// The shorter form is written, but for the few bytes that the estimate which saves the trial may be wrong by, and both are
// read.
func TestAppend(t *testing.T) {
	const fewBytes = 8
	saved, tried, wrong := 0, 0, 0
	for _, payload := range payloads(5000) {
		stream := compressed(t, payload)
		want := base64.RawURLEncoding.EncodeToString(payload)
		switch saving := len(payload) - len(stream); {
		case saving > 1 && hopeless(payload):
			if wrong++; saving > fewBytes {
				t.Errorf("%q: %d bytes are not saved", payload, saving)
			}
		case saving > 1:
			want = "." + base64.RawURLEncoding.EncodeToString(stream)
		case hopeless(payload):
			saved++
		default:
			tried++
		}
		if got := string(Append([]byte("x"), payload, true)); got != "x"+want {
			t.Fatalf("%q: %s, want %s", payload, got, want)
		}
		if got, err := Decode(want, len(payload)); err != nil || !bytes.Equal(got, payload) {
			t.Fatalf("%q came back as %q, %v", payload, got, err)
		}
		if got := string(Append(nil, payload, false)); strings.HasPrefix(got, ".") {
			t.Fatalf("%q is compressed", payload)
		}
	}
	t.Logf("the estimate saved %d trials and was wrong %d times; %d were for nothing", saved, wrong, tried)
	if saved < 4*tried || wrong > saved/20 {
		t.Error("the estimate is no good")
	}
}

func TestDecodeRefuses(t *testing.T) {
	stream := string(compressed(t, bytes.Repeat([]byte("x"), 100)))
	b64 := base64.RawURLEncoding.EncodeToString
	for _, test := range []struct {
		name, text string
		limit      int
		want       error
	}{
		{"padding", "eA==", 10, errText},
		{"a line feed", "e\nHh4", 10, errText},
		{"trailing bits", "eB", 10, errText},
		{"no stream", ".", 10, errStream},
		{"a stream cut off", "." + b64([]byte(stream[:len(stream)-1])), 200, errStream},
		{"another checksum", "." + b64([]byte(stream[:len(stream)-1]+"x")), 200, errStream},
		{"something after it", "." + b64([]byte(stream+"x")), 200, errStream},
		{"a dictionary", "." + b64([]byte("\x78\xbb\x00\x00\x00\x01"+stream[2:])), 200, errStream},
		{"too large", b64(make([]byte, 11)), 10, errSize},
		{"too large once decompressed", "." + b64([]byte(stream)), 99, errSize},
	} {
		if got, err := Decode(test.text, test.limit); got != nil || err != test.want {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
	for _, limit := range []int{100, 101, 1 << 20} {
		if got, err := Decode("."+b64([]byte(stream)), limit); err != nil || len(got) != 100 {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

// FuzzDecode: no text makes decoding panic or exceed the limit.
func FuzzDecode(f *testing.F) {
	f.Add("eyJhIjoxfQ")                                                                  // plain
	f.Add("." + base64.RawURLEncoding.EncodeToString(compressed(f, make([]byte, 5000)))) // compressed, and too large
	f.Add(".eAE")                                                                        // a stream that only begins
	f.Fuzz(func(t *testing.T, text string) {
		payload, err := Decode(text, 4096)
		if len(payload) > 4096 || err != nil && payload != nil {
			t.Fatalf("%d bytes, %v", len(payload), err)
		}
		if err == nil && !strings.HasPrefix(text, ".") && string(Append(nil, payload, false)) != text {
			t.Fatalf("%q is another text of %q", text, payload)
		}
	})
}
