package django_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// signing.dumps("hello") with the known key, and with the older one.
const (
	knownHello = "ImhlbGxvIg:1vb66i:-iHTlMFuRp9m9Dy_2WInZx00t78UEv_F11PBNUKaFgc"
	olderHello = "ImhlbGxvIg:1vb66i:GL5ZVdB733OEhFrU6lJe6HM_bdvkiVhMp35NEPrxezU"
	sha1Hello  = "ImhlbGxvIg:1vb66i:XyhxM9AX-lkIKa36fIeW6eBU92U"
)

// What signing.dumps writes; all but the one that is compressed are written here as the same text.
func TestSigner(t *testing.T) {
	number := json.Number("9007199254740993")
	for _, c := range []struct {
		name   string
		salt   []byte
		key    string
		signed string
		value  any
	}{
		{"text", nil, knownKey, knownHello, "hello"},
		{"everything", nil, knownKey,
			"eyJuYW1lIjoiWm9cdTAwZWIgXHVkODNkXHVkZTAwIFx1NmYyMiIsIm4iOjkwMDcxOTkyNTQ3NDA5OTMsImYiOjAuNSwibm9uZSI6bnVsbH0:" +
				"1vb66i:4oUT5f_x71nKoAP3RuxPK0RKeBcaUkX6ste1acBz7hQ",
			map[string]any{"name": "Zoë 😀 漢", "n": number, "f": json.Number("0.5"), "none": nil}},
		{"salt", []byte("password-reset"), knownKey,
			"eyJ1c2VyIjoxMjN9:1vb66i:nb0MUK2E8XqXaHKZcZYUjoaEnZ0evD6tnoMziosjQYY", map[string]any{"user": json.Number("123")}},
		{"composed salt", []byte("caf\u00e9"), knownKey, "Ingi:1vb66i:3qkmSRC5Nn_90hPMx7dDs-syL4kaDC0q-_gvQM-RJpQ", "x"},
		{"decomposed salt", []byte("cafe\u0301"), knownKey, "Ingi:1vb66i:BFrmWTGDFfsy9azcHdDViFi6Q3eIKEJ0FqR6c7UBO5I", "x"},
		{"empty salt", []byte{}, knownKey, "Ingi:1vb66i:9o9qFr-6gsRm2vx041aEDUQGkKsNs9WrcDkvkkoYwYs", "x"},
		{"key beyond ASCII", nil, "gehe\u00efm", "Ingi:1vb66i:c62IMrhrqJLjcaCM9Xc6e0aAze-c_EwviAQUcajzkho", "x"},
		{"older key", nil, olderKey, olderHello, "hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := django.NewSigner[any](c.key, nil, &django.Options{Salt: c.salt, Now: clock})
			if err != nil {
				t.Fatal(err)
			}
			value, at, err := s.Loads(c.signed, time.Minute)
			if !reflect.DeepEqual(value, c.value) || !at.Equal(knownTime) || err != nil {
				t.Errorf("%v, %v, %v", value, at, err)
			}
			signed, err := s.Dumps(c.value)
			if c.name == "everything" { // whose keys Go sorts
				value, _, err := s.Loads(signed, time.Minute)
				if !reflect.DeepEqual(value, c.value) || err != nil {
					t.Errorf("%v, %v", value, err)
				}
			} else if signed != c.signed || err != nil {
				t.Errorf("signed %s, %v", signed, err)
			}
		})
	}
}

