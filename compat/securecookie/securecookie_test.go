package securecookie_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/securecookie"
)

// Cookies named "session" that gorilla/securecookie 1.1.2 wrote, one for each serializer, without and with a block key.
const (
	gobCookie     = "MTc5NTY0MDk4N3xEWDhFQVFMX2dBQUJFQUVRQUFCWF80QUFBd1p6ZEhKcGJtY01DUUFIZFhObGNsOXBaQU5wYm5RRUF3RF85Z1p6ZEhKcGJtY01CZ0FFYm1GdFpRWnpkSEpwYm1jTUJ3QUZZV1J0YVc0R2MzUnlhVzVuREFjQUJXRmtiV2x1QkdKdmIyd0NBZ0FCfE8Cwshub2pqGqFGC61ddcQp6O_Vw3B6VDht9fpGGtOr"
	jsonCookie    = "MTc5NTY0MDk4N3xleUp1WVcxbElqb2lZV1J0YVc0aUxDSnViM1JsSWpvaVlWeDFNREF6WTJJaUxDSjFjMlZ5WDJsa0lqb3hNak45Q2c9PXwxt-x3wO3AnpMUpOMKvhUEOp1HKtAUfiSYS8h38uz8Zw=="
	gobEncrypted  = "MTc5NTY0MDk4N3w2Y0RzdE9VckFyN1IzajRLVVlZbVZvVjMyWmtta2FvREZjSEJmNGx6X0J0bi1WRDF2SnRxYllXMmFEQnlWRG16T05XeWNCem14Qmk4WU1yX19aRnBYdEIwblJMalhiblR2ckhuNU1CZGNZSmlOV1RCSnRSLVBEYm5RS05wQjhQenFPMjliRWVCNkxnQUZmNDFTeWpUUG1mQkpkbFNzdz09fP5ZtLH1cWl1PSD1v07uIFwl6RkWhIzG2oRkQFqLFlEL"
	jsonEncrypted = "MTc5NTY0MDk4N3x6eUVqX2E1Mldsb3ROczZORHM0X2pLVk5WSWNLSVZqamdQQlNHaG1rczduME5UVkp0TnhsTGdPZTRfQTg2TFdHQzJfYWpYX2JDOUhtbWlySTVTTXUwUWc9fMZPe3mKwWpVLJgmwtmYN2XKYF9h8bmCaVL2ZmW_SoHV"
)

