package sealedgorilla_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions/sealedgorilla"
)

type values = map[any]any

type profile struct {
	ID    int      `json:"id"`
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
}

var written = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A clock is one that tests move.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func key(id string) sealring.Key {
	k := sealring.GenerateKey()
	k.ID = id
	return k
}

func ringOf(t testing.TB, keys ...sealring.Key) *sealring.Keyring {
	t.Helper()
	ring, err := sealring.NewKeyring(keys...)
	must(t, err)
	return ring
}

func newCodec(t testing.TB, ring *sealring.Keyring, o sealedgorilla.Options) *sealedgorilla.Codec {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return written }
	}
	c, err := sealedgorilla.NewCodec(ring, &o)
	must(t, err)
	return c
}

func encode(t testing.TB, c *sealedgorilla.Codec, name string, value any) string {
	t.Helper()
	text, err := c.Encode(name, value)
	must(t, err)
	return text
}

// gorillas is securecookie.Error.
type gorillas interface {
	error
	IsUsage() bool
	IsDecode() bool
	IsInternal() bool
	Cause() error
}

// failsWith checks an error's class, its kind in gorilla's terms, and that it holds nothing private.
func failsWith(t testing.TB, err, class error, kind string) {
	t.Helper()
	g, ok := err.(gorillas)
	if !ok || !errors.Is(err, class) || !errors.Is(err, sealring.ErrInvalid) {
		t.Fatalf("error %v, want %v", err, class)
	}
	is := map[string]bool{"usage": g.IsUsage(), "decode": g.IsDecode(), "internal": g.IsInternal()}
	for name, got := range is {
		if got != (name == kind) {
			t.Errorf("error %v is %v, want %s", err, is, kind)
		}
	}
	if !errors.Is(g.Cause(), class) || strings.Contains(err.Error(), "private") || strings.Count(err.Error(), "sealring: ") != 1 {
		t.Errorf("error %q", err)
	}
}

// refuses checks that a cookie fails in a class and leaves alone what is there.
func refuses(t testing.TB, c *sealedgorilla.Codec, name, text string, class error) {
	t.Helper()
	there := values{"there": "before"}
	failsWith(t, c.Decode(name, text, &there), class, "decode")
	if len(there) != 1 || there["there"] != "before" {
		t.Errorf("an error, and %v", there)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, o := range []sealedgorilla.Options{{}, {Signed: true}} {
		c := newCodec(t, ringOf(t, key("k")), o)
		want := values{"text": "Zoë", "n": 7, 7: true, "bytes": []byte{0, 1}, "float": 1.5, int64(1): uint8(2)}
		text := encode(t, c, "session", want)
		if strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("the cookie is %q", text)
		}
		var got values
		must(t, c.Decode("session", text, &got))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		// What is there is replaced, a nil map too.
		got = values{"there": "before"}
		must(t, c.Decode("session", text, &got))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		must(t, c.Decode("session", encode(t, c, "session", values{}), &got))
		if got == nil || len(got) > 0 {
			t.Errorf("an empty map: %v", got)
		}
	}
}

