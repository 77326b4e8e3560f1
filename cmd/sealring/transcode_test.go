package main

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/payload"
)

func TestParseNumber(t *testing.T) {
	negativeZero := math.Copysign(0, -1)
	for literal, want := range map[string]any{
		"0":                      int64(0),
		"-0":                     int64(0), // an integer literal is an integer, of which there is one zero
		"7":                      int64(7),
		"-7":                     int64(-7),
		"9007199254740993":       int64(9007199254740993),
		"9223372036854775807":    int64(math.MaxInt64),
		"-9223372036854775808":   int64(math.MinInt64),
		"9223372036854775808":    uint64(math.MaxInt64) + 1,
		"18446744073709551615":   uint64(math.MaxUint64),
		"0.0":                    0.0,
		"-0.0":                   negativeZero,
		"-0e0":                   negativeZero,
		"1.0":                    1.0,
		"1e0":                    1.0,
		"1E2":                    100.0,
		"1e+2":                   100.0,
		"0.1":                    0.1,
		"9007199254740993.0":     9007199254740992.0, // binary64 has no odd number there
		"18446744073709551616.0": 18446744073709551616.0,
		"1.7976931348623157e308": math.MaxFloat64,
		"5e-324":                 math.SmallestNonzeroFloat64,
		"1e-400":                 0.0,
	} {
		got, err := parseJSON([]byte(literal))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %T %v, %v, want %T %v", literal, got, got, err, want, want)
		}
		if f, ok := want.(float64); ok && math.Signbit(got.(float64)) != math.Signbit(f) {
			t.Errorf("%s: another sign, %v", literal, got)
		}
	}
}

func TestParseJSONRefuses(t *testing.T) {
	const range64 = "no integer below -9223372036854775808 or above 18446744073709551615"
	for text, says := range map[string]string{
		"18446744073709551616":             range64,
		"-9223372036854775809":             range64,
		`[1,[{"a":-1` + zeros(30) + `}]]`:  range64,
		`{"a":{"b":1` + zeros(399) + `}}`:  "binary64",
		"1e309":                            "binary64",
		"":                                 "no value",
		"01":                               "not a number",
		"1.":                               "not a number",
		"NaN":                              "no value",
		"1 2":                              "something follows",
		"\ufeff1":                          "no value",
		"\"\xff\"":                         "not UTF-8",
		`"\ud800"`:                         "surrogate",
		`{"a":1,"\u0061":2}`:               "a key twice",
		strings.Repeat("[", 101):           "nested too deep",
		`{"a":1}` + "\x00":                 "something follows",
		`"xxxxxxxxx`:                       "string not closed",
		`["` + "\n" + `"]`:                 "control character",
		`{"a":` + strings.Repeat("1", 401): "too many characters",
	} {
		value, err := parseJSON([]byte(text))
		body, bodyErr := messagePackOf([]byte(text))
		if value != nil || body != nil {
			t.Errorf("%.40q: %v and % x beside the errors", text, value, body)
		}
		for _, err := range []error{err, bodyErr} {
			if !errors.Is(err, sealring.ErrBadPayload) || !strings.Contains(err.Error(), says) {
				t.Errorf("%.40q: %v, want it to say %q", text, err, says)
			}
		}
	}
}

func zeros(n int) string { return strings.Repeat("0", n) }

// Integers and lengths are in their shortest form, and keys are sorted: one value is one body.
func TestMessagePackOf(t *testing.T) {
	for text, want := range map[string]string{
		"null":                  "\xc0",
		"[true,false]":          "\x92\xc3\xc2",
		"127":                   "\x7f",
		"128":                   "\xcc\x80",
		"-32":                   "\xe0",
		"-33":                   "\xd0\xdf",
		"65536":                 "\xce\x00\x01\x00\x00",
		"9223372036854775808":   "\xcf\x80\x00\x00\x00\x00\x00\x00\x00",
		"18446744073709551615":  "\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
		"-9223372036854775808":  "\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
		"1.0":                   "\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00",
		"-0.0":                  "\xcb\x80\x00\x00\x00\x00\x00\x00\x00",
		`""`:                    "\xa0",
		`"é"`:                   "\xa2é",
		`{}`:                    "\x80",
		` {"b" : 1, "a": [] } `: "\x82\xa1a\x90\xa1b\x01",
		`{"user_id":123,"username":"admin","roles":["editor","viewer"]}`: "\x83\xa5roles\x92\xa6editor\xa6viewer" +
			"\xa7user_id\x7b\xa8username\xa5admin",
	} {
		got, err := messagePackOf([]byte(text))
		if err != nil || string(got) != want {
			t.Errorf("%s: % x, %v, want % x", text, got, err, want)
		}
	}
}

