package itsdangerous_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// A serializer is what the four of them have in common, for tests: loads has a maximum age where there is a time.
type serializer struct {
	dumps  func(any) (string, error)
	loads  func(string) (any, error)
	salted func(string) serializer
	legacy sealring.LegacyOpener
	sign   func(string) string // signs what need not be a payload
}

func ageless(s *itsdangerous.Serializer[any]) serializer {
	return serializer{dumps: s.Dumps, loads: s.Loads, legacy: s, salted: func(salt string) serializer {
		other, _ := s.WithSalt([]byte(salt))
		return ageless(other)
	}}
}

func urlSafe(s *itsdangerous.URLSafeSerializer[any]) serializer {
	return serializer{dumps: s.Dumps, loads: s.Loads, legacy: s, salted: func(salt string) serializer {
		other, _ := s.WithSalt([]byte(salt))
		return urlSafe(other)
	}}
}

func timed(s *itsdangerous.TimedSerializer[any]) serializer {
	return serializer{dumps: s.Dumps, legacy: s, loads: func(signed string) (any, error) {
		v, when, err := s.Loads(signed, 10*time.Second)
		if (err == nil) == when.IsZero() {
			return v, fmt.Errorf("time %v beside %v", when, err)
		}
		return v, err
	}, salted: func(salt string) serializer {
		other, _ := s.WithSalt([]byte(salt))
		return timed(other)
	}}
}

func urlSafeTimed(s *itsdangerous.URLSafeTimedSerializer[any]) serializer {
	return serializer{dumps: s.Dumps, legacy: s, loads: func(signed string) (any, error) {
		v, when, err := s.Loads(signed, 10*time.Second)
		if (err == nil) == when.IsZero() {
			return v, fmt.Errorf("time %v beside %v", when, err)
		}
		return v, err
	}, salted: func(salt string) serializer {
		other, _ := s.WithSalt([]byte(salt))
		return urlSafeTimed(other)
	}}
}

// serializers returns the four, by Python's names.
func serializers(t testing.TB, keys []string, o itsdangerous.Options) map[string]serializer {
	t.Helper()
	if o.Now == nil {
		o.Now = at(signedAt)
	}
	a, err1 := itsdangerous.NewSerializer[any](keys, &o)
	b, err2 := itsdangerous.NewURLSafeSerializer[any](keys, &o)
	c, err3 := itsdangerous.NewTimedSerializer[any](keys, &o)
	d, err4 := itsdangerous.NewURLSafeTimedSerializer[any](keys, &o)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	all := map[string]serializer{
		"Serializer": ageless(a), "URLSafeSerializer": urlSafe(b), "TimedSerializer": timed(c), "URLSafeTimedSerializer": urlSafeTimed(d),
	}
	if o.Salt == nil {
		o.Salt = []byte("itsdangerous")
	}
	signer := mustSigner(t, keys, o)
	timestamp, err := itsdangerous.NewTimestampSigner(keys, &o)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range all {
		s.sign = signer.Sign
		if strings.Contains(name, "Timed") {
			s.sign = func(value string) string {
				signed, err := timestamp.Sign(value)
				if err != nil {
					t.Fatal(err)
				}
				return signed
			}
		}
		all[name] = s
	}
	return all
}

var values = []any{
	nil, true, "str", "text", "", []any{json.Number("1"), json.Number("2"), json.Number("3")}, map[string]any{"id": json.Number("42")},
	map[string]any{}, []any{}, json.Number("9007199254740993"), json.Number("1180591620717411303424"), json.Number("1.0"), json.Number("-0.0"),
	"mañana 無限 🔑 \u2028 <&>", strings.Repeat("a", 1000),
}

func TestSerializers(t *testing.T) {
	for name, s := range serializers(t, []string{"secret_key"}, itsdangerous.Options{}) {
		for _, value := range values {
			signed, err := s.dumps(value)
			if err != nil {
				t.Errorf("%s: %v: %v", name, value, err)
				continue
			}
			got, err := s.loads(signed)
			if diff := cmp.Diff(value, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", name, err, diff)
			}
		}
	}
}

