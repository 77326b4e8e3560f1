package itsdangerous_test

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/itsdangerous"
)

func mustTimed(t testing.TB, now time.Time, o itsdangerous.Options) *itsdangerous.TimestampSigner {
	t.Helper()
	o.Now = at(now)
	s, err := itsdangerous.NewTimestampSigner(secretKey, &o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const timedValue = "value.TgPVoQ.UuTmbd1hhGp7tyOFjT0H9ILwyfg"

func TestTimestampSigner(t *testing.T) {
	s := mustTimed(t, signedAt, itsdangerous.Options{})
	if got, err := s.Sign("value"); err != nil || got != timedValue {
		t.Errorf("%s, %v", got, err)
	}
	got, when, err := s.Unsign(timedValue, 0)
	if err != nil || got != "value" || when != signedAt.UTC() || !s.Validate(timedValue, 0) {
		t.Errorf("%q, %v, %v", got, when, err)
	}
	got, when, err = s.UnsignAnyAge(timedValue)
	if err != nil || got != "value" || when != signedAt.UTC() {
		t.Errorf("%q, %v, %v", got, when, err)
	}
}

func TestMaxAge(t *testing.T) {
	for _, test := range []struct {
		name   string
		now    time.Time
		maxAge time.Duration
		leeway time.Duration
		ok     bool
	}{
		{"a second old", signedAt.Add(time.Second), 10 * time.Second, 0, true},
		{"exactly the maximum", signedAt.Add(10 * time.Second), 10 * time.Second, 0, true},
		{"within its last second", signedAt.Add(11*time.Second - 1), 10 * time.Second, 0, true},
		{"a second over", signedAt.Add(11 * time.Second), 10 * time.Second, 0, false},
		{"0 is an age of 0", signedAt.Add(time.Second), 0, 0, false},
		{"0 within the second", signedAt.Add(time.Second - 1), 0, 0, true},
		{"half a second is no second", signedAt.Add(time.Second), time.Second / 2, 0, false},
		{"negative", signedAt, -1, 0, false},
		{"a second early", signedAt.Add(-time.Second), time.Hour, 0, false},
		{"early, with leeway", signedAt.Add(-2 * time.Second), time.Hour, 2 * time.Second, true},
		{"too early for the leeway", signedAt.Add(-3 * time.Second), time.Hour, 3*time.Second - 1, false},
		{"leeway lengthens no age", signedAt.Add(11 * time.Second), 10 * time.Second, time.Hour, false},
		{"in 1971", time.Unix(44496000, 0), 10 * time.Second, 0, false},
		{"8,000 years later", time.Unix(253402300799, 0), math.MaxInt64, 0, false},
	} {
		s := mustTimed(t, test.now, itsdangerous.Options{Leeway: test.leeway})
		got, when, err := s.Unsign(timedValue, test.maxAge)
		if test.ok {
			if err != nil || got != "value" {
				t.Errorf("%s: %q, %v", test.name, got, err)
			}
			continue
		}
		if is(t, err, itsdangerous.ErrSignatureExpired); got != "" || !when.IsZero() || s.Validate(timedValue, test.maxAge) {
			t.Errorf("%s: %q, %v beside an error", test.name, got, when)
		}
		if got, _, err := s.UnsignAnyAge(timedValue); err != nil || got != "value" {
			t.Errorf("%s, without a maximum: %q, %v", test.name, got, err)
		}
	}
}

func TestTimestampMissing(t *testing.T) {
	s := mustTimed(t, signedAt, itsdangerous.Options{})
	signed := mustSigner(t, secretKey, itsdangerous.Options{}).Sign("value")
	_, _, err := s.Unsign(signed, time.Hour)
	if is(t, err, itsdangerous.ErrBadTimeSignature); !strings.Contains(err.Error(), "missing") {
		t.Error(err)
	}
}

// A timestamp stands behind a good signature here, whoever made it.
func TestMalformedTimestamps(t *testing.T) {
	s := mustTimed(t, signedAt, itsdangerous.Options{})
	plain := mustSigner(t, secretKey, itsdangerous.Options{})
	text := base64.RawURLEncoding.EncodeToString
	seconds := func(n uint64) string { return text(binary.BigEndian.AppendUint64(nil, n)) }
	for name, timestamp := range map[string]string{
		"none":                                "",
		"nine bytes of ones":                  "____________",
		"eight bytes of zeros":                seconds(0),
		"leading zeros":                       seconds(uint64(signedAt.Unix())),
		"one zero":                            text([]byte{0}),
		"nine bytes":                          text(make([]byte, 9)),
		"a megabyte":                          strings.Repeat("A", 1<<20),
		"2^63":                                seconds(1 << 63),
		"2^64-1":                              seconds(math.MaxUint64),
		"milliseconds":                        text(binary.BigEndian.AppendUint64(nil, 1308874145000)[2:]),
		"the year 10000":                      text(binary.BigEndian.AppendUint64(nil, 253402300800)[3:]),
		"padding":                             "TgPVoQ==",
		"trailing bits":                       "TgPVoR",
		"a line feed":                         "TgPVoQ\n",
		"junk":                                "TgP!VoQ",
		"a decimal":                           "1308874145",
		"one character":                       "T",
		"the malformed one of Python's tests": "TgPVoaGhoQ",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := s.Unsign(plain.Sign("value."+timestamp), time.Hour)
			is(t, err, itsdangerous.ErrBadTimeSignature)
			_, _, err = s.UnsignAnyAge(plain.Sign("value." + timestamp))
			is(t, err, itsdangerous.ErrBadTimeSignature)
		})
	}
	for _, n := range []uint64{1, 255, 256, 1 << 31, 253402300799} {
		b := binary.BigEndian.AppendUint64(nil, n)
		for b[0] == 0 {
			b = b[1:]
		}
		if _, when, err := s.UnsignAnyAge(plain.Sign("value." + text(b))); err != nil || when.Unix() != int64(n) {
			t.Errorf("%d: %v, %v", n, when, err)
		}
	}
}