// Every value that gorilla takes comes back, in gob and, where JSON has it, in JSON; what was written in one opens in a
// codec that writes the other.
func TestTypes(t *testing.T) {
	ring := ringOf(t, key("k"))
	inGob, inJSON := newCodec(t, ring, sealedgorilla.Options{}), newCodec(t, ring, sealedgorilla.Options{JSON: true})
	p := profile{7, "Zoë <&>", []string{"a"}}
	pointer := &p
	for _, value := range []any{p, &p, &pointer, "an ID", 8, []string{"a", ""}, map[string]int{"a": 1}, []byte("bytes"), written} {
		want := reflect.ValueOf(value)
		for want.Kind() == reflect.Pointer {
			want = want.Elem()
		}
		for _, c := range []*sealedgorilla.Codec{inGob, inJSON} {
			text := encode(t, c, "x", value)
			for _, reader := range []*sealedgorilla.Codec{inGob, inJSON} {
				got := reflect.New(want.Type())
				must(t, reader.Decode("x", text, got.Interface()))
				if diff := cmp.Diff(want.Interface(), got.Elem().Interface()); diff != "" {
					t.Error(diff)
				}
			}
		}
	}
	var p2 *profile
	must(t, inGob.Decode("x", encode(t, inGob, "x", p), &p2))
	if diff := cmp.Diff(&p, p2); diff != "" {
		t.Error(diff)
	}

	// JSON keeps numbers of any type exact.
	var got map[string]any
	must(t, inJSON.Decode("x", encode(t, inJSON, "x", map[string]any{"n": int64(1<<53 + 1)}), &got))
	if got["n"] != json.Number("9007199254740993") {
		t.Errorf("%#v", got)
	}
}

func TestDoesNotEncode(t *testing.T) {
	ring := ringOf(t, key("k"))
	inGob, inJSON := newCodec(t, ring, sealedgorilla.Options{}), newCodec(t, ring, sealedgorilla.Options{JSON: true})
	type unregistered struct{ Private string }
	for _, test := range []struct {
		c     *sealedgorilla.Codec
		value any
		class error
	}{
		{inGob, nil, sealring.ErrBadPayload},
		{inJSON, nil, sealring.ErrBadPayload},
		{inGob, (*profile)(nil), sealring.ErrBadPayload},
		{inJSON, (*profile)(nil), sealring.ErrBadPayload},
		{inGob, values{"x": unregistered{"private"}}, sealring.ErrBadPayload},
		{inGob, func() {}, sealring.ErrBadPayload},
		{inJSON, func() {}, sealring.ErrConfig},
		{inJSON, values{"x": "private"}, sealring.ErrConfig}, // JSON has no such keys
		{inJSON, "\xffprivate", sealring.ErrBadPayload},
	} {
		text, err := test.c.Encode("x", test.value)
		if failsWith(t, err, test.class, "usage"); text != "" {
			t.Errorf("%T: %q", test.value, text)
		}
	}
	_, err := inGob.Encode("", values{})
	failsWith(t, err, sealring.ErrBind, "usage")
}

// A cookie that browsers would drop is not written, and is never opened.
func TestSize(t *testing.T) {
	ring := ringOf(t, key("k"))
	for _, max := range []int{0, 400, 401, 402, 403} {
		c := newCodec(t, ring, sealedgorilla.Options{MaxLength: max})
		if max == 0 {
			max = 4096
		}
		last := ""
		for n := 1; ; n++ {
			text, err := c.Encode("session", strings.Repeat("x", n))
			if err != nil {
				if failsWith(t, err, sealring.ErrTooLarge, "usage"); text != "" || !strings.Contains(err.Error(), "Options.MaxLength") {
					t.Errorf("%q, %v", text, err)
				}
				break
			}
			if len("session")+len(text) > max {
				t.Fatalf("a cookie of %d characters", len(text))
			}
			last = text
		}
		var got string
		must(t, c.Decode("session", last, &got))
		if len(last) < max-12 {
			t.Errorf("the largest cookie has %d characters of %d", len(last), max)
		}
		refuses(t, c, strings.Repeat("n", max-len(last)+1), last, sealring.ErrTooLarge)
		refuses(t, c, "session", strings.Repeat("A", 100<<20), sealring.ErrTooLarge)
	}

	// Nor one that is larger than any body may be.
	_, err := newCodec(t, ring, sealedgorilla.Options{}).Encode("session", strings.Repeat("x", 2<<20))
	failsWith(t, err, sealring.ErrTooLarge, "usage")

	// Files may be larger.
	c := newCodec(t, ring, sealedgorilla.Options{MaxLength: 1 << 24})
	want, got := strings.Repeat("x", 11<<20), ""
	must(t, c.Decode("file", encode(t, c, "file", want), &got))
	if got != want {
		t.Errorf("a file of %d bytes", len(got))
	}
}

