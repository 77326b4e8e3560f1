package flask_test

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/flask"
	"github.com/sealring/sealring/compat/itsdangerous"
)

func TestDumpsValues(t *testing.T) {
	s := frozenSessions(t)
	zone := time.FixedZone("", -5*3600)
	for _, c := range []struct {
		value any
		json  string
	}{
		{nil, `null`},
		{true, `true`},
		{false, `false`},
		{int(-1), `-1`},
		{int8(math.MinInt8), `-128`},
		{int16(math.MinInt16), `-32768`},
		{int32(math.MinInt32), `-2147483648`},
		{int64(math.MinInt64), `-9223372036854775808`},
		{uint(1), `1`},
		{uint8(math.MaxUint8), `255`},
		{uint16(math.MaxUint16), `65535`},
		{uint32(math.MaxUint32), `4294967295`},
		{uint64(math.MaxUint64), `18446744073709551615`},
		{json.Number("1.0"), `1.0`},
		{json.Number("-0"), `-0`},
		{json.Number("1E+5"), `1E+5`},
		{json.Number("1180591620717411303424"), `1180591620717411303424`},

		// As repr does it in Python. A float never becomes an int.
		{1.0, `1.0`},
		{0.0, `0.0`},
		{math.Copysign(0, -1), `-0.0`},
		{-2.5, `-2.5`},
		{0.1, `0.1`},
		{0.30000000000000004, `0.30000000000000004`},
		{0.0001, `0.0001`},
		{0.00001, `1e-05`},
		{9999999999999998.0, `9999999999999998.0`},
		{1e16, `1e+16`},
		{1e22, `1e+22`},
		{5e-324, `5e-324`},
		{math.MaxFloat64, `1.7976931348623157e+308`},
		{float32(0.1), `0.1`},
		{float32(16777216), `16777216.0`},
		{float32(1e16), `1e+16`},

		{"", `""`},
		{"ü€😀\x7f\u2028", `"\u00fc\u20ac\ud83d\ude00\u007f\u2028"`},
		{"\"\\/\b\f\n\r\t\x00\x1f", `"\"\\/\b\f\n\r\t\u0000\u001f"`},
		{"<>&' ~", `"<>&' ~"`},
		{"\ufffd", `"\ufffd"`},

		{[]any{}, `[]`},
		{[]any(nil), `[]`},
		{[]any{1, "a", nil}, `[1,"a",null]`},
		{[]string{"a", "b"}, `["a","b"]`},
		{map[string]any{}, `{}`},
		{map[string]any(nil), `{}`},
		{map[string]any{"b": 1, "a": 2, "\U00010000": 3, "\uffff": 4}, `{"a":2,"b":1,"\uffff":4,"\ud800\udc00":3}`},
		{map[string]string{"a": "b"}, `{"a":"b"}`},

		{flask.Tuple{}, `{" t":[]}`},
		{flask.Tuple(nil), `{" t":[]}`},
		{flask.Tuple{1, flask.Tuple{"a"}}, `{" t":[1,{" t":["a"]}]}`},
		{[]byte{}, `{" b":""}`},
		{[]byte(nil), `{" b":""}`},
		{[]byte{0, 0xff, 0xfe}, `{" b":"AP/+"}`},
		{flask.Markup("<b>ü</b>"), `{" m":"<b>\u00fc</b>"}`},
		{flask.UUID{}, `{" u":"00000000000000000000000000000000"}`},
		{someUUID, `{" u":"0123456789abcdef0123456789abcdef"}`},
		{at(2026, 1, 2, 3, 4, 5).Add(time.Second - 1), `{" d":"Fri, 02 Jan 2026 03:04:05 GMT"}`},
		{time.Date(2026, 1, 1, 0, 0, 0, 0, zone), `{" d":"Thu, 01 Jan 2026 05:00:00 GMT"}`},
		{at(1969, 12, 31, 23, 59, 59).Add(time.Second - 1), `{" d":"Wed, 31 Dec 1969 23:59:59 GMT"}`},
		{at(100, 1, 1, 0, 0, 0), `{" d":"Fri, 01 Jan 0100 00:00:00 GMT"}`},
		{at(9999, 12, 31, 23, 59, 59), `{" d":"Fri, 31 Dec 9999 23:59:59 GMT"}`},

		{map[string]any{" di": 1}, `{" di":{" di__":1}}`},
		{map[string]any{" t": 1}, `{" di":{" t__":1}}`},
		{map[string]any{" b": 1}, `{" di":{" b__":1}}`},
		{map[string]any{" m": 1}, `{" di":{" m__":1}}`},
		{map[string]any{" u": 1}, `{" di":{" u__":1}}`},
		{map[string]any{" d": 1}, `{" di":{" d__":1}}`},
		{map[string]string{" t": "a"}, `{" di":{" t__":"a"}}`},
		{map[string]any{" t": flask.Tuple{}}, `{" di":{" t__":{" t":[]}}}`},
		{map[string]any{" di": map[string]any{" di": 1}}, `{" di":{" di__":{" di":{" di__":1}}}}`},
		{map[string]any{" t__": 1}, `{" t__":1}`},
		{map[string]any{" x": 1}, `{" x":1}`},
		{map[string]any{"t": 1}, `{"t":1}`},
		{map[string]any{" t": 1, " b": 2}, `{" b":2," t":1}`},
	} {
		cookie := mustDump(t, s, map[string]any{"a": c.value})
		if got := payloadOf(t, cookie); got != `{"a":`+c.json+`}` {
			t.Errorf("%T %v: %s, want %s", c.value, c.value, got, c.json)
		}
		if _, _, err := s.Loads(cookie); err != nil {
			t.Errorf("%T %v does not come back: %v", c.value, c.value, err)
		}
	}
}

