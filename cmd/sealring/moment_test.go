package main

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-01-01T00:00:00Z":          knownTime,
		"2026-01-01":                    knownTime,
		"2026-01-01T00:00:00.000Z":      knownTime,
		"2026-01-01T02:00:00+02:00":     knownTime,
		"2025-12-31T16:00:00.001-08:00": knownTime.Add(time.Millisecond),
		"1970-01-01":                    time.Unix(0, 0).UTC(),
		"9999-12-31T23:59:59.999Z":      time.UnixMilli(253402300799999).UTC(),
	} {
		var m moment
		if err := m.UnmarshalText([]byte(text)); err != nil || time.Time(m) != want {
			t.Errorf("%q: %v, %v, want %v", text, time.Time(m), err, want)
		}
	}
	for _, text := range []string{
		"", " ", "now", "1", "1767225600", "2026", "2026-1-1", "2026-02-30", "26-01-01", "01/02/2026", "2026-01-01 ",
		"2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z",
		"2026-01-01T00:00:00.0001Z",                              // below a millisecond
		"1969-12-31", "1970-01-01T00:00:00+00:01", "10000-01-01", // beyond what a document holds
		"9999-12-31T23:59:59-00:01", "0001-01-01", secretA, "30d", // another thing
	} {
		var m moment
		if err := m.UnmarshalText([]byte(text)); err != errMoment || !time.Time(m).IsZero() {
			t.Errorf("%q: %v, %v", text, time.Time(m), err)
		}
	}
}

func TestMomentOf(t *testing.T) {
	at, in := moment(knownTime.Add(day)), duration(time.Hour)
	for want, got := range map[time.Time]time.Time{
		knownTime.Add(day):       momentOf(&at, nil, knownTime),
		knownTime.Add(time.Hour): momentOf(nil, &in, knownTime),
		knownTime:                momentOf(nil, new(duration(0)), knownTime),
		{}:                       momentOf(nil, nil, knownTime),
	} {
		if got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
