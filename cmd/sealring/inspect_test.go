package main

import (
	"testing"
	"time"
)

func TestRelative(t *testing.T) {
	const day, year = 24 * time.Hour, 31556952 * time.Second
	for _, test := range []struct {
		span time.Duration
		want string
	}{
		{0, "just now"},
		{time.Second, "just now"},
		{-time.Second, "just now"},
		{2 * time.Second, "in 2 seconds"},
		{-2 * time.Second, "2 seconds ago"},
		{119 * time.Second, "in 119 seconds"},
		{2 * time.Minute, "in 2 minutes"},
		{-119 * time.Minute, "119 minutes ago"},
		{-2 * time.Hour, "2 hours ago"},
		{47*time.Hour + 59*time.Minute, "in 47 hours"},
		{2 * day, "in 2 days"},
		{-30 * day, "30 days ago"},
		{2*year - time.Second, "in 730 days"},
		{2 * year, "in 2 years"},
		{-200 * year, "200 years ago"},
	} {
		if got := relative(knownTime, knownTime.Add(test.span)); got != test.want {
			t.Errorf("%v: %s, want %s", test.span, got, test.want)
		}
	}
	// A span that no time.Duration holds.
	for at, want := range map[time.Time]string{
		time.UnixMilli(253402300799999): "in 7973 years",
		{}:                              "2024 years ago",
	} {
		if got := relative(knownTime, at); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
}