// The session itself may be none, or look like a tag.
func TestDumpsSessions(t *testing.T) {
	s := frozenSessions(t)
	for want, session := range map[string]map[string]any{
		`{}`:                    nil,
		`{" di":{" b__":"AA"}}`: {" b": "AA"},
	} {
		cookie := mustDump(t, s, session)
		if got := payloadOf(t, cookie); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		again, _, err := s.Loads(cookie)
		if err != nil || len(again) != len(session) {
			t.Errorf("%v, %v", again, err)
		}
	}
}

type named string

func TestDumpsRefuses(t *testing.T) {
	s := frozenSessions(t)
	cycle := []any{nil}
	cycle[0] = cycle
	ring := map[string]any{}
	ring["a"] = flask.Tuple{ring}
	text := "x"
	for _, c := range []struct {
		what  string
		value any
		says  string
	}{
		{"a struct", struct{ A int }{1}, "the value at a: a struct { A int }"},
		{"a named type", named("x"), "the value at a: a flask_test.named"},
		{"a pointer", &text, "the value at a: a *string"},
		{"a nil pointer", (*string)(nil), "the value at a: a *string"},
		{"a duration", time.Second, "the value at a: a time.Duration"},
		{"an array of bytes", [16]byte{}, "the value at a: a [16]uint8"},
		{"an error", errors.New("x"), "the value at a: a *errors.errorString"},
		{"a raw message", json.RawMessage(`1`), "the value at a: a json.RawMessage"},
		{"a map with other keys", map[int]any{}, "the value at a: a map[int]interface {}"},
		{"a slice of ints", []int{1}, "the value at a: a []int"},
		{"a channel", make(chan int), "the value at a: a chan int"},
		{"a function", func() {}, "the value at a: a func()"},
		{"a complex number", 1i, "the value at a: a complex128"},
		{"NaN", math.NaN(), "the value at a: NaN"},
		{"an infinity", math.Inf(-1), "the value at a: NaN or an infinity"},
		{"a narrow infinity", float32(math.Inf(1)), "the value at a: NaN or an infinity"},
		{"text that is not UTF-8", "a\xff", "the value at a: text that is not UTF-8"},
		{"half a surrogate", "\xed\xa0\x80", "the value at a: text that is not UTF-8"},
		{"such markup", flask.Markup("\xff"), "the value at a: text that is not UTF-8"},
		{"such a key", map[string]any{"\xff": 1}, "the value at a.?: text that is not UTF-8"},
		{"an early time", at(99, 12, 31, 23, 59, 59), "the value at a: a time outside the years 100 to 9999"},
		{"no time", time.Time{}, "the value at a: a time outside"},
		{"a late time", at(10000, 1, 1, 0, 0, 0), "the value at a: a time outside"},
		{"an early time for Flask", time.Date(100, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)), "the value at a: a time outside"},
		{"a late time for Flask", time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600)), "the value at a: a time outside"},

		{"an empty number", json.Number(""), "the value at a: a json.Number that is none"},
		{"a number that is a word", json.Number("true"), "the value at a: a json.Number that is none"},
		{"one that is NaN", json.Number("NaN"), "the value at a: a json.Number that is none"},
		{"one that is text", json.Number(`"1"`), "the value at a: a json.Number that is none"},
		{"one with a space", json.Number("1 "), "the value at a: a json.Number that is none"},
		{"one with a space before", json.Number(" 1"), "the value at a: a json.Number that is none"},
		{"two", json.Number("1,2"), "the value at a: a json.Number that is none"},
		{"one that goes on", json.Number(`1,"b":2`), "the value at a: a json.Number that is none"},
		{"a zero before it", json.Number("01"), "the value at a: a json.Number that is none"},
		{"a plus before it", json.Number("+1"), "the value at a: a json.Number that is none"},
		{"hex", json.Number("0x1"), "the value at a: a json.Number that is none"},
		{"one beyond binary64", json.Number("1e999"), "the value at a: a json.Number that is none"},
		{"too long a one", json.Number("0." + strings.Repeat("1", 400)), "the value at a: a json.Number that is none"},

		{"in a list", []any{1, 2, named("x")}, "the value at a[2]: a flask_test.named"},
		{"in lists", []any{[]any{nil, flask.Tuple{named("x")}}}, "the value at a[0][1][0]: a flask_test.named"},
		{"in a dict", map[string]any{"b": map[string]any{"c": named("x")}}, "the value at a.b.c: a flask_test.named"},
		{"in an escaped dict", map[string]any{" t": named("x")}, "the value at a. t: a flask_test.named"},
		{"under an odd key", map[string]any{"b.c": []any{named("x")}}, "the value at a.?[0]: a flask_test.named"},
		{"under an unprintable key", map[string]any{"\n": named("x")}, "the value at a.?: a flask_test.named"},
		{"in text lists", []string{"a", "\xff"}, "the value at a[1]: text that is not UTF-8"},
		{"in text dicts", map[string]string{"b": "\xff"}, "the value at a.b: text that is not UTF-8"},

		{"a list in itself", cycle, "nested more than 100 deep"},
		{"a dict in itself", ring, "nested more than 100 deep"},
	} {
		cookie, err := s.Dumps(map[string]any{"a": c.value})
		if cookie != "" || !errors.Is(err, itsdangerous.ErrBadPayload) {
			t.Errorf("%s: %q, %v", c.what, cookie, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "flask: bad payload: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s says %q, want %q", c.what, err, c.says)
		}
	}
}