// What Python wrote, and what is written as Python does.
func TestSerializersReadPython(t *testing.T) {
	want := map[string]any{"id": json.Number("42")}
	for name, signed := range map[string]string{
		"Serializer":             `{"id": 42}.0XLzuMAHP6Oh9cnQ27puUwvSw7g`,
		"TimedSerializer":        `{"id": 42}.TgPVoQ.go_XSHIC1FOMQN1sUJC45Z1lZRw`,
		"URLSafeSerializer":      `eyJpZCI6NDJ9.Z-HaNt236Oj5pFDPW25MouYkrcA`,
		"URLSafeTimedSerializer": `eyJpZCI6NDJ9.TgPVoQ.OrMFcbcNb1bOevFzF4w643CiYnI`,
	} {
		keys := []string{"secret_key"}
		if strings.HasPrefix(name, "URLSafe") {
			keys = secretKey
		}
		s := serializers(t, keys, itsdangerous.Options{})[name]
		got, err := s.loads(signed)
		if diff := cmp.Diff(any(want), got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
		if strings.HasPrefix(name, "URLSafe") {
			if again, err := s.dumps(got); err != nil || again != signed {
				t.Errorf("%s: %s, %v", name, again, err)
			}
		}
	}
	s := serializers(t, secretKey, itsdangerous.Options{})["URLSafeTimedSerializer"]
	got, err := s.loads(".eJxTShwFo2AUDHugBAD6Fns8.TgPVoQ.fRXLPUYVblkvmE1sUMSzMUJ1o1Q")
	if err != nil || got != strings.Repeat("a", 1000) {
		t.Errorf("compressed: %v", err)
	}
}

func TestSerializerDigests(t *testing.T) {
	for digest, signed := range map[itsdangerous.Digest]string{
		"":                  "[42].-9cNi0CxsSB3hZPNCe9a2eEs1ZM",
		itsdangerous.SHA1:   "[42].-9cNi0CxsSB3hZPNCe9a2eEs1ZM",
		itsdangerous.SHA512: "[42].MKCz_0nXQqv7wKpfHZcRtJRmpT2T5uvs9YQsJEhJimqxc9bCLxG31QzS5uC8OVBI1i6jyOLAFNoKaF5ckO9L5Q",
	} {
		s, err := itsdangerous.NewSerializer[[]int]([]string{"dev key"}, &itsdangerous.Options{Salt: []byte("dev salt"), Digest: digest})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Dumps([]int{42}); err != nil || got != signed {
			t.Errorf("%s: %s, %v", digest, got, err)
		}
	}
}

func TestSerializersChangedValue(t *testing.T) {
	for name, s := range serializers(t, secretKey, itsdangerous.Options{}) {
		signed, err := s.dumps(map[string]any{"id": 42})
		if err != nil {
			t.Fatal(err)
		}
		changed := []string{strings.ToUpper(signed), signed + "a", "a" + signed[1:], strings.ReplaceAll(signed, ".", ""), ""}
		for i := range signed {
			changed = append(changed, signed[:i], signed[:i]+signed[i+1:], signed[:i]+string([]byte{signed[i] ^ 1})+signed[i+1:])
		}
		for _, text := range changed {
			if got, err := s.loads(text); got != nil || !errors.Is(err, itsdangerous.ErrBadSignature) {
				t.Errorf("%s: %q: %v, %v", name, text, got, err)
			}
		}
	}
}

func deflate(text string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

// Behind a good signature stands what is no payload.
func TestBadPayloads(t *testing.T) {
	b64 := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	stream := deflate(`"` + strings.Repeat("x", 100) + `"`)
	jsons := map[string]string{
		"nothing":          "",
		"cut off":          `{"id": 4`,
		"something after":  `{} {}`,
		"a key twice":      `{"a":1,"a":2}`,
		"not a number":     `NaN`,
		"infinity":         `-Infinity`,
		"beyond binary64":  `1e400`,
		"half a pair":      `"\ud800"`,
		"not UTF-8":        "\"\xff\"",
		"byte order mark":  "\ufeff{}",
		"a million deep":   strings.Repeat("[", 500000) + strings.Repeat("]", 500000),
		"101 deep":         strings.Repeat("[", 101) + strings.Repeat("]", 101),
		"over the limit":   `"` + strings.Repeat("x", 1<<20) + `"`,
		"a number of 4000": strings.Repeat("9", 4000),
	}
	encoded := map[string]string{
		"padding":          b64("{}") + "=",
		"trailing bits":    "e31",
		"line feed":        b64("{}") + "\n",
		"junk":             "e!30",
		"one character":    "e",
		"no stream":        ".",
		"a stream cut off": "." + b64(stream[:len(stream)-1]),
		"a bad checksum":   "." + b64(stream[:len(stream)-1]+"x"),
		"after the stream": "." + b64(stream+"x"),
		"two streams":      "." + b64(stream+stream),
		"no zlib header":   "." + b64(stream[2:]),
		"a dictionary":     "." + b64("\x78\xbb\x00\x00\x00\x01"+stream[2:]),
		"two dots":         ".." + b64(stream),
		"a bomb":           "." + b64(deflate(`"`+strings.Repeat("x", 32<<20)+`"`)),
	}
	for name, s := range serializers(t, secretKey, itsdangerous.Options{}) {
		texts := map[string]string{}
		for what, text := range jsons {
			if texts[what] = text; strings.HasPrefix(name, "URLSafe") {
				texts[what] = b64(text)
				texts[what+", compressed"] = "." + b64(deflate(text))
			}
		}
		if strings.HasPrefix(name, "URLSafe") {
			for what, text := range encoded {
				texts[what] = text
			}
		}
		for what, text := range texts {
			got, err := s.loads(s.sign(text))
			if is(t, err, itsdangerous.ErrBadPayload); got != nil || !errors.Is(err, sealring.ErrBadPayload) {
				t.Errorf("%s: %s: %v, %v", name, what, got, err)
			}
		}
	}
}

func TestMaxDecoded(t *testing.T) {
	for name, s := range serializers(t, secretKey, itsdangerous.Options{MaxDecoded: 100}) {
		for size, ok := range map[int]bool{98: true, 99: false} {
			value := strings.Repeat("x", size)
			if _, err := s.dumps(value); (err == nil) != ok {
				t.Errorf("%s: writing %d: %v", name, size, err)
			}
			text := `"` + value + `"`
			if strings.HasPrefix(name, "URLSafe") {
				text = "." + base64.RawURLEncoding.EncodeToString([]byte(deflate(text)))
			}
			if got, err := s.loads(s.sign(text)); (err == nil) != ok || ok && got != value {
				t.Errorf("%s: reading %d: %v, %v", name, size, got, err)
			}
		}
	}
}

func TestDumpsRefuses(t *testing.T) {
	deep := any(nil)
	for range 101 {
		deep = []any{deep}
	}
	for name, s := range serializers(t, secretKey, itsdangerous.Options{}) {
		for what, value := range map[string]any{
			"a channel": make(chan int), "not a number": math.NaN(), "not UTF-8": "\xff", "101 deep": deep,
			"large": strings.Repeat("x", 1<<20),
		} {
			got, err := s.dumps(value)
			if is(t, err, itsdangerous.ErrBadPayload); got != "" {
				t.Errorf("%s: %s: %q", name, what, got)
			}
		}
	}
	s, err := itsdangerous.NewTimedSerializer[any](secretKey, &itsdangerous.Options{Now: at(time.Unix(253402300800, 0))})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Dumps(1); got != "" || !errors.Is(err, itsdangerous.ErrConfig) {
		t.Errorf("%q, %v", got, err)
	}
}

// The rule for compression is Python's: where it saves two bytes or more.
func TestCompression(t *testing.T) {
	s := serializers(t, secretKey, itsdangerous.Options{})["URLSafeSerializer"]
	compressed := 0
	for size := range 300 {
		value := strings.Repeat("x", size)
		signed, err := s.dumps(value)
		if err != nil {
			t.Fatal(err)
		}
		text, isCompressed := strings.CutPrefix(signed[:strings.LastIndex(signed, ".")], ".")
		if isCompressed {
			compressed++
			if base64.RawURLEncoding.DecodedLen(len(text)) >= size+2-1 {
				t.Errorf("%d bytes were compressed to %d", size+2, base64.RawURLEncoding.DecodedLen(len(text)))
			}
		}
		if got, err := s.loads(signed); err != nil || got != value {
			t.Errorf("%d: %v", size, err)
		}
	}
	if compressed < 200 || compressed > 290 {
		t.Errorf("%d of 300 were compressed", compressed)
	}
}

func TestSalts(t *testing.T) {
	for name, s := range serializers(t, secretKey, itsdangerous.Options{}) {
		signed, err := s.salted("other").dumps(1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.loads(signed)
		if !errors.Is(err, itsdangerous.ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := s.salted("other").loads(signed); err != nil || got != json.Number("1") {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		again, err := s.salted("itsdangerous").dumps(1)
		if want, _ := s.dumps(1); err != nil || again != want {
			t.Errorf("%s: the default salt is another", name)
		}
	}
}

func TestFallbackSigners(t *testing.T) {
	for _, old := range []itsdangerous.Options{
		{Digest: itsdangerous.SHA256}, {KeyDerivation: itsdangerous.HMAC}, {Sep: "::"},
	} {
		before := serializers(t, []string{"a"}, old)
		after := serializers(t, []string{"a", "b"}, itsdangerous.Options{FallbackSigners: []itsdangerous.Fallback{
			{Digest: itsdangerous.SHA256}, {KeyDerivation: itsdangerous.HMAC}, {Sep: "::"},
		}})
		for name, s := range before {
			signed, err := s.dumps("value")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := after[name].loads(signed); err != nil || got != "value" {
				t.Errorf("%s: %v, %v", name, got, err)
			}
			if again, err := after[name].dumps("value"); err != nil || again == signed {
				t.Errorf("%s signs as a fallback does", name)
			}
		}
	}
}

func TestSerializerMaxAge(t *testing.T) {
	for _, name := range []string{"TimedSerializer", "URLSafeTimedSerializer"} {
		signed, err := serializers(t, secretKey, itsdangerous.Options{})[name].dumps("value")
		if err != nil {
			t.Fatal(err)
		}
		for age, class := range map[time.Duration]error{
			0: nil, 10 * time.Second: nil, 11 * time.Second: itsdangerous.ErrSignatureExpired, -time.Second: itsdangerous.ErrSignatureExpired,
		} {
			got, err := serializers(t, secretKey, itsdangerous.Options{Now: at(signedAt.Add(age))})[name].loads(signed)
			if class == nil {
				if err != nil || got != "value" {
					t.Errorf("%s at %v: %v, %v", name, age, got, err)
				}
				continue
			}
			if is(t, err, class); got != nil || !errors.Is(err, sealring.ErrExpired) || errors.Is(err, sealring.ErrBadSignature) {
				t.Errorf("%s at %v: %v, %v", name, age, got, err)
			}
		}
	}
	timed, err := itsdangerous.NewURLSafeTimedSerializer[string](secretKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, when, err := timed.LoadsAnyAge(".eJxTShwFo2AUDHugBAD6Fns8.TgPVoQ.fRXLPUYVblkvmE1sUMSzMUJ1o1Q"); err != nil || len(got) != 1000 || when != signedAt.UTC() {
		t.Errorf("%v, %v", when, err)
	}
}

// Values go to a type as they do in the root package.
func TestTypes(t *testing.T) {
	type session struct {
		ID    uint8 `json:"id"`
		Admin bool  `json:"admin"`
	}
	s, err := itsdangerous.NewURLSafeSerializer[session](secretKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	dynamic := serializers(t, secretKey, itsdangerous.Options{})["URLSafeSerializer"]
	for text, ok := range map[string]bool{
		`{"id":42,"admin":true}`: true, `{"id":256}`: false, `{"ADMIN":true}`: false, `{"id":"42"}`: false, `[]`: false, `{"id":42,"more":1}`: true,
	} {
		got, err := s.Loads(dynamic.sign(base64.RawURLEncoding.EncodeToString([]byte(text))))
		if ok && (err != nil || got.ID != 42) || !ok && (!errors.Is(err, itsdangerous.ErrBadPayload) || got != session{}) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	if _, err := itsdangerous.NewSerializer[chan int](secretKey, nil); !errors.Is(err, itsdangerous.ErrConfig) {
		t.Error(err)
	}
}

// A codec of the root package opens what each of the six classes has signed.
func TestMovesOver(t *testing.T) {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	o := itsdangerous.Options{Now: at(signedAt)}
	openers := map[sealring.LegacyOpener]string{}
	for _, s := range serializers(t, secretKey, o) {
		signed, err := s.dumps("value")
		if err != nil {
			t.Fatal(err)
		}
		openers[s.legacy] = signed
	}
	openers[mustSigner(t, secretKey, o)] = mustSigner(t, secretKey, o).Sign("value")
	openers[mustTimed(t, signedAt, o)] = timedValue
	for opener, signed := range openers {
		legacy := sealring.Legacy{Opener: opener, Until: signedAt.Add(time.Hour), MaxAge: time.Minute}
		open := func(now time.Time) (string, sealring.Info, error) {
			codec, err := sealring.NewCodec[string](ring, "session", &sealring.Options{
				TTL: time.Hour, Now: at(now), Legacy: []sealring.Legacy{legacy},
			})
			if err != nil {
				t.Fatal(err)
			}
			return codec.OpenInfo(signed)
		}
		_, dated := map[string]bool{"itsdangerous.TimestampSigner": true, "itsdangerous.TimedSerializer": true,
			"itsdangerous.URLSafeTimedSerializer": true}[fmt.Sprint(opener)]
		if !dated {
			if _, _, err := open(signedAt); !errors.Is(err, sealring.ErrRefused) {
				t.Errorf("%v, undated: %v", opener, err)
			}
			legacy.Undated = true
		}
		got, info, err := open(signedAt.Add(time.Minute))
		if err != nil || got != "value" || !info.Stale || !info.Legacy || info.Issued.IsZero() == dated {
			t.Errorf("%v: %q, %+v, %v", opener, got, info, err)
		}
		if _, _, err := open(signedAt.Add(time.Minute + time.Second)); dated != errors.Is(err, sealring.ErrExpired) {
			t.Errorf("%v, too old: %v", opener, err)
		}
		signed = "x" + signed
		if _, _, err := open(signedAt); !errors.Is(err, sealring.ErrBadSignature) {
			t.Errorf("%v, changed: %v", opener, err)
		}
	}
	text := mustSigner(t, secretKey, o).Sign("\xff")
	if body, _, err := mustSigner(t, secretKey, o).OpenLegacy(text); body != nil || !errors.Is(err, sealring.ErrBadPayload) {
		t.Errorf("not UTF-8: %q, %v", body, err)
	}
}

// Each serializer is for all of a program's goroutines, whose values do not mix: short ones, and such as are compressed.
func TestConcurrently(t *testing.T) {
	var wait sync.WaitGroup
	for name, s := range serializers(t, []string{"a", "b"}, itsdangerous.Options{FallbackSigners: []itsdangerous.Fallback{{Sep: "::"}}}) {
		for i := range 16 {
			wait.Go(func() {
				for n := range 8 {
					value := strings.Repeat(fmt.Sprint(i), 1+100*n)
					signed, err := s.dumps(value)
					if err != nil {
						t.Error(err)
					}
					if got, err := s.loads(signed); err != nil || got != value {
						t.Errorf("%s: %v, %v; want %s", name, got, err, value)
					}
					if body, _, err := s.legacy.OpenLegacy(signed); err != nil || string(body) != strconv.Quote(value) {
						t.Errorf("%s: %s, %v; want %s", name, body, err, value)
					}
					if got, err := s.loads(signed[:len(signed)-1]); got != nil || !errors.Is(err, itsdangerous.ErrBadSignature) {
						t.Errorf("%s: %v, %v", name, got, err)
					}
				}
				if _, err := s.salted(fmt.Sprint(i)).dumps(i); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
}

func TestAllocations(t *testing.T) {
	if raceDetector {
		return // sync.Pool forgets what it was given there
	}
	s := mustTimed(t, signedAt, itsdangerous.Options{})
	value, dst, forged := []byte("value"), make([]byte, 0, 256), "other"+timedValue[5:]
	for name, test := range map[string]struct {
		most float64
		call func()
	}{
		"AppendSign": {0, func() { dst, _ = s.AppendSign(dst[:0], value) }},
		"Sign":       {1, func() { s.Sign("value") }},
		"Unsign":     {0, func() { s.Unsign(timedValue, time.Hour) }},
		"bad tag":    {0, func() { s.Unsign(forged, time.Hour) }},
		"garbage":    {0, func() { s.Unsign("garbage", time.Hour) }},
	} {
		if got := testing.AllocsPerRun(100, test.call); got > test.most {
			t.Errorf("%s: %v allocations, want %v", name, got, test.most)
		}
	}
}