func TestTampering(t *testing.T) {
	for _, o := range []sealedgorilla.Options{{}, {Signed: true}, {JSON: true}} {
		c := newCodec(t, ringOf(t, key("k")), o)
		text := encode(t, c, "session", "the value")
		for i := range text {
			for _, b := range []byte("A_-0 \n%") {
				if text[i] != b {
					refuses(t, c, "session", text[:i]+string(b)+text[i+1:], sealring.ErrInvalid)
				}
			}
			refuses(t, c, "session", text[:i], sealring.ErrInvalid)
			refuses(t, c, "session", text[:i]+text[i+1:], sealring.ErrInvalid)
		}
		for _, more := range []string{"A", "=", "\n", "\x00", "AAAA"} {
			refuses(t, c, "session", text+more, sealring.ErrInvalid)
			refuses(t, c, "session", more+text, sealring.ErrInvalid)
		}
	}
}

func TestRefuses(t *testing.T) {
	ring := ringOf(t, key("k"))
	c := newCodec(t, ring, sealedgorilla.Options{})
	text := encode(t, c, "session", values{"n": 1})

	// Of another name, another purpose, another key; of anything that is no cookie of ours.
	refuses(t, c, "other", text, sealring.ErrBadSignature)
	refuses(t, newCodec(t, ring, sealedgorilla.Options{Purpose: "other"}), "session", text, sealring.ErrBadSignature)
	refuses(t, newCodec(t, ringOf(t, key("other")), sealedgorilla.Options{}), "session", text, sealring.ErrUnknownKey)
	refuses(t, newCodec(t, ring, sealedgorilla.Options{Signed: true}), "session", text, sealring.ErrRefused)
	var got values
	must(t, c.Decode("session", encode(t, newCodec(t, ring, sealedgorilla.Options{Signed: true}), "session", values{"n": 1}), &got))
	for _, junk := range []string{
		"", "x", "deleted", strings.Repeat("|", 4000), "sr2_AAAA",
		"MTc5NTY0MDk4N3xleUoxYzJWeVgybGtJam94TWpNc0ltNWhiV1VpT2lKaFpHMXBiaUo5fAEMne_g2HB9G_LvrafbdgeHVeu9rMVhE1xbQSQnD7qb", // gorilla's
	} {
		refuses(t, c, "session", junk, sealring.ErrInvalid)
	}

	// Authentic, but of a codec for other things: bound to nothing, or in another content.
	unbound, err := sealring.NewCodec[string](ring, "gorilla-cookie", &sealring.Options{TTL: time.Hour, Encrypt: true, Content: sealring.Raw})
	must(t, err)
	token, err := unbound.Seal("x")
	must(t, err)
	refuses(t, newCodec(t, ring, sealedgorilla.Options{Now: time.Now}), "session", token, sealring.ErrBadSignature)
	packed, err := sealring.NewCodec[string](ring, "gorilla-cookie", &sealring.Options{TTL: time.Hour, Encrypt: true, Content: sealring.MessagePack})
	must(t, err)
	token, err = packed.For("session").Seal("x")
	must(t, err)
	refuses(t, newCodec(t, ring, sealedgorilla.Options{Now: time.Now}), "session", token, sealring.ErrRefused)

	// Authentic, and of another type: in gob, in JSON, and of a type that JSON does not have.
	refuses(t, c, "x", encode(t, c, "x", "private"), sealring.ErrBadPayload)
	inJSON := newCodec(t, ring, sealedgorilla.Options{JSON: true})
	refuses(t, c, "x", encode(t, inJSON, "x", "private"), sealring.ErrBadPayload)
	n := 5
	failsWith(t, c.Decode("x", encode(t, inJSON, "x", "private"), &n), sealring.ErrBadPayload, "decode")
	failsWith(t, c.Decode("x", encode(t, c, "x", "private"), &n), sealring.ErrBadPayload, "decode")
	if n != 5 {
		t.Errorf("an error, and %d", n)
	}
	p := profile{ID: 5}
	half := encode(t, inJSON, "x", map[string]any{"id": 6, "name": 7})
	if failsWith(t, c.Decode("x", half, &p), sealring.ErrBadPayload, "decode"); p.ID != 5 {
		t.Errorf("an error, and %+v", p)
	}

	// What a program does wrong.
	failsWith(t, c.Decode("", text, &got), sealring.ErrBind, "usage")
	for _, dst := range []any{nil, values{}, (*values)(nil), "x"} {
		failsWith(t, c.Decode("session", text, dst), sealring.ErrConfig, "usage")
	}
}