// nested is a value in n of the containers that wrap makes.
func nested(n int, v any, wrap func(v any) any) any {
	for range n {
		v = wrap(v)
	}
	return v
}

// What Dumps takes it reads again, to the last container that may be, and those of tags count.
func TestDumpsDepth(t *testing.T) {
	s := frozenSessions(t)
	list := func(v any) any { return []any{v} }
	for name, c := range map[string]struct {
		most int // of 99 below the session
		wrap func(v any) any
		leaf any
	}{
		"lists":         {99, list, nil},
		"dicts":         {99, func(v any) any { return map[string]any{"b": v} }, nil},
		"tuples":        {49, func(v any) any { return flask.Tuple{v} }, nil},
		"escaped dicts": {49, func(v any) any { return map[string]any{" t": v} }, nil},
		"bytes":         {98, list, []byte("x")},
		"markup":        {98, list, flask.Markup("x")},
		"a UUID":        {98, list, flask.UUID{}},
		"a datetime":    {98, list, frozen},
		"text":          {99, list, "x"},
	} {
		cookie, err := s.Dumps(map[string]any{"a": nested(c.most, c.leaf, c.wrap)})
		if err != nil {
			t.Errorf("%s, %d deep: %v", name, c.most, err)
			continue
		}
		if _, _, err := s.Loads(cookie); err != nil {
			t.Errorf("%s, %d deep, does not come back: %v", name, c.most, err)
		}
		cookie, err = s.Dumps(map[string]any{"a": nested(c.most+1, c.leaf, c.wrap)})
		if cookie != "" || !errors.Is(err, itsdangerous.ErrBadPayload) {
			t.Errorf("%s, %d deep: %q, %v", name, c.most+1, cookie, err)
		}
	}
}

