package django

import (
	"math/rand/v2"
	"testing"
)

// What Django's b62_encode gives.
var base62Texts = map[string]int64{
	"0": 0, "1": 1, "z": 61, "10": 62, "zz": 3843, "100": 3844, "1vb66i": 1767225600, "4SbCEFr": maxTime,
}

func TestBase62(t *testing.T) {
	for text, n := range base62Texts {
		if got := string(appendBase62([]byte("x"), n)); got != "x"+text {
			t.Errorf("%d is %q, want %q", n, got, text)
		}
		if got, err := parseBase62(text); got != n || err != nil {
			t.Errorf("%q is %d, %v, want %d", text, got, err, n)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		n := r.Int64N(maxTime + 1)
		if got, err := parseBase62(string(appendBase62(nil, n))); got != n || err != nil {
			t.Fatalf("%d comes back as %d, %v", n, got, err)
		}
	}
}

func TestParseBase62Refuses(t *testing.T) {
	for text, want := range map[string]error{
		"":                 errTimestamp,
		"-":                errTimestamp,
		"-1":               errTimestamp, // Django reads a sign
		"-0":               errTimestamp,
		"+1":               errTimestamp,
		"00":               errTimestamp, // and leading zeros
		"01vb66i":          errTimestamp,
		"000000000000001":  errTimestamp,
		" 1":               errTimestamp,
		"1 ":               errTimestamp,
		"1\n":              errTimestamp,
		"1_0":              errTimestamp,
		"1.0":              errTimestamp,
		"1:0":              errTimestamp,
		"\x00":             errTimestamp,
		"１":                errTimestamp, // a full-width digit
		"4SbCEFs":          errTime,      // the year 10000
		"zzzzzzz":          errTime,      // all that seven digits hold
		"V70MWPm":          errTime,      // milliseconds of 2026
		"10000000":         errTime,      // eight digits
		"zzzzzzzzz":        errTime,      // nine
		"AzL8n0Y58m7":      errTime,      // 2^63-1
		"AzL8n0Y58m8":      errTime,      // 2^63
		"LygHa16AHYF":      errTime,      // 2^64-1
		"LygHa16AHYG":      errTime,      // 2^64, 0 where it wraps
		"LygHa16AHYGzzzzz": errTime,      // more than wraps once
		"zzzzzzzzzzzzzz-z": errTimestamp, // long and no number
		"z" + "é":          errTimestamp,
	} {
		if n, err := parseBase62(text); n != 0 || err != want {
			t.Errorf("%q: %d, %v, want %v", text, n, err, want)
		}
	}
}

// FuzzBase62: what is read is the one text of its second.
func FuzzBase62(f *testing.F) {
	for text := range base62Texts {
		f.Add(text)
	}
	f.Add("")            // no digits
	f.Add("-1")          // a sign
	f.Add("01")          // a leading zero
	f.Add("4SbCEFs")     // one second too late
	f.Add("AzL8n0Y58m8") // 2^63
	f.Add("LygHa16AHYG") // 2^64
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseBase62(text)
		if err != nil {
			if n != 0 || err != errTimestamp && err != errTime {
				t.Fatalf("%d, %v", n, err)
			}
			return
		}
		if n < 0 || n > maxTime || string(appendBase62(nil, n)) != text {
			t.Fatalf("%q is %d", text, n)
		}
	})
}