var (
	hashKey = []byte("0123456789abcdef0123456789abcdef")
	plain   = []securecookie.KeyPair{{HashKey: hashKey}}
	crypted = []securecookie.KeyPair{{HashKey: hashKey, BlockKey: []byte("fedcba9876543210")}}
	written = time.Unix(1795640987, 0)
)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func must[T any](t testing.TB, pairs []securecookie.KeyPair, o securecookie.Options) *securecookie.Cookie[T] {
	t.Helper()
	if o.Now == nil {
		o.Now = at(written)
	}
	c, err := securecookie.NewCookie[T]("session", pairs, &o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type values = map[any]any

type session struct {
	UserID int    `json:"user_id"`
	Name   string `json:"name"`
	Note   string `json:"note"`
}

func TestReadsWhatGorillaWrote(t *testing.T) {
	for _, text := range []string{gobCookie, gobEncrypted} {
		pairs := plain
		if text == gobEncrypted {
			pairs = crypted
		}
		got, when, err := must[values](t, pairs, securecookie.Options{}).Decode(text, 0)
		if err != nil || !when.Equal(written) {
			t.Fatal(when, err)
		}
		if diff := cmp.Diff(values{"user_id": 123, "name": "admin", "admin": true}, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, text := range []string{jsonCookie, jsonEncrypted} {
		pairs := plain
		if text == jsonEncrypted {
			pairs = crypted
		}
		got, _, err := must[session](t, pairs, securecookie.Options{Serializer: securecookie.JSON}).Decode(text, time.Hour)
		if want := (session{123, "admin", "a<b"}); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, pairs := range [][]securecookie.KeyPair{plain, crypted} {
		for _, s := range []securecookie.Serializer{securecookie.Gob, securecookie.JSON} {
			c := must[session](t, pairs, securecookie.Options{Serializer: s})
			want := session{7, "Zoë", "x"}
			text, err := c.Encode(want)
			if err != nil {
				t.Fatal(err)
			}
			if got, when, err := c.Decode(text, 0); err != nil || got != want || !when.Equal(written) {
				t.Errorf("%+v, %v, %v", got, when, err)
			}
		}
	}
}

// A cookie says the second in which it was written, so that seconds are what its age is counted in, as in gorilla.
func TestAgeInSeconds(t *testing.T) {
	for _, test := range []struct {
		now    time.Time
		maxAge time.Duration
		class  error
	}{
		{written.Add(time.Second - 1), 0, nil},
		{written.Add(time.Second), 0, sealring.ErrExpired},
		{written.Add(time.Second), time.Second / 2, sealring.ErrExpired},
		{written.Add(time.Hour + time.Second - 1), time.Hour, nil},
		{written.Add(time.Hour + time.Second), time.Hour, sealring.ErrExpired},
		{written, -time.Second, sealring.ErrExpired},
		{written.Add(-10 * time.Second), time.Hour, nil},
		{written.Add(-10*time.Second - 1), time.Hour, sealring.ErrNotYetValid},
	} {
		c := must[values](t, plain, securecookie.Options{Now: at(test.now)})
		if _, _, err := c.Decode(gobCookie, test.maxAge); !errors.Is(err, test.class) {
			t.Errorf("at %v, maximum %v: %v, want %v", test.now.Sub(written), test.maxAge, err, test.class)
		}
	}
}

// One cookie is for all of a program's goroutines.
func TestConcurrently(t *testing.T) {
	var wait sync.WaitGroup
	for _, pairs := range [][]securecookie.KeyPair{plain, crypted} {
		c := must[values](t, pairs, securecookie.Options{})
		for i := range 32 {
			wait.Go(func() {
				for range 50 {
					text, err := c.Encode(values{"i": i})
					if err != nil {
						t.Error(err)
					}
					if got, _, err := c.Decode(text, 0); err != nil || got["i"] != i {
						t.Errorf("%v, %v", got, err)
					}
					if body, _, err := c.OpenLegacy(text); err != nil || string(body) != fmt.Sprintf(`{"i":%d}`, i) {
						t.Errorf("%s, %v", body, err)
					}
				}
			})
		}
	}
	wait.Wait()
}

// The first pair writes, all open.
func TestRotation(t *testing.T) {
	fresh := securecookie.KeyPair{HashKey: []byte("another hash key, of 32 bytes...")}
	both := must[values](t, append([]securecookie.KeyPair{fresh}, plain...), securecookie.Options{})
	if _, _, err := both.Decode(gobCookie, 0); err != nil {
		t.Error(err)
	}
	text, err := both.Encode(values{"a": 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := must[values](t, []securecookie.KeyPair{fresh}, securecookie.Options{}).Decode(text, 0); err != nil {
		t.Error(err)
	}
	if _, _, err := must[values](t, plain, securecookie.Options{}).Decode(text, 0); !errors.Is(err, sealring.ErrBadSignature) {
		t.Error(err)
	}
}

// A service that begins to encrypt, or takes another block key, may keep its hash key. The MAC then says that a cookie is
// genuine, but not which of the pairs wrote it.
func TestPairsOfOneHashKey(t *testing.T) {
	other := securecookie.KeyPair{HashKey: hashKey, BlockKey: []byte("another block key, of 32 bytes..")}
	for name, test := range map[string]struct {
		pairs     []securecookie.KeyPair
		gob, json string
	}{
		"encrypted from now on":     {[]securecookie.KeyPair{crypted[0], plain[0]}, gobCookie, jsonCookie},
		"no longer encrypted":       {[]securecookie.KeyPair{plain[0], crypted[0]}, gobEncrypted, jsonEncrypted},
		"under another block key":   {[]securecookie.KeyPair{other, crypted[0]}, gobEncrypted, jsonEncrypted},
		"the third is the one":      {[]securecookie.KeyPair{other, plain[0], crypted[0]}, gobEncrypted, jsonEncrypted},
		"the first is the one":      {[]securecookie.KeyPair{crypted[0], other, plain[0]}, gobEncrypted, jsonEncrypted},
		"a hash key that is not it": {[]securecookie.KeyPair{{HashKey: []byte("x")}, other, crypted[0]}, gobEncrypted, jsonEncrypted},
	} {
		c := must[values](t, test.pairs, securecookie.Options{})
		if got, _, err := c.Decode(test.gob, 0); err != nil || got["name"] != "admin" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if body, _, err := c.OpenLegacy(test.gob); err != nil || !strings.Contains(string(body), `"admin"`) {
			t.Errorf("%s: %s, %v", name, body, err)
		}
		j := must[session](t, test.pairs, securecookie.Options{Serializer: securecookie.JSON})
		if got, _, err := j.Decode(test.json, time.Hour); err != nil || got.Name != "admin" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if body, _, err := j.OpenLegacy(test.json); err != nil || !strings.Contains(string(body), `"admin"`) {
			t.Errorf("%s: %s, %v", name, body, err)
		}
	}
	c := must[values](t, []securecookie.KeyPair{other, other}, securecookie.Options{})
	if got, _, err := c.Decode(gobEncrypted, 0); !errors.Is(err, sealring.ErrBadPayload) || got != nil {
		t.Errorf("no pair of them: %v, %v", got, err)
	}
}

// forge signs a value as gorilla does, whatever it is.
func forge(date, value string) string {
	h := hmac.New(sha256.New, hashKey)
	h.Write([]byte("session|" + date + "|" + value))
	return base64.URLEncoding.EncodeToString([]byte(date + "|" + value + "|" + string(h.Sum(nil))))
}

func TestRefuses(t *testing.T) {
	encoded := func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }
	now := fmt.Sprint(written.Unix())
	for _, test := range []struct {
		name, text string
		class      error
	}{
		{"nothing", "", sealring.ErrMalformed},
		{"too long", strings.Repeat("A", 4097), sealring.ErrTooLarge},
		{"separators", strings.Repeat("|", 4096), sealring.ErrMalformed},
		{"separators within", encoded(strings.Repeat("|", 3000)), sealring.ErrBadSignature},
		{"no separator", encoded("1795640987"), sealring.ErrMalformed},
		{"one separator", encoded("1795640987|x"), sealring.ErrMalformed},
		{"no MAC", encoded("1795640987|x|"), sealring.ErrBadSignature},
		{"line feed", gobCookie[:40] + "\n" + gobCookie[40:], sealring.ErrMalformed},
		{"carriage return at the end", gobCookie + "\r", sealring.ErrMalformed},
		{"standard alphabet", strings.NewReplacer("_", "/", "-", "+").Replace(jsonCookie), sealring.ErrMalformed},
		{"without padding", strings.TrimRight(jsonCookie, "="), sealring.ErrMalformed},
		{"trailing bits", jsonCookie[:len(jsonCookie)-3] + "x==", sealring.ErrMalformed},
		{"another cookie's", forge("1", "x")[:10] + jsonCookie[10:], sealring.ErrBadSignature},
		{"no date", forge("", encoded("{}")), sealring.ErrMalformed},
		{"a date with a sign", forge("+1795640987", encoded("{}")), sealring.ErrMalformed},
		{"a date with a zero", forge("01795640987", encoded("{}")), sealring.ErrMalformed},
		{"before 1970", forge("-1", encoded("{}")), sealring.ErrMalformed},
		{"milliseconds", forge("1795640987000", encoded("{}")), sealring.ErrMalformed},
		{"2^63", forge("9223372036854775808", encoded("{}")), sealring.ErrMalformed},
		{"2^64-1", forge("18446744073709551615", encoded("{}")), sealring.ErrMalformed},
		{"too old", forge("1795637386", encoded("{}")), sealring.ErrExpired},
		{"from the future", forge("1795640998", encoded("{}")), sealring.ErrNotYetValid},
		{"no value", forge(now, ""), sealring.ErrBadPayload},
		{"junk in the value", forge(now, "!!!!"), sealring.ErrBadPayload},
		{"a line feed in the value", forge(now, encoded("{}")+"\n"), sealring.ErrBadPayload},
		{"no JSON", forge(now, encoded("{")), sealring.ErrBadPayload},
		{"a key twice", forge(now, encoded(`{"name":"a","name":"b"}`)), sealring.ErrBadPayload},
		{"something after it", forge(now, encoded("{}{}")), sealring.ErrBadPayload},
		{"nested a million deep", forge(now, encoded(strings.Repeat("[", 2000))), sealring.ErrBadPayload},
	} {
		c := must[session](t, plain, securecookie.Options{Serializer: securecookie.JSON})
		got, when, err := c.Decode(test.text, time.Hour)
		if !errors.Is(err, test.class) || got != (session{}) || !when.IsZero() {
			t.Errorf("%s: %+v, %v, %v; want %v", test.name, got, when, err, test.class)
		}
	}
	if _, _, err := must[session](t, plain, securecookie.Options{Serializer: securecookie.JSON}).
		Decode(forge("1795640997", encoded("{}")), 0); err != nil {
		t.Errorf("10 seconds ahead: %v", err)
	}
}

// Behind a good MAC gob and decryption may still find nothing that they read.
func TestRefusesGob(t *testing.T) {
	now := fmt.Sprint(written.Unix())
	for name, text := range map[string]string{
		"empty":          forge(now, ""),
		"junk":           forge(now, base64.URLEncoding.EncodeToString([]byte("junk"))),
		"a huge message": forge(now, base64.URLEncoding.EncodeToString([]byte{0xfc, 0x3f, 0xff, 0xff, 0xff, 1})),
		"another type":   jsonCookie,
	} {
		if got, _, err := must[values](t, plain, securecookie.Options{}).Decode(text, 0); !errors.Is(err, sealring.ErrBadPayload) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		body, _, err := must[values](t, plain, securecookie.Options{}).OpenLegacy(text)
		if !errors.Is(err, sealring.ErrBadPayload) || body != nil {
			t.Errorf("%s: %s, %v", name, body, err)
		}
	}
	short := forge(now, base64.URLEncoding.EncodeToString(make([]byte, 16)))
	if _, _, err := must[values](t, crypted, securecookie.Options{}).Decode(short, 0); !errors.Is(err, sealring.ErrBadPayload) {
		t.Error(err)
	}
}

// A gob that says of a map that it has 2^24 members, and has none, would have gob make room for them: 1.2 GiB.
func TestGobBomb(t *testing.T) {
	for name, test := range map[string]struct {
		stream string
		decode func(text string) error
	}{
		"a map": {"0d7f040102ff800001100110000008ff8000fc01000000", func(text string) error {
			_, _, err := must[values](t, plain, securecookie.Options{}).Decode(text, 0)
			return err
		}},
		"a map, to JSON": {"0d7f040102ff800001100110000008ff8000fc01000000", func(text string) error {
			_, _, err := must[values](t, plain, securecookie.Options{}).OpenLegacy(text)
			return err
		}},
	} {
		stream, err := hex.DecodeString(test.stream)
		if err != nil {
			t.Fatal(err)
		}
		text := forge(fmt.Sprint(written.Unix()), base64.URLEncoding.EncodeToString(stream))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = test.decode(text)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, sealring.ErrBadPayload) {
			t.Errorf("%s: %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%s: %d MiB for a cookie of %d bytes", name, took>>20, len(text))
		}
	}
}

// What stands in interfaces comes with types of its own, and those in them again.
func TestNestedGob(t *testing.T) {
	gob.Register([]any{})
	gob.Register(map[string]any{})
	want := values{"list": []any{1, []any{"x"}, []string{"y"}}, "map": map[string]any{"deep": map[string]any{"f": 1.5}}, "n": 2}
	c := must[values](t, plain, securecookie.Options{})
	text, err := c.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := c.Decode(text, 0)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	body, _, err := c.OpenLegacy(text)
	if err != nil || string(body) != `{"list":[1,["x"],["y"]],"map":{"deep":{"f":1.5}},"n":2}` {
		t.Errorf("%s, %v", body, err)
	}
	if text, err = c.Encode(values{}); err != nil {
		t.Fatal(err)
	}
	if got, _, err := c.Decode(text, 0); err != nil || got == nil || len(got) != 0 {
		t.Errorf("empty: %v, %v", got, err)
	}
}

// Nothing authenticates the block key, so that with another one the value is noise behind a good MAC.
func TestAnotherBlockKey(t *testing.T) {
	other := []securecookie.KeyPair{{HashKey: hashKey, BlockKey: []byte("another key: 16 ")}}
	_, _, err := must[values](t, other, securecookie.Options{}).Decode(gobEncrypted, 0)
	_, _, legacy := must[values](t, other, securecookie.Options{}).OpenLegacy(gobEncrypted)
	for _, err := range []error{err, legacy} {
		if !errors.Is(err, sealring.ErrBadPayload) || !strings.HasSuffix(err.Error(), "or the block key is another") {
			t.Error(err)
		}
	}
	_, _, err = must[values](t, plain, securecookie.Options{}).Decode(jsonCookie, 0)
	if !errors.Is(err, sealring.ErrBadPayload) || strings.Contains(err.Error(), "block key") {
		t.Errorf("without a block key: %v", err)
	}
}

// Every prefix, every deleted, changed and appended byte is refused.
func TestMangled(t *testing.T) {
	c := must[values](t, crypted, securecookie.Options{})
	refused := func(what, text string) {
		if got, _, err := c.Decode(text, 0); err == nil || got != nil {
			t.Errorf("%s opened", what)
		}
	}
	for i := range gobEncrypted {
		refused(fmt.Sprintf("the prefix of %d", i), gobEncrypted[:i])
		refused(fmt.Sprintf("without byte %d", i), gobEncrypted[:i]+gobEncrypted[i+1:])
		for bit := range 8 {
			refused(fmt.Sprintf("bit %d of byte %d", bit, i), gobEncrypted[:i]+string([]byte{gobEncrypted[i] ^ 1<<bit})+gobEncrypted[i+1:])
		}
	}
	for b := range 256 {
		refused(fmt.Sprintf("appended byte %d", b), gobEncrypted+string([]byte{byte(b)}))
	}
	other, err := securecookie.NewCookie[values]("other", crypted, &securecookie.Options{Now: at(written)})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Decode(gobEncrypted, 0); !errors.Is(err, sealring.ErrBadSignature) {
		t.Errorf("under another name: %v", err)
	}
}

func TestConfigRefused(t *testing.T) {
	for name, make := range map[string]func() (any, error){
		"no name":        func() (any, error) { return securecookie.NewCookie[values]("", plain, nil) },
		"a name in two":  func() (any, error) { return securecookie.NewCookie[values]("a|1", plain, nil) },
		"no keys":        func() (any, error) { return securecookie.NewCookie[values]("a", nil, nil) },
		"empty hash key": func() (any, error) { return securecookie.NewCookie[values]("a", []securecookie.KeyPair{{}}, nil) },
		"block key of 5": func() (any, error) {
			return securecookie.NewCookie[values]("a", []securecookie.KeyPair{{hashKey, []byte("12345")}}, nil)
		},
		"empty block key": func() (any, error) {
			return securecookie.NewCookie[values]("a", []securecookie.KeyPair{{hashKey, []byte{}}}, nil)
		},
		"serializer": func() (any, error) {
			return securecookie.NewCookie[values]("a", plain, &securecookie.Options{Serializer: 2})
		},
		"length": func() (any, error) {
			return securecookie.NewCookie[values]("a", plain, &securecookie.Options{MaxLength: -1})
		},
		"leeway": func() (any, error) {
			return securecookie.NewCookie[values]("a", plain, &securecookie.Options{Leeway: new(-time.Second)})
		},
		"JSON of any keys": func() (any, error) {
			return securecookie.NewCookie[values]("a", plain, &securecookie.Options{Serializer: securecookie.JSON})
		},
	} {
		if c, err := make(); !errors.Is(err, sealring.ErrConfig) || !reflect.ValueOf(c).IsNil() {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	c := must[values](t, plain, securecookie.Options{})
	if _, err := c.Encode(values{"x": strings.Repeat("x", 4096)}); !errors.Is(err, sealring.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := c.Encode(values{"x": struct{ A int }{}}); !errors.Is(err, sealring.ErrBadPayload) {
		t.Error(err)
	}
	late := must[values](t, plain, securecookie.Options{Now: at(time.Unix(253402300800, 0))})
	if _, err := late.Encode(values{}); !errors.Is(err, sealring.ErrConfig) {
		t.Error(err)
	}
}

func TestOpenLegacy(t *testing.T) {
	body, issued, err := must[values](t, crypted, securecookie.Options{}).OpenLegacy(gobEncrypted)
	if err != nil || !issued.Equal(written) || string(body) != `{"admin":true,"name":"admin","user_id":123}` {
		t.Errorf("%s, %v, %v", body, issued, err)
	}
	c := must[values](t, plain, securecookie.Options{})
	text, err := c.Encode(values{1: "a number for a key"})
	if err != nil {
		t.Fatal(err)
	}
	if body, _, err := c.OpenLegacy(text); !errors.Is(err, sealring.ErrBadPayload) || body != nil {
		t.Errorf("%s, %v", body, err)
	}
}

// A service that had its sessions in gorilla's cookies seals them from now on.
func TestMoves(t *testing.T) {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	for _, opener := range []sealring.LegacyOpener{
		must[values](t, plain, securecookie.Options{}),
		must[session](t, plain, securecookie.Options{Serializer: securecookie.JSON}),
	} {
		codec, err := sealring.NewCodec[map[string]any](ring, "session", &sealring.Options{
			TTL: time.Hour, Encrypt: true, Now: at(written),
			Legacy: []sealring.Legacy{{Opener: opener, Until: written.Add(time.Hour), MaxAge: time.Hour}},
		})
		if err != nil {
			t.Fatal(err)
		}
		text := gobCookie
		if _, ok := opener.(*securecookie.Cookie[session]); ok {
			text = jsonCookie
		}
		got, info, err := codec.OpenInfo(text)
		if err != nil || !info.Legacy || !info.Stale || got["name"] != "admin" || fmt.Sprint(got["user_id"]) != "123" {
			t.Errorf("%v %+v %v", got, info, err)
		}
	}
}

func TestPrintsNoKey(t *testing.T) {
	c := must[values](t, crypted, securecookie.Options{})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, c); got != "securecookie(session)" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

// Under GODEBUG=fips140=only a hash key of fewer than 14 bytes is refused, the rest works, and nothing panics. The mode is
// for a whole process, so the test runs itself in one.
func TestFIPS140Only(t *testing.T) {
	const variable = "SEALRING_TEST_FIPS"
	if os.Getenv(variable) == "" {
		test := exec.Command(os.Args[0], "-test.run=^TestFIPS140Only$", "-test.v", "-test.count=1")
		test.Env = append(os.Environ(), variable+"=1", "GODEBUG=fips140=only")
		if out, err := test.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestFIPS140Only") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	short := []securecookie.KeyPair{{HashKey: []byte("short"), BlockKey: crypted[0].BlockKey}}
	if _, err := securecookie.NewCookie[values]("session", short, nil); !errors.Is(err, sealring.ErrConfig) {
		t.Error(err)
	}
	c := must[values](t, crypted, securecookie.Options{})
	text, err := c.Encode(values{"a": 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{text, gobEncrypted} {
		if got, _, err := c.Decode(text, 0); err != nil || len(got) == 0 {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// FuzzDecode: nothing that is signed makes decoding panic, and nothing else opens.
func FuzzDecode(f *testing.F) {
	f.Add("1795640987", []byte("{}"), true)       // good
	f.Add("1795640987", []byte{0xfc, 0x3f}, true) // gob that ends in a length
	f.Add("", []byte(nil), true)                  // nothing
	f.Add("9|9", []byte("|"), false)              // separators where none belong
	f.Fuzz(func(t *testing.T, date string, value []byte, sign bool) {
		text := base64.URLEncoding.EncodeToString(append([]byte(date+"|"), value...))
		if sign {
			text = forge(date, base64.URLEncoding.EncodeToString(value))
		}
		for _, open := range []func() (any, time.Time, error){
			func() (any, time.Time, error) {
				v, when, err := must[values](t, plain, securecookie.Options{}).Decode(text, time.Hour)
				return len(v), when, err
			},
			func() (any, time.Time, error) {
				v, when, err := must[session](t, plain, securecookie.Options{Serializer: securecookie.JSON}).Decode(text, time.Hour)
				return v, when, err
			},
			func() (any, time.Time, error) {
				v, when, err := must[values](t, plain, securecookie.Options{}).OpenLegacy(text)
				return len(v), when, err
			},
		} {
			v, when, err := open()
			if err == nil && !sign {
				t.Fatalf("opened what nobody signed: %q", text)
			}
			if err != nil && (v != any(0) && v != any(session{}) || !when.IsZero()) {
				t.Fatalf("%v, %v beside %v", v, when, err)
			}
		}
	})
}