// A value of a few containers that share their parts would be 2^99 values.
func TestDumpsOfSharedParts(t *testing.T) {
	s := frozenSessions(t)
	for name, wrap := range map[string]func(any) any{
		"lists":  func(v any) any { return []any{v, v} },
		"dicts":  func(v any) any { return map[string]any{"a": v, "b": v} },
		"tuples": func(v any) any { return flask.Tuple{v, v} },
	} {
		if _, err := s.Dumps(map[string]any{"a": nested(45, nil, wrap)}); !errors.Is(err, itsdangerous.ErrBadPayload) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDumpsLimit(t *testing.T) {
	s := mustSessions(t, nil, &flask.Options{Now: frozenClock, MaxDecoded: 100})
	// 8 bytes are around the text, and 15 around that of a tag.
	for name, c := range map[string]struct{ most, more any }{
		"text":   {strings.Repeat("a", 92), strings.Repeat("a", 93)},
		"markup": {flask.Markup(strings.Repeat("a", 85)), flask.Markup(strings.Repeat("a", 86))},
		"bytes":  {make([]byte, 63), make([]byte, 64)},
		"list":   {make([]any, 18), make([]any, 19)},
	} {
		cookie, err := s.Dumps(map[string]any{"a": c.most})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if _, _, err := s.Loads(cookie); err != nil {
			t.Errorf("%s does not come back: %v", name, err)
		}
		if cookie, err := s.Dumps(map[string]any{"a": c.more}); cookie != "" || !errors.Is(err, itsdangerous.ErrBadPayload) {
			t.Errorf("%s: %q, %v", name, cookie, err)
		}
	}
	for _, much := range []any{strings.Repeat("a", 1<<20), make([]byte, 1<<20), make([]any, 1<<20)} {
		if _, err := s.Dumps(map[string]any{"a": much}); !errors.Is(err, itsdangerous.ErrBadPayload) {
			t.Errorf("%T: %v", much, err)
		}
	}
	// What is too large by itself is not even copied.
	for _, much := range []any{strings.Repeat("a", 101), flask.Markup(strings.Repeat("a", 101)), make([]byte, 101)} {
		_, err := s.Dumps(map[string]any{"a": much})
		if err == nil || !strings.HasSuffix(err.Error(), "at a: more bytes than Options.MaxDecoded") {
			t.Errorf("%T: %v", much, err)
		}
	}
}

// However long keys are and however many lead to a value, an error can be read.
func TestLongPaths(t *testing.T) {
	s := frozenSessions(t)
	for _, key := range []string{strings.Repeat("k", 10000), "a key of some length", strconv.Itoa(1 << 30)} {
		v := nested(90, named("x"), func(v any) any { return map[string]any{key: v} })
		if _, err := s.Dumps(map[string]any{"a": v}); err == nil || len(err.Error()) > 400 {
			t.Errorf("an error of %d characters", len(err.Error()))
		}
	}
}

func TestUUIDString(t *testing.T) {
	if got := someUUID.String(); got != "01234567-89ab-cdef-0123-456789abcdef" {
		t.Error(got)
	}
	if got := (flask.UUID{}).String(); got != "00000000-0000-0000-0000-000000000000" {
		t.Error(got)
	}
}

func TestUUIDText(t *testing.T) {
	text, err := someUUID.MarshalText()
	if err != nil || string(text) != someUUID.String() {
		t.Errorf("%s, %v", text, err)
	}
	var got flask.UUID
	if err := got.UnmarshalText(text); err != nil || got != someUUID {
		t.Errorf("%v, %v", got, err)
	}
	for name, bad := range map[string]string{
		"empty":             "",
		"32 digits":         "0123456789abcdef0123456789abcdef",
		"upper case":        "01234567-89AB-CDEF-0123-456789ABCDEF",
		"braces":            "{01234567-89ab-cdef-0123-456789abcdef}",
		"a URN":             "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
		"shorter":           "01234567-89ab-cdef-0123-456789abcde",
		"longer":            "01234567-89ab-cdef-0123-456789abcdef0",
		"a line feed":       "01234567-89ab-cdef-0123-456789abcdef\n",
		"no digit":          "g1234567-89ab-cdef-0123-456789abcdef",
		"a dash for one":    "-1234567-89ab-cdef-0123-456789abcdef",
		"dashes elsewhere":  "0123-4567-89ab-cdef-0123456789abcdef",
		"digits for dashes": "012345670890ab0cdef01230456789abcdef",
	} {
		got := someUUID
		err := got.UnmarshalText([]byte(bad))
		if !errors.Is(err, itsdangerous.ErrBadPayload) || got != someUUID {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%s: the error shows the text: %v", name, err)
		}
	}
}
