package main

import "time"

// A moment is a time in UTC and whole milliseconds, whose text is that of RFC 3339, or a date for its beginning.
type moment time.Time

// UnmarshalText is what kong reads the flag with.
func (m *moment) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		t, err = time.Parse(time.DateOnly, string(text))
	}
	t = t.UTC()
	if err != nil || t.Nanosecond()%int(time.Millisecond) != 0 || t.Year() < 1970 || t.Year() > 9999 {
		return errMoment
	}
	*m = moment(t)
	return nil
}

const errMoment = usageError("not a time such as 2026-05-01T00:00:00Z or 2026-05-01, from 1970 on, in whole milliseconds")

// momentOf returns the time that is meant by two flags of which one may be given, zero if neither is.
func momentOf(at *moment, in *duration, now time.Time) time.Time {
	switch {
	case at != nil:
		return time.Time(*at)
	case in != nil:
		return now.Add(time.Duration(*in))
	}
	return time.Time{}
}

// timeLayout is how a moment is told; format.md, Section 15.1.
const timeLayout = "2006-01-02T15:04:05.000Z"