// As in Python, a bad signature is a BadTimeSignature where a timestamp seems to be there. Its date is told to nobody.
func TestTimedBadSignature(t *testing.T) {
	s := mustTimed(t, signedAt, itsdangerous.Options{})
	for text, class := range map[string]error{
		"other" + timedValue[5:]:                       itsdangerous.ErrBadTimeSignature,
		"value.TgPVoaGhoQ.AGBfQ6G6cr07byTRt0zAdPljHOY": itsdangerous.ErrBadTimeSignature,
		"value.UuTmbd1hhGp7tyOFjT0H9ILwyfg":            itsdangerous.ErrBadSignature,
		"value":                                        itsdangerous.ErrBadSignature,
		"":                                             itsdangerous.ErrBadSignature,
		"..":                                           itsdangerous.ErrBadTimeSignature,
		timedValue + "=":                               itsdangerous.ErrBadTimeSignature,
	} {
		got, when, err := s.Unsign(text, time.Hour)
		if is(t, err, class); got != "" || !when.IsZero() {
			t.Errorf("%q: %q, %v beside an error", text, got, when)
		}
	}
}

// What Python could not read is never written.
func TestClockOutOfRange(t *testing.T) {
	for _, now := range []time.Time{time.Unix(0, 0), time.Unix(-1, 0), time.Unix(253402300800, 0), {}, time.Unix(1<<62, 0)} {
		s := mustTimed(t, now, itsdangerous.Options{})
		dst, err := s.AppendSign([]byte("x"), []byte("value"))
		if string(dst) != "x" || err == nil {
			t.Errorf("%v: %q, %v", now, dst, err)
		}
		if spare := string(dst[:cap(dst)]); strings.Contains(spare, "value") {
			t.Errorf("%v: the spare capacity holds %q", now, spare)
		}
		if got, err := s.Sign("value"); got != "" || err == nil {
			t.Errorf("%v: %q, %v", now, got, err)
		}
	}
	for _, now := range []int64{1, 253402300799} {
		s := mustTimed(t, time.Unix(now, 0), itsdangerous.Options{})
		signed, err := s.Sign("value")
		if err != nil {
			t.Fatal(err)
		}
		if _, when, err := s.Unsign(signed, 0); err != nil || when.Unix() != now {
			t.Errorf("%d: %v, %v", now, when, err)
		}
	}
}

// itsdangerous 0.24 counted from 2011, and its tokens would be 41 years old otherwise.
func TestEpoch2011(t *testing.T) {
	now := time.Unix(1400000000, 0)
	old := mustTimed(t, now, itsdangerous.Options{Epoch2011: true})
	signed, err := old.Sign("value")
	if err != nil {
		t.Fatal(err)
	}
	if _, when, err := old.Unsign(signed, 0); err != nil || when.Unix() != now.Unix() {
		t.Errorf("%v, %v", when, err)
	}
	_, _, err = mustTimed(t, now, itsdangerous.Options{}).Unsign(signed, time.Hour)
	is(t, err, itsdangerous.ErrSignatureExpired)
	// 253402300799, the last second that there is, counts from 1970 here and would be in the year 10041.
	_, _, err = old.UnsignAnyAge(mustSigner(t, secretKey, itsdangerous.Options{}).Sign("value.Ov_0O_8"))
	is(t, err, itsdangerous.ErrBadTimeSignature)
}
