package main

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0":                0,
		"0s":               0,
		"0d":               0,
		"1ms":              time.Millisecond,
		"0.001s":           time.Millisecond,
		"1000us":           time.Millisecond,
		"90s":              90 * time.Second,
		"1h30m":            90 * time.Minute,
		"1.5h":             90 * time.Minute,
		"30d":              30 * day,
		"1d12h":            36 * time.Hour,
		"1d0.5h":           day + 30*time.Minute,
		"007d":             7 * day,
		"2d0s":             2 * day,
		"106751d23h47m16s": 106751*day + 23*time.Hour + 47*time.Minute + 16*time.Second,
		"9223372036854ms":  9223372036854 * time.Millisecond,
	} {
		var d duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want {
			t.Errorf("%q: %v, %v, want %v", text, time.Duration(d), err, want)
		}
	}
	for _, text := range []string{
		"", " ", "1", "90", "s", "d", "1x", "1 h", " 1h", "1h ", "1h\n", "1,5h", "h1", "forever", "∞", "1y", "1w", "1M",
		"-1s", "-1h", "-1d", "-1d2h", "1d-1h", "1d-48h", // no time runs backwards
		"+1d", "1.5d", "1dd", "1d1d", "1h1d", "1d 1h", "1d1", "0x1d", "1_0d", // days are whole, and in front
		"1ns", "1us", "1µs", "500us", "0.5ms", "1.0001s", "1d1ns", "1001us", // below a millisecond
		"106752d", "106751d24h", "106751d23h47m16.855s", "4294967296d", "99999999999999999999d", // beyond what it holds
		"2562048h", "9223372036855ms", "1e3s", "NaN", "Infs",
	} {
		d := duration(-1)
		if err := d.UnmarshalText([]byte(text)); err != errDuration || d != -1 {
			t.Errorf("%q: %v, %v", text, time.Duration(d), err)
		}
	}
}

func TestDurationPointer(t *testing.T) {
	if p := (*duration)(nil).pointer(); p != nil {
		t.Errorf("an absent duration is %v", *p)
	}
	if p := new(duration(0)).pointer(); p == nil || *p != 0 {
		t.Errorf("zero is %v", p)
	}
}
