package conformance

import (
	"strings"
	"testing"
	"time"
)

func TestEqualNumbers(t *testing.T) {
	for _, same := range [][]string{
		{"0", "-0", "0.0", "-0.00", "0e5", "0E-5", "0e99999999999999999999999"},
		{"1", "1.0", "10e-1", "0.1e1", "1e0", "1E+0", "1e-0", "0.001e3", "100e-2", "1.000e0000"},
		{"-1", "-1.0", "-10e-1"},
		{"10", "1e1", "1E+01", "10.0", "0.1e2"},
		{"9007199254740992", "9007199254740992.0", "9.007199254740992e15"},
		{"9007199254740993", "9007199254740993.0", "90071992547409930e-1"},
		{"1e1000000000", "10e999999999", "0.1e1000000001"},
		{"1e-1000000000", "0.1e-999999999"},
		{"1e1000000001"},
		{"1e99999999999999999999999999999", "10e99999999999999999999999999998"},
		{"-1e1000000000"},
		{"0.1", "1e-1", "0.10"},
		{"0.10000000000000000000000000000000000000001"},
		{"101", "1.01e2"},
	} {
		for _, a := range same {
			for _, b := range same {
				if !equalNumbers(a, b) {
					t.Errorf("%s is not %s", a, b)
				}
			}
		}
	}
	// One of each.
	different := []string{
		"0", "1", "-1", "10", "9007199254740992", "9007199254740993", "1e1000000000", "1e-1000000000", "1e1000000001",
		"0.1", "0.10000000000000000000000000000000000000001", "101", "11", "1.1",
	}
	for i, a := range different {
		for j, b := range different {
			if equalNumbers(a, b) != (i == j) {
				t.Errorf("%s and %s", a, b)
			}
		}
	}
	long := strings.Repeat("9", 1_000_000)
	if !equalNumbers(long, long+".0") || equalNumbers(long, long+"0") {
		t.Error("a million digits")
	}
}

func TestEqual(t *testing.T) {
	texts := []string{
		"null", "true", "false", "0", "1", `""`, `"0"`, `"null"`, "[]", "{}", "[0]", "[1]", "[[]]", "[{}]", `{"a":0}`, `{"a":1}`, `{"b":1}`,
		`{"a":null}`, `{"a":1,"b":1}`, "[1,1]", `"é"`, `"e\u0301"`,
	}
	for i, a := range texts {
		for j, b := range texts {
			x, errX := parseValue([]byte(a))
			y, errY := parseValue([]byte(b))
			if errX != nil || errY != nil || equal(x, y) != (i == j) {
				t.Errorf("%s and %s: %v, %v", a, b, errX, errY)
			}
		}
	}
}

func TestSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "-0": 0, "1": time.Second, "1.5": 1500 * time.Millisecond, "-1": -time.Second, "-0.5": -500 * time.Millisecond,
		"-1.25": -1250 * time.Millisecond, "0.000000001": 1, "-0.000000001": -1, "60.0": time.Minute,
	} {
		var s seconds
		if err := s.UnmarshalJSON([]byte(text)); err != nil || s.duration() != want || !s.time().Equal(time.Unix(0, int64(want))) {
			t.Errorf("%s is %v, %v", text, s.duration(), err)
		}
	}
	for _, text := range []string{
		"1e3", "1E3", "0.0000000001", "1000000000000000", `"1"`, "true", "{}", "[]", "1e1000000000", "99999999999999999999",
	} {
		if err := new(seconds).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}