func TestLifetime(t *testing.T) {
	for _, ttl := range []time.Duration{0, time.Hour} {
		clock := &clock{written}
		c := newCodec(t, ringOf(t, key("k")), sealedgorilla.Options{TTL: ttl, Now: clock.Now})
		if ttl == 0 {
			ttl = 30 * 24 * time.Hour
		}
		text := encode(t, c, "session", values{"n": 1})
		var got values
		clock.now = written.Add(ttl - time.Millisecond)
		must(t, c.Decode("session", text, &got))
		clock.now = written.Add(ttl)
		refuses(t, c, "session", text, sealring.ErrExpired)
		clock.now = written.Add(-10*time.Second - time.Millisecond)
		refuses(t, c, "session", text, sealring.ErrNotYetValid)
	}
}

func TestRotation(t *testing.T) {
	clock := &clock{written}
	a, b := key("a"), key("b")
	a.SealFrom, b.SealFrom = written.Add(-time.Hour), written.Add(time.Hour)
	ring := ringOf(t, a)
	var heard openings
	c := newCodec(t, ring, sealedgorilla.Options{Now: clock.Now, Observer: &heard})
	var got values
	text := encode(t, c, "session", values{"n": 1})
	must(t, ring.Replace(a, b))
	must(t, c.Decode("session", text, &got))
	clock.now = written.Add(time.Hour)
	must(t, c.Decode("session", text, &got))
	newer := encode(t, c, "session", values{"n": 2})
	must(t, ring.Replace(b))
	refuses(t, c, "session", text, sealring.ErrUnknownKey)
	must(t, c.Decode("session", newer, &got))
	if len(heard) != 4 || heard[0].Stale || !heard[1].Stale || heard[2].Class != sealring.ErrUnknownKey || heard[3].KeyID != "b" {
		t.Errorf("the observer heard %+v", heard)
	}

	staged := key("staged")
	staged.SealFrom = clock.now.Add(time.Hour)
	must(t, ring.Replace(staged))
	_, err := c.Encode("session", values{})
	failsWith(t, err, sealring.ErrNoPrimaryKey, "internal")
}

type openings []sealring.Opening

func (o *openings) Opened(e sealring.Opening) { *o = append(*o, e) }