// The order of fields is that of the dict, so the text is Django's.
func TestEscapesAsPythonDoes(t *testing.T) {
	s := mustSigner[struct {
		Name string  `json:"name"`
		N    int64   `json:"n"`
		F    float64 `json:"f"`
		None *int    `json:"none"`
	}](t, nil)
	signed, err := s.Dumps(struct {
		Name string  `json:"name"`
		N    int64   `json:"n"`
		F    float64 `json:"f"`
		None *int    `json:"none"`
	}{"Zoë 😀 漢", 1<<53 + 1, 0.5, nil})
	want := "eyJuYW1lIjoiWm9cdTAwZWIgXHVkODNkXHVkZTAwIFx1NmYyMiIsIm4iOjkwMDcxOTkyNTQ3NDA5OTMsImYiOjAuNSwibm9uZSI6bnVsbH0:" +
		"1vb66i:4oUT5f_x71nKoAP3RuxPK0RKeBcaUkX6ste1acBz7hQ"
	if signed != want || err != nil {
		t.Errorf("%s, %v", signed, err)
	}

	// json.dumps of each, as ensure_ascii has it.
	for value, want := range map[string]string{
		"\x7f":           `"\u007f"`,
		"\u00e9":         `"\u00e9"`,
		"\ufffd":         `"\ufffd"`,
		"\u2028":         `"\u2028"`,
		"\U0001f600":     `"\ud83d\ude00"`,
		"\U0010ffff":     `"\udbff\udfff"`,
		"<&>'~\"\\/":     `"<&>'~\"\\/"`,
		"\x00\b\f\n\x1f": `"\u0000\b\f\n\u001f"`,
	} {
		signed, err := mustSigner[string](t, nil).Dumps(value)
		if err != nil {
			t.Fatal(err)
		}
		payload, _, _ := strings.Cut(signed, ":")
		if got, err := base64.RawURLEncoding.DecodeString(payload); string(got) != want || err != nil {
			t.Errorf("%q is written %s, %v, want %s", value, got, err, want)
		}
		if got, _, err := mustSigner[string](t, nil).Loads(signed, time.Minute); got != value || err != nil {
			t.Errorf("%q comes back as %q, %v", value, got, err)
		}
	}
}

