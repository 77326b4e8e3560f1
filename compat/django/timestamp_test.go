package django_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/itsdangerous"
)

const saltTimestampSigner = "django.core.signing.TimestampSigner"

// TimestampSigner().sign(value) at several times.
func TestTimestampSigner(t *testing.T) {
	for signed, want := range map[string]struct {
		value string
		at    int64
	}{
		"a:b:1vb66i:AGO3zkPoU69X934cbA_NctEfy3P-Z9dMqA0dlPvvbZ8": {"a:b", 1767225600},
		"x:0:TV2Lr73Jlov6bMFAe7O5ugnSV9BotkAUS9X79LsOmsQ":        {"x", 0},
		"x:z:t0EvqBbd-2CTz0jCBAJNbfi0J6aqNvt7f1gb5fMf-eM":        {"x", 61},
		"x:10:bVPeSZMxJ7Q0gG6GOEsQx2Kz-PZNAl-0rUrLFoOIl1g":       {"x", 62},
		"x:zz:aXuxeBUBJMs08Rk-eDMYJuyvvoWDdtdvUmhgoltjT9s":       {"x", 3843},
		"x:4SbCEFr:_YWgQSYf3dUsDtjwRBXljfWDm-fsx_GP4EdXwPJeW1I":  {"x", 253402300799},
	} {
		s := mustTimestampSigner(t, &django.Options{Now: clockAt(time.Unix(want.at, 999_999_999))})
		if got, err := s.Sign(want.value); got != signed || err != nil {
			t.Errorf("signed %q, %v, want %q", got, err, signed)
		}
		value, at, err := s.Unsign(signed, time.Second)
		if value != want.value || at != time.Unix(want.at, 0).UTC() || err != nil {
			t.Errorf("%q: %q, %v, %v", signed, value, at, err)
		}
	}
}

func TestValuesComeBack(t *testing.T) {
	s := mustTimestampSigner(t, &django.Options{Now: clock})
	for _, value := range []string{"", ":", "::", "a:b:c", "\x00", "caf\u00e9", "cafe\u0301", "😀", strings.Repeat("x", 5000)} {
		signed, err := s.Sign(value)
		if err != nil {
			t.Fatal(err)
		}
		if got, at, err := s.Unsign(signed, time.Hour); got != value || !at.Equal(knownTime) || err != nil {
			t.Errorf("%.20q comes back as %.20q, %v, %v", value, got, at, err)
		}
	}
}

// Django compares time.time(), which has fractions, with the whole second of the signature.
func TestAge(t *testing.T) {
	signed, err := mustTimestampSigner(t, &django.Options{Now: clock}).Sign("x")
	if err != nil {
		t.Fatal(err)
	}
	second := time.Second
	for _, c := range []struct {
		after  time.Duration
		maxAge time.Duration
		leeway *time.Duration
		want   error
	}{
		{0, 0, nil, nil},
		{1, 0, nil, itsdangerous.ErrSignatureExpired},
		{10 * time.Second, 10 * time.Second, nil, nil},
		{10*time.Second + 1, 10 * time.Second, nil, itsdangerous.ErrSignatureExpired},
		{1499 * time.Millisecond, 1500 * time.Millisecond, nil, nil},
		{1501 * time.Millisecond, 1500 * time.Millisecond, nil, itsdangerous.ErrSignatureExpired},
		{0, -1, nil, itsdangerous.ErrSignatureExpired},
		{0, math.MinInt64, nil, itsdangerous.ErrSignatureExpired},
		{math.MaxInt64, math.MaxInt64, nil, nil},
		{math.MaxInt64, math.MaxInt64 - 1, nil, itsdangerous.ErrSignatureExpired},
		// From the future.
		{-10 * time.Second, 0, nil, nil},
		{-10*time.Second - 1, time.Hour, nil, itsdangerous.ErrSignatureExpired},
		{-50 * 365 * 24 * time.Hour, math.MaxInt64, nil, itsdangerous.ErrSignatureExpired},
		{-time.Second, time.Hour, &second, nil},
		{-time.Second - 1, time.Hour, &second, itsdangerous.ErrSignatureExpired},
		{-1, time.Hour, new(time.Duration), itsdangerous.ErrSignatureExpired},
		{0, time.Hour, new(time.Duration), nil},
		// A leeway lengthens no age.
		{11 * time.Second, 10 * time.Second, nil, itsdangerous.ErrSignatureExpired},
	} {
		s := mustTimestampSigner(t, &django.Options{Now: clockAt(knownTime.Add(c.after)), Leeway: c.leeway})
		value, at, err := s.Unsign(signed, c.maxAge)
		if c.want == nil {
			if value != "x" || err != nil {
				t.Errorf("after %v of at most %v: %v", c.after, c.maxAge, err)
			}
			continue
		}
		if value != "" || !at.IsZero() {
			t.Errorf("after %v of at most %v: %q, %v beside an error", c.after, c.maxAge, value, at)
		}
		failsWith(t, err, c.want)
		if value, _, err := s.UnsignAnyAge(signed); value != "x" || err != nil {
			t.Errorf("after %v of any age: %v", c.after, err)
		}
	}
}