func TestConcurrency(t *testing.T) {
	c := newCodec(t, ringOf(t, key("k")), sealedgorilla.Options{JSON: true})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 50 {
				var p profile
				if err := c.Decode("x", encode(t, c, "x", profile{ID: i}), &p); err != nil || p.ID != i {
					t.Errorf("%+v, %v", p, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestConfiguration(t *testing.T) {
	ring := ringOf(t, key("k"))
	for name, o := range map[string]sealedgorilla.Options{
		"a negative lifetime":    {TTL: -time.Second},
		"parts of a millisecond": {TTL: time.Microsecond},
		"a negative length":      {MaxLength: -1},
		"a length beyond":        {MaxLength: 1<<24 + 1},
		"no ASCII":               {Purpose: "séance"},
	} {
		if c, err := sealedgorilla.NewCodec(ring, &o); !errors.Is(err, sealring.ErrConfig) || c != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sealedgorilla.NewCodec(nil, nil); !errors.Is(err, sealring.ErrConfig) {
		t.Error(err)
	}
	c, err := sealedgorilla.NewCodec(ring, nil)
	must(t, err)
	var got values
	must(t, c.Decode("session", encode(t, c, "session", values{"n": 1}), &got))
	tiny := newCodec(t, ring, sealedgorilla.Options{MaxLength: 1})
	_, err = tiny.Encode("x", 1)
	failsWith(t, err, sealring.ErrTooLarge, "usage")
}

// Under GODEBUG=fips140=only, where XChaCha20-Poly1305 may not be used, NewCodec says so, signing works, and nothing
// panics. The mode is for a whole process, so the test runs itself in one.
func TestFIPS(t *testing.T) {
	if os.Getenv("SEALRING_TEST_FIPS") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFIPS$")
		cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", "SEALRING_TEST_FIPS=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	ring := ringOf(t, key("k"))
	if _, err := sealedgorilla.NewCodec(ring, nil); !errors.Is(err, sealring.ErrConfig) {
		t.Error(err)
	}
	c := newCodec(t, ring, sealedgorilla.Options{Signed: true})
	var got values
	must(t, c.Decode("x", encode(t, c, "x", values{"n": 1}), &got))
}

// A decoder is another codec, that counts.
type decoder int

func (d *decoder) Decode(name, value string, dst any) error {
	*d++
	if value != "old" {
		return errors.New("not mine")
	}
	*dst.(*string) = name
	return nil
}

func TestLegacy(t *testing.T) {
	var old decoder
	clock := &clock{written}
	l := sealedgorilla.Legacy{Decoder: &old, Until: written.Add(time.Hour), Now: clock.Now}
	var got string
	must(t, l.Decode("session", "old", &got))
	if got != "session" {
		t.Errorf("%q", got)
	}
	if err := l.Decode("session", "other", &got); err == nil || err.Error() != "not mine" {
		t.Error(err)
	}
	text, err := l.Encode("session", "x")
	if failsWith(t, err, sealring.ErrRefused, "usage"); text != "" {
		t.Errorf("it wrote %q", text)
	}
	clock.now = written.Add(time.Hour)
	failsWith(t, l.Decode("session", "old", &got), sealring.ErrRefused, "decode")
	failsWith(t, sealedgorilla.Legacy{}.Decode("session", "old", &got), sealring.ErrRefused, "decode")
	failsWith(t, sealedgorilla.Legacy{Until: time.Now().Add(time.Hour)}.Decode("session", "old", &got), sealring.ErrRefused, "decode")
	must(t, sealedgorilla.Legacy{Decoder: &old, Until: time.Now().Add(time.Hour)}.Decode("session", "old", &got))
	if old != 3 {
		t.Errorf("the decoder was asked %d times", old)
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	k := key("k1")
	c := newCodec(t, ringOf(t, k), sealedgorilla.Options{})
	encode(t, c, "x", values{"n": 1})
	secret := k.Secret.Reveal()[5:25]
	for name, held := range map[string]any{
		"codec": c, "in a struct": struct{ C any }{c}, "in a map": map[string]any{"c": c},
		"out of reach": struct{ c *sealedgorilla.Codec }{c}, "legacy": sealedgorilla.Legacy{Decoder: c},
	} {
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
			fmt.Fprintf(&out, verb, held)
		}
		encoded, _ := json.Marshal(held)
		out.Write(encoded)
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "held", held)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "held", held)
		out.Write(log.Bytes())
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s shows the secret", name)
		}
	}
	if got := fmt.Sprintf("%v %+v", c, c.LogValue()); got != "gorilla(sealer(gorilla-cookie, keyring(k1))) gorilla(sealer(gorilla-cookie, keyring(k1)))" {
		t.Errorf("printed %q", got)
	}
}