func TestCompress(t *testing.T) {
	// signing.dumps(list(range(1, 20)), compress=True)
	signed := ".eJwFwcERACAIwLCF-rCiILN47r-GyZVJsNgkxaFxoDgxcOHGxMKD_T7vhAml:1vb66i:yzOLByO04_LOIBoiz1CK_Jvu0ojopc5nAxSzTxhlf04"
	var want []int
	for i := 1; i < 20; i++ {
		want = append(want, i)
	}
	plain := mustSigner[[]int](t, nil)
	got, _, err := plain.Loads(signed, time.Minute)
	if !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	compressing := mustSigner[[]int](t, &django.Options{Compress: true, Now: clock})
	want = append(want, make([]int, 100)...) // the fastest level does not find what little there is in the other list
	for s, compressed := range map[*django.Signer[[]int]]bool{plain: false, compressing: true} {
		signed, err := s.Dumps(want)
		if strings.HasPrefix(signed, ".") != compressed || err != nil {
			t.Errorf("compressed %v: %s, %v", compressed, signed, err)
		}
		if got, _, err := plain.Loads(signed, time.Minute); !reflect.DeepEqual(got, want) || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
	if signed, err := compressing.Dumps([]int{1}); signed[0] == '.' || err != nil {
		t.Errorf("compressed to more than it was: %s, %v", signed, err)
	}
}

// The composed and the decomposed form of a letter are other keys and other salts.
func TestNormalFormsDiffer(t *testing.T) {
	composed := mustSigner[string](t, &django.Options{Salt: []byte("caf\u00e9"), Now: clock})
	decomposed := mustSigner[string](t, &django.Options{Salt: []byte("cafe\u0301"), Now: clock})
	signed, err := composed.Dumps("x")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = decomposed.Loads(signed, time.Minute)
	failsWith(t, err, itsdangerous.ErrBadSignature)

	one, err := django.NewSigner[string]("caf\u00e9", nil, &django.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	other, err := django.NewSigner[string]("cafe\u0301", nil, &django.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if signed, err = one.Dumps("x"); err != nil {
		t.Fatal(err)
	}
	_, _, err = other.Loads(signed, time.Minute)
	failsWith(t, err, itsdangerous.ErrBadSignature)
}

// Rotation as a story: the fallbacks, newest first, open what they signed, and the key alone signs.
func TestRotation(t *testing.T) {
	before, err := django.NewSigner[string](olderKey, nil, &django.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := before.Loads(olderHello, time.Minute); err != nil {
		t.Fatal(err)
	}
	_, _, err = before.Loads(knownHello, time.Minute)
	failsWith(t, err, itsdangerous.ErrBadSignature)

	between, err := django.NewSigner[string](knownKey, []string{"another-key", olderKey}, &django.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	for _, signed := range []string{olderHello, knownHello} {
		if value, _, err := between.Loads(signed, time.Minute); value != "hello" || err != nil {
			t.Errorf("%q, %v", value, err)
		}
	}
	if signed, err := between.Dumps("hello"); signed != knownHello || err != nil {
		t.Errorf("signed %s, %v", signed, err)
	}

	_, _, err = mustSigner[string](t, nil).Loads(olderHello, time.Minute)
	failsWith(t, err, itsdangerous.ErrBadSignature)
}

// The caller's fallbacks and salt are neither kept nor changed.
func TestArgumentsStayTheCallers(t *testing.T) {
	fallbacks, salt := []string{olderKey, "another-key"}, []byte("django.core.signing")
	leeway := time.Hour
	o := &django.Options{Salt: salt, Leeway: &leeway, Now: clockAt(knownTime.Add(-time.Minute))}
	s, err := django.NewSigner[string](knownKey, fallbacks, o)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fallbacks, []string{olderKey, "another-key"}) || string(salt) != "django.core.signing" {
		t.Error("changed")
	}
	fallbacks[0], salt[0], leeway, o.MaxDecoded = "x", 'x', 0, 1
	if value, _, err := s.Loads(olderHello, time.Minute); value != "hello" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
}

func TestSHA1(t *testing.T) {
	_, _, err := mustSigner[string](t, nil).Loads(sha1Hello, time.Minute)
	failsWith(t, err, itsdangerous.ErrBadSignature)

	s, err := django.NewSigner[string]("another-key", []string{knownKey}, &django.Options{LegacySHA1: true, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	for _, signed := range []string{sha1Hello, knownHello} {
		if value, _, err := s.Loads(signed, time.Minute); value != "hello" || err != nil {
			t.Errorf("%q, %v", value, err)
		}
	}
	signed, err := s.Dumps("hello")
	if err != nil || len(signed) != len(knownHello) {
		t.Errorf("signed %s, %v, not with SHA-256", signed, err)
	}
}

func TestMangled(t *testing.T) {
	s := mustSigner[any](t, &django.Options{LegacySHA1: true, Now: clock})
	for _, signed := range []string{knownHello, sha1Hello} {
		if _, _, err := s.Loads(signed, time.Minute); err != nil {
			t.Fatal(err)
		}
		refused := func(what, text string) {
			t.Helper()
			value, at, err := s.LoadsAnyAge(text)
			if value != nil || !at.IsZero() || !errors.Is(err, itsdangerous.ErrBadSignature) {
				t.Errorf("%s: %v, %v, %v", what, value, at, err)
			}
		}
		for i := range len(signed) {
			refused("a prefix", signed[:i])
			refused("a suffix", signed[i+1:])
			refused("a byte deleted", signed[:i]+signed[i+1:])
			for b := range 256 {
				if byte(b) != signed[i] {
					refused("a byte changed", signed[:i]+string([]byte{byte(b)})+signed[i+1:])
				}
			}
		}
		for b := range 256 {
			refused("a byte appended", signed+string([]byte{byte(b)}))
			refused("a byte before", string([]byte{byte(b)})+signed)
		}
		refused("padding", signed+"=")
		refused("twice", signed+signed)
		refused("percent-encoded", strings.ReplaceAll(signed, ":", "%3A"))
		refused("itsdangerous' separator", strings.ReplaceAll(signed, ":", "."))
		refused("a signature of zeros", signed[:strings.LastIndex(signed, ":")+1]+strings.Repeat("A", 43))
	}
	for _, text := range []string{"", ":", "::", ":::", "a:b", "a:b:c", "hello"} {
		_, _, err := s.LoadsAnyAge(text)
		failsWith(t, err, itsdangerous.ErrBadSignature)
	}
}

// zlibBomb is 32 KB that grow to 32 MiB of a JSON string, more than anything here may take.
var zlibBomb = sync.OnceValue(func() string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write([]byte(`"` + strings.Repeat("a", 32<<20) + `"`))
	w.Close()
	return "." + base64.RawURLEncoding.EncodeToString(out.Bytes())
})

// Each is behind a good signature, with a good time.
func TestBadPayloads(t *testing.T) {
	compressed := func(text string) string {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		w.Write([]byte(text))
		w.Close()
		return base64.RawURLEncoding.EncodeToString(out.Bytes())
	}
	text := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	s := mustSigner[any](t, nil)
	for name, payload := range map[string]string{
		"empty":                  "",
		"a dot":                  ".",
		"only white space":       text("  "),
		"padding":                "ImhlbGxvIg==",
		"trailing bits":          "ImhlbGxvIh",
		"standard alphabet":      "Ij8/Pz8i",
		"line feed":              "ImhlbG\nxvIg",
		"junk":                   "Imhl!!!bGxvIg",
		"a separator":            "ImhlbGxvIg:ImhlbGxvIg",
		"not UTF-8":              "\xff",
		"no JSON":                text("hello"),
		"a pickle":               text("\x80\x04}\x94."),
		"something after it":     text(`"hello" 1`),
		"NaN":                    text("NaN"),
		"infinity":               text("[-Infinity]"),
		"beyond binary64":        text("1e999"),
		"a key twice":            text(`{"admin":false,"admin":true}`),
		"a key twice, escaped":   text(`{"admin":false,"\u0061dmin":true}`),
		"half a surrogate pair":  text(`"\ud800"`), // json.dumps writes it
		"the wrong half":         text(`"\udc00\ud800"`),
		"Latin-1":                text("\"caf\xe9\""), // which Django reads
		"UTF-8":                  text("\"caf\u00e9\""),
		"UTF-16":                 text("\xff\xfe\"\x00"),
		"byte order mark":        text("\ufeff\"hello\""),
		"control character":      text("\"\x01\""),
		"a million deep":         text(strings.Repeat("[", 1_000_000)),
		"a million deep, closed": text(strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000)),
		"deep objects":           text(strings.Repeat(`{"a":`, 200_000)),
		"too large":              text(`"` + strings.Repeat("a", 1<<20) + `"`),
		"no zlib":                "." + text("hello"),
		"zlib cut off":           "." + compressed(`"hello"`)[:12],
		"bytes behind zlib":      "." + compressed(`"hello"`) + "AAAA",
		"zlib not marked":        compressed(`"hello"`),
		"a bomb":                 zlibBomb(),
	} {
		t.Run(name, func(t *testing.T) {
			signed := forge(t, knownKey, "django.core.signing", payload+":"+knownStamp)
			before := allocated()
			value, at, err := s.Loads(signed, time.Minute)
			if n := allocated() - before; n > 16<<20 {
				t.Errorf("took %d MiB", n>>20)
			}
			failsWith(t, err, itsdangerous.ErrBadPayload)
			if value != nil || !at.IsZero() {
				t.Errorf("%v, %v beside an error", value, at)
			}
			if !errors.Is(err, sealring.ErrBadPayload) || !strings.HasPrefix(err.Error(), "django: bad payload: ") {
				t.Errorf("%v", err)
			}
			if body, issued, err := s.OpenLegacy(signed); err != nil && (body != nil || !issued.IsZero()) {
				t.Errorf("%q, %v beside an error", body, issued)
			}
		})
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// What signing.dumps wrote that is no JSON.
func TestPythonsOwn(t *testing.T) {
	for _, signed := range []string{
		"TmFO:1vb66i:51ryy-h9Nj3yEa2zy9mj4TfJHl9M3CNxj-tvUV_uRaI",        // float("nan")
		"Ilx1ZDgwMCI:1vb66i:9D2wQXmQ6mXcpJMju23jBmbTPwLhq6YEGo5D-UNeOtE", // "\ud800"
	} {
		_, _, err := mustSigner[any](t, nil).Loads(signed, time.Minute)
		failsWith(t, err, itsdangerous.ErrBadPayload)
	}
}

func TestHugeInputsCostNothing(t *testing.T) {
	s := mustSigner[any](t, nil)
	for name, text := range map[string]string{
		"separators":     strings.Repeat(":", 8<<20),
		"no separators":  strings.Repeat("A", 8<<20),
		"a signature":    strings.Repeat(":", 8<<20) + strings.Repeat("A", 43),
		"a payload":      strings.Repeat("A", 8<<20) + knownHello[10:],
		"a timestamp":    "A:" + strings.Repeat("z", 8<<20) + knownHello[17:],
		"pairs of texts": strings.Repeat("A:", 4<<20),
	} {
		s.LoadsAnyAge(text) // so that the states are there
		before := allocated()
		_, _, err := s.LoadsAnyAge(text)
		if n := allocated() - before; n > 64<<10 {
			t.Errorf("%s: %d bytes", name, n)
		}
		failsWith(t, err, itsdangerous.ErrBadSignature)
	}
}

func TestTypes(t *testing.T) {
	type session struct {
		UserID int  `json:"user_id"`
		Admin  bool `json:"admin"`
	}
	s := mustSigner[session](t, nil)
	signed, err := s.Dumps(session{123, true})
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.Loads(signed, time.Minute); got != (session{123, true}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	// Half of it fits. Nothing of it is handed out.
	for _, json := range []string{`{"user_id":5,"admin":"yes"}`, `{"admin":false,"ADMIN":true}`, `[]`, `{"user_id":1e3}`} {
		got, at, err := s.Loads(forgePayload(t, json), time.Minute)
		failsWith(t, err, itsdangerous.ErrBadPayload)
		if got != (session{}) || !at.IsZero() {
			t.Errorf("%+v, %v beside an error", got, at)
		}
	}

	_, err = django.NewSigner[chan int](knownKey, nil, nil)
	failsWith(t, err, itsdangerous.ErrConfig)
	if !errors.Is(err, sealring.ErrConfig) {
		t.Errorf("%v is none of the root's class", err)
	}
}

func TestDumpsRefuses(t *testing.T) {
	s := mustSigner[any](t, &django.Options{MaxDecoded: 100, Now: clock})
	cycle := map[string]any{}
	cycle["self"] = cycle
	for name, value := range map[string]any{
		"not UTF-8":     "\xff",
		"a function":    func() {},
		"a cycle":       cycle,
		"too large":     strings.Repeat("a", 99),
		"large escaped": strings.Repeat("é", 17), // 104 bytes as Django writes it
	} {
		signed, err := s.Dumps(value)
		failsWith(t, err, itsdangerous.ErrBadPayload)
		if signed != "" {
			t.Errorf("%s: %q beside an error", name, signed)
		}
	}
	for _, value := range []string{strings.Repeat("a", 98), strings.Repeat("é", 16)} {
		signed, err := s.Dumps(value)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.Loads(signed, time.Minute); got != value || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	}
	_, err := mustSigner[any](t, &django.Options{Now: clockAt(time.Time{})}).Dumps("x")
	failsWith(t, err, itsdangerous.ErrConfig)
}

func TestMaxDecoded(t *testing.T) {
	large := forgePayload(t, `"`+strings.Repeat("a", 2<<20)+`"`)
	_, _, err := mustSigner[string](t, nil).Loads(large, time.Minute)
	failsWith(t, err, itsdangerous.ErrBadPayload)
	value, _, err := mustSigner[string](t, &django.Options{MaxDecoded: 3 << 20, Now: clock}).Loads(large, time.Minute)
	if len(value) != 2<<20 || err != nil {
		t.Errorf("%d bytes, %v", len(value), err)
	}
}

// A codec moves over: it opens what Django signed, and what it seals in its place is an envelope.
func TestOptionsLegacy(t *testing.T) {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	cookie := mustCookie(t, "theme", &django.Options{Now: clock})
	for name, c := range map[string]struct {
		opener sealring.LegacyOpener
		token  string
		want   any
	}{
		"dumps":  {mustSigner[any](t, nil), knownHello, "hello"},
		"cookie": {cookie, knownTheme, "dark:blue"},
	} {
		now := knownClock
		codec, err := sealring.NewCodec[any](ring, "session", &sealring.Options{
			TTL: time.Hour, Now: func() time.Time { return now },
			Legacy: []sealring.Legacy{{Opener: c.opener, Until: knownTime.Add(48 * time.Hour), MaxAge: time.Hour}},
		})
		if err != nil {
			t.Fatal(err)
		}
		value, info, err := codec.OpenInfo(c.token)
		if value != c.want || !info.Legacy || !info.Issued.Equal(knownTime) || err != nil {
			t.Errorf("%s: %v, %+v, %v", name, value, info, err)
		}
		if _, err = codec.Open(c.token[1:]); !errors.Is(err, sealring.ErrBadSignature) {
			t.Errorf("%s, damaged: %v", name, err)
		}
		now = now.Add(time.Hour)
		if _, err = codec.Open(c.token); !errors.Is(err, sealring.ErrExpired) {
			t.Errorf("%s, an hour later: %v", name, err)
		}
	}
}