// A maximum age of all the time that a Duration has is 292 years, and still compares right.
func TestAgeOfCenturies(t *testing.T) {
	signed := forge(t, knownKey, saltTimestampSigner, "x:0")
	s := mustTimestampSigner(t, &django.Options{Now: clockAt(time.Unix(253402300799, 0))})
	_, _, err := s.Unsign(signed, math.MaxInt64)
	failsWith(t, err, itsdangerous.ErrSignatureExpired)
}

func TestClockOutsideDatetime(t *testing.T) {
	for _, now := range []time.Time{{}, time.Unix(-1, 0), time.Unix(253402300800, 0), time.Unix(math.MaxInt64, 0)} {
		s := mustTimestampSigner(t, &django.Options{Now: clockAt(now)})
		signed, err := s.Sign("x")
		failsWith(t, err, itsdangerous.ErrConfig)
		if signed != "" {
			t.Errorf("%q beside an error", signed)
		}
	}
}

// Each is behind a good signature. Django fails on them with an IndexError, a ValueError or an OverflowError, or not at
// all.
func TestBadTimestamps(t *testing.T) {
	s := mustTimestampSigner(t, &django.Options{Now: clock})
	for name, text := range map[string]string{
		"empty":           "",
		"no separator":    "value",
		"no digits":       "value:",
		"only separators": ":::",
		"negative":        "value:-1vb66i",
		"leading zero":    "value:01vb66i",
		"two zeros":       "value:00",
		"space":           "value: 1vb66i",
		"line feed":       "value:1vb66i\n",
		"no digit":        "value:1vb66_",
		"not ASCII":       "value:1vb66é",
		"milliseconds":    "value:V70MWPm",
		"year 10000":      "value:4SbCEFs",
		"9 digits":        "value:zzzzzzzzz",
		"2^63-1":          "value:AzL8n0Y58m7",
		"2^63":            "value:AzL8n0Y58m8",
		"2^64-1":          "value:LygHa16AHYF",
		"2^64":            "value:LygHa16AHYG",
		"a million":       "value:" + strings.Repeat("z", 1_000_000),
		"zeros":           "value:" + strings.Repeat("0", 1_000_000),
		"itsdangerous's":  "value:aVW5AA==",
	} {
		t.Run(name, func(t *testing.T) {
			signed := forge(t, knownKey, saltTimestampSigner, text)
			value, at, err := s.UnsignAnyAge(signed)
			failsWith(t, err, itsdangerous.ErrBadTimeSignature)
			if value != "" || !at.IsZero() {
				t.Errorf("%q, %v beside an error", value, at)
			}
			_, _, err = s.Unsign(signed, time.Hour)
			failsWith(t, err, itsdangerous.ErrBadTimeSignature)
			_, _, err = s.OpenLegacy(signed)
			failsWith(t, err, itsdangerous.ErrBadTimeSignature)
		})
	}
}

func TestValuesThatAreNotUTF8(t *testing.T) {
	s := mustTimestampSigner(t, &django.Options{Now: clock})
	for _, value := range []string{"\xff", "caf\xe9", "\xed\xa0\x80"} { // the last is half a surrogate pair
		signed, err := s.Sign(value)
		failsWith(t, err, itsdangerous.ErrBadPayload)
		if signed != "" {
			t.Errorf("%q beside an error", signed)
		}
		value, _, err := s.UnsignAnyAge(forge(t, knownKey, saltTimestampSigner, value+":"+knownStamp))
		failsWith(t, err, itsdangerous.ErrBadPayload)
		if value != "" {
			t.Errorf("%q beside an error", value)
		}
	}
}

func TestTimestampSignerOpensLegacy(t *testing.T) {
	s := mustTimestampSigner(t, &django.Options{Now: clock})
	signed, err := s.Sign(`a"b` + "é")
	if err != nil {
		t.Fatal(err)
	}
	body, issued, err := s.OpenLegacy(signed)
	if string(body) != `"a\"b`+"é"+`"` || !issued.Equal(knownTime) || err != nil {
		t.Errorf("%s, %v, %v", body, issued, err)
	}
}