func TestJSONOf(t *testing.T) {
	for body, want := range map[string]string{
		"\xc0":                                 "null",
		"\xc2":                                 "false",
		"\xc3":                                 "true",
		"\x00":                                 "0",
		"\xff":                                 "-1",
		"\xcc\x05":                             "5", // not the shortest form
		"\xcd\x00\x05":                         "5",
		"\xd1\xff\xff":                         "-1",
		"\xcf\xff\xff\xff\xff\xff\xff\xff\xff": "18446744073709551615",
		"\xd3\x80\x00\x00\x00\x00\x00\x00\x00": "-9223372036854775808",
		"\xcf\x00\x20\x00\x00\x00\x00\x00\x01": "9007199254740993", // which binary64 does not have

		"\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00": "1.0",
		"\xcb\x80\x00\x00\x00\x00\x00\x00\x00": "-0.0",
		"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a": "0.1",
		"\xcb\x44\x4b\x1a\xe4\xd6\xe2\xef\x50": "1e+21",
		"\xcb\x44\x15\xaf\x1d\x78\xb5\x8c\x40": "100000000000000000000.0",
		"\xcb\x7f\xef\xff\xff\xff\xff\xff\xff": "1.7976931348623157e+308",
		"\xcb\x00\x00\x00\x00\x00\x00\x00\x01": "5e-324",
		"\xca\x3f\x80\x00\x00":                 "1.0",
		"\xca\x3d\xcc\xcc\xcd":                 "0.10000000149011612", // what a float32 of 0.1 is, exactly

		"\xa0":                          `""`,
		"\xd9\x02é":                     `"é"`,
		"\xda\x00\x03漢":                 `"漢"`,
		"\xa4🔑":                         `"🔑"`,
		"\xa9<b>&amp;'":                 `"<b>&amp;'"`,
		"\xa5\x00\"\\\n\x7f":            `"\u0000\"\\\n` + "\x7f\"",
		"\x90":                          "[]",
		"\x80":                          "{}",
		"\xdc\x00\x02\x01\x02":          "[1,2]",
		"\xdd\x00\x00\x00\x01\x90":      "[[]]",
		"\xde\x00\x01\xa1a\x01":         `{"a":1}`,
		"\xdf\x00\x00\x00\x01\xa1a\x80": `{"a":{}}`,
		"\x84\xa1z\x01\xa0\x02\xa1a\x92\xc0\x81\xa1<\xc3\xa2é\xa1&": `{"z":1,"":2,"a":[null,{"<":true}],"é":"&"}`,

		"\xd6\xff\x00\x00\x00\x00":                                     `"1970-01-01T00:00:00Z"`,
		"\xd6\xff\xff\xff\xff\xff":                                     `"2106-02-07T06:28:15Z"`,
		"\xd7\xff\x77\x35\x94\x00\x69\x55\xb9\x00":                     `"2026-01-01T00:00:00.5Z"`,
		"\xc7\x0c\xff\x3b\x9a\xc9\xff\xff\xff\xff\xff\xff\xff\xff\xff": `"1969-12-31T23:59:59.999999999Z"`,
		"\xc7\x0c\xff\x00\x00\x00\x00\xff\xff\xff\xf1\x88\x6e\x09\x00": `"0001-01-01T00:00:00Z"`,
		"\xc7\x0c\xff\x00\x00\x00\x00\x00\x00\x00\x3a\xff\xf4\x41\x7f": `"9999-12-31T23:59:59Z"`,
		"\x91\xd6\xff\x00\x00\x00\x01":                                 `["1970-01-01T00:00:01Z"]`,
		"\x81\xa1t\xc7\x04\xff\x00\x00\x00\x01":                        `{"t":"1970-01-01T00:00:01Z"}`, // ext 8
	} {
		if _, err := payload.CheckMessagePack([]byte(body)); err != nil {
			t.Errorf("% x: the case is no payload: %v", body, err)
		}
		got, err := jsonOf([]byte(body))
		if err != nil || string(got) != want {
			t.Errorf("% x: %s, %v, want %s", body, got, err, want)
		}
	}
}

// A time is told in UTC, wherever the machine is.
func TestJSONOfTimes(t *testing.T) {
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	time.Local = time.FixedZone("far", 14*3600)
	body, err := msgpack.Marshal(map[string]any{"at": time.Date(2026, 3, 1, 1, 0, 0, 1e6, time.Local)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := jsonOf(body); err != nil || string(got) != `{"at":"2026-02-28T11:00:00.001Z"}` {
		t.Errorf("%s, %v", got, err)
	}
}

// JSON has no form for bytes; whatever they are within, nothing comes out.
func TestJSONOfBin(t *testing.T) {
	for _, body := range []string{
		"\xc4\x00", "\xc4\x01x", "\xc5\x00\x01x", "\xc6\x00\x00\x00\x01x", "\x92\x01\xc4\x01x", "\x81\xa1a\xc4\x01x", "\x91\x81\xa1a\x91\xc4\x00",
	} {
		if got, err := jsonOf([]byte(body)); err != errBin || got != nil {
			t.Errorf("% x: %s, %v", body, got, err)
		}
	}
}

// As deep as the payload rules allow, both ways.
func TestTranscodeDepth(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("[", payload.MaxDepth) + strings.Repeat("]", payload.MaxDepth),
		strings.Repeat(`{"a":`, payload.MaxDepth) + "1" + strings.Repeat("}", payload.MaxDepth),
	} {
		body, err := messagePackOf([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := jsonOf(body); err != nil || string(got) != text {
			t.Errorf("%s, %v, want %s", got, err, text)
		}
	}
}

// FuzzTranscode: JSON that becomes MessagePack is a payload, and comes back as the same value.
func FuzzTranscode(f *testing.F) {
	for _, seed := range []string{
		`{"user_id":123,"username":"admin","roles":["editor","viewer"]}`, defaultSession, // what people seal
		"", " ", "{", "[1,", `"`, "nul", // not JSON
		"0", "-0", "-0.0", "1.0", "1e0", "0.1", "1e21", "1e20", "1e-7", "1e-400", "1e309", // floats stay floats
		"127", "128", "255", "256", "-32", "-33", "-128", "-129", "65535", "65536", "4294967296", // where forms change
		"9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
		"18446744073709551616", "-9223372036854775809", // beyond MessagePack
		`"é漢🔑"`, `"\u00e9\ud83d\udd11"`, `"\ud800"`, `"<b>&amp;\u2028\u007f\u0000"`, "\"\xff\"", // text
		`{"b":1,"a":{"":[]},"é":null}`, `{"a":1,"\u0061":2}`, `{"__proto__":{}}`, `{"<":">"}`, // keys
		`"2026-01-01T00:00:00Z"`,                                                                                 // text that looks like a time stays text
		strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat("[", 101) + strings.Repeat("]", 101), // depth
		`["` + strings.Repeat("x", 31) + `","` + strings.Repeat("x", 32) + `","` + strings.Repeat("x", 256) + `"]`,
		"[" + strings.Repeat("0,", 15) + "0]", // an array of more than a fixarray holds
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > payload.MaxNodes {
			text = text[:payload.MaxNodes] // no more values than a payload may have
		}
		value, err := parseJSON(text)
		body, bodyErr := messagePackOf(text)
		if (err == nil) != (bodyErr == nil) || err != nil && (value != nil || body != nil || !errors.Is(err, sealring.ErrBadPayload)) {
			t.Fatalf("value %v, %v; body % x, %v", value, err, body, bodyErr)
		}
		if err != nil {
			return
		}
		if _, err := payload.CheckMessagePack(body); err != nil {
			t.Fatalf("% x is no payload: %v", body, err)
		}
		back, err := jsonOf(body)
		if err != nil {
			t.Fatalf("% x: %v", body, err)
		}
		again, err := parseJSON(back)
		if err != nil || !reflect.DeepEqual(again, value) {
			t.Fatalf("%s came back as %s: %v, %v, want %v", text, back, again, err, value)
		}
		// The bits as well: to DeepEqual both zeros are one.
		if bodyAgain, err := messagePackOf(back); err != nil || !bytes.Equal(bodyAgain, body) {
			t.Fatalf("%s: % x, then % x, %v", text, body, bodyAgain, err)
		}
	})
}

// FuzzJSONOf: a body that follows the payload rules becomes JSON that does, unless it holds bin.
func FuzzJSONOf(f *testing.F) {
	for _, seed := range []string{
		"\x83\xa7user_id\x7b\xa8username\xa5admin\xa5roles\x92\xa6editor\xa6viewer", // a session
		"\xca\x3d\xcc\xcc\xcd", "\xcb\x80\x00\x00\x00\x00\x00\x00\x00", // floats
		"\xd6\xff\x00\x00\x00\x00", "\xd7\xff\x77\x35\x94\x00\x69\x55\xb9\x00", // times
		"\xc7\x0c\xff\x3b\x9a\xc9\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\xc7\x04\xff\x00\x00\x00\x01",
		"\xc7\x08\xff\x77\x35\x94\x00\x69\x55\xb9\x00",
		"\xc4\x01x", "\x81\xa1a\xc4\x01x", // bin
		"\xde\x00\x01\xd9\x01a\xdf\x00\x00\x00\x00", "\xdd\x00\x00\x00\x01\xdc\x00\x00", // long forms
		"\xcc\x05", "\xd3\xff\xff\xff\xff\xff\xff\xff\xff", // integers that are not minimal
		"\xa3\xe2\x80\xa8", "\xa3<&>", "\xc1", "", // text, and no payload
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := payload.CheckMessagePack(body); err != nil {
			return
		}
		text, err := jsonOf(body)
		if err != nil {
			if err != errBin || text != nil {
				t.Fatalf("% x: %s, %v", body, text, err)
			}
			return
		}
		if err := payload.CheckJSON(text, nil); err != nil {
			t.Fatalf("% x: %s: %v", body, text, err)
		}
		if bytes.ContainsAny(text, "\r\n") {
			t.Fatalf("% x: %q is not one line", body, text)
		}
	})
}
