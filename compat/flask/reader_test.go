package flask_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/flask"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// Each of these stands behind a good signature, and what is said of Flask is what Flask 3.1.3 makes of it.
func TestLoadsRefusesPayloads(t *testing.T) {
	for name, payload := range map[string]string{
		"nothing":           ``,
		"white space":       ` `,
		"cut":               `{"a":1`,
		"two values":        `{}{}`,
		"single quotes":     `{'a':1}`,
		"a byte order mark": "\ufeff{}",
		"UTF-16":            "{\x00}\x00",
		"not UTF-8":         "{\"a\":\"\xff\"}",
		"NaN":               `{"a":NaN}`, // Flask opens it
		"an infinity":       `{"a":-Infinity}`,
		"beyond binary64":   `{"a":1e999}`, // an infinity in Flask
		"beyond it as int":  `{"a":1` + strings.Repeat("0", 309) + `}`,
		"a very long int":   `{"a":0.` + strings.Repeat("1", 400) + `}`,
		"a duplicate key":   `{"a":1,"a":2}`,                    // Flask takes the last
		"one by an escape":  `{"a":1,"\u0061":2}`,               // the same
		"one in a tag":      `{"a":{" t":[]," t":[1]}}`,         // the same
		"one in an escape":  `{"a":{" di":{" t__":1," t__":2}}`, // the same
		"half a surrogate":  `{"a":"\ud800"}`,                   // Flask opens it
		"the other half":    `{"a":"\udc00"}`,
		"half in a key":     `{"\ud800":1}`,
		"control character": "{\"a\":\"\n\"}",

		// A session is a dict. Flask makes one of pairs, and an exception of null and numbers.
		"null":             `null`,
		"a list":           `[]`,
		"pairs":            `[["a",1]]`,
		"a number":         `1`,
		"text":             `"a"`,
		"a tuple":          `{" t":[]}`,
		"a tuple of pairs": `{" t":[["a",1]]}`,
		"bytes":            `{" b":""}`,
		"markup":           `{" m":""}`,
		"a UUID":           `{" u":"0123456789abcdef0123456789abcdef"}`,
		"a datetime":       `{" d":"Thu, 01 Jan 2026 00:00:00 GMT"}`,

		"a tuple of text":          `{"a":{" t":"ab"}}`, // ("a", "b") in Flask
		"a tuple of a number":      `{"a":{" t":1}}`,
		"a tuple of null":          `{"a":{" t":null}}`,
		"a tuple of an object":     `{"a":{" t":{"k":1}}}`, // ("k",) in Flask
		"a tuple of a tuple":       `{"a":{" t":{" t":[]}}}`,
		"a bad tag in a tuple":     `{"a":{" t":[{" b":"A"}]}}`,
		"bytes without padding":    `{"a":{" b":"AA"}}`,
		"bytes with loose bits":    `{"a":{" b":"AB=="}}`,
		"bytes with a space":       `{"a":{" b":"A A=="}}`,
		"bytes with a line break":  `{"a":{" b":"AA==\n"}}`,
		"bytes with one inside":    `{"a":{" b":"A\r\nA=="}}`,
		"bytes in base64url":       `{"a":{" b":"__8="}}`,
		"bytes of a number":        `{"a":{" b":1}}`,
		"bytes of null":            `{"a":{" b":null}}`,
		"bytes of a list":          `{"a":{" b":[]}}`,
		"markup of a number":       `{"a":{" m":1}}`, // Markup("1") in Flask
		"markup of markup":         `{"a":{" m":{" m":"a"}}}`,
		"markup of null":           `{"a":{" m":null}}`,
		"an empty UUID":            `{"a":{" u":""}}`,
		"a UUID with dashes":       `{"a":{" u":"01234567-89ab-cdef-0123-456789abcdef"}}`, // Flask opens it
		"a UUID in upper case":     `{"a":{" u":"0123456789ABCDEF0123456789ABCDEF"}}`,     // the same
		"a UUID in braces":         `{"a":{" u":"{0123456789abcdef0123456789abcd}"}}`,
		"a short UUID":             `{"a":{" u":"0123456789abcdef0123456789abcde"}}`,
		"a long UUID":              `{"a":{" u":"0123456789abcdef0123456789abcdef0"}}`,
		"a UUID of other letters":  `{"a":{" u":"0123456789abcdef0123456789abcdeg"}}`,
		"a UUID of a number":       `{"a":{" u":1}}`,
		"a datetime in RFC 3339":   `{"a":{" d":"2026-01-01T00:00:00Z"}}`,            // None in Flask
		"one with an offset":       `{"a":{" d":"Thu, 01 Jan 2026 00:00:00 +0100"}}`, // Flask opens it
		"one in another zone":      `{"a":{" d":"Thu, 01 Jan 2026 00:00:00 UTC"}}`,
		"another day of the week":  `{"a":{" d":"Fri, 01 Jan 2026 00:00:00 GMT"}}`, // Flask opens it
		"one in lower case":        `{"a":{" d":"thu, 01 jan 2026 00:00:00 GMT"}}`,
		"a day of one digit":       `{"a":{" d":"Thu, 1 Jan 2026 00:00:00 GMT"}}`,
		"a day that is none":       `{"a":{" d":"Sun, 29 Feb 2026 00:00:00 GMT"}}`,
		"a leap second":            `{"a":{" d":"Sat, 31 Dec 2016 23:59:60 GMT"}}`,
		"a fraction of a second":   `{"a":{" d":"Thu, 01 Jan 2026 00:00:00.5 GMT"}}`,
		"an abbreviated year":      `{"a":{" d":"Thu, 01 Jan 26 00:00:00 GMT"}}`,
		"a year that looks so":     `{"a":{" d":"Sat, 01 Jan 0050 00:00:00 GMT"}}`, // 2050 in Flask
		"the last such":            `{"a":{" d":"Thu, 31 Dec 0099 23:59:59 GMT"}}`,
		"a year of five digits":    `{"a":{" d":"Sat, 01 Jan 10000 00:00:00 GMT"}}`,
		"one with something after": `{"a":{" d":"Thu, 01 Jan 2026 00:00:00 GMT "}}`,
		"a datetime of a number":   `{"a":{" d":1767225600}}`,
		"a datetime of null":       `{"a":{" d":null}}`, // None in Flask

		"an escape of a number":        `{"a":{" di":1}}`,
		"an escape of null":            `{"a":{" di":null}}`,
		"an escape of a list":          `{"a":{" di":[]}}`,
		"an escape of nothing":         `{"a":{" di":{}}}`,
		"an escape of two":             `{"a":{" di":{" t__":1," b__":2}}}`,
		"an escape of no tag":          `{"a":{" di":{"abc":1}}}`, // {"a": 1} in Flask
		"an escape of no tag's suffix": `{"a":{" di":{"x__":1}}}`,
		"an escape without a suffix":   `{"a":{" di":{" t":[]}}}`,
		"an escape of half a suffix":   `{"a":{" di":{" t_":1}}}`,
		"an escape of the suffix":      `{"a":{" di":{"__":1}}}`,
		"an escape of two suffixes":    `{"a":{" di":{" t____":1}}}`,
		"a bad tag in an escape":       `{"a":{" di":{" t__":{" t":1}}}}`,
		"a bad tag in a list":          `{"a":[1,[{" u":"x"}]]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := frozenSessions(t)
			refuses(t, s, signJSON(t, payload), itsdangerous.ErrBadPayload)
		})
	}
}

func TestLoadsRefusesTexts(t *testing.T) {
	s := frozenSessions(t)
	for name, text := range map[string]string{
		"standard alphabet": "eyJhIjoiw7/DvyJ9",
		"padding":           "e30=",
		"loose bits":        "e31",
		"a line break":      "e3\n0",
		"no base64":         "{}",
		"no stream":         ".e30",
		"an empty stream":   ".",
		"half a stream":     ".eJyrVkpUslJKpANQqg",
		"dots":              "..",
	} {
		t.Log(name)
		refuses(t, s, sign(t, text), itsdangerous.ErrBadPayload)
	}
	// And the texts that these are changes of.
	for _, payload := range []string{`{}`, `{"a":"ÿÿ"}`} {
		if _, _, err := s.Loads(signJSON(t, payload)); err != nil {
			t.Error(err)
		}
	}
}

// What Flask would not write so and still means one thing opens: an application may have its own JSON provider.
func TestLoadsOpensOtherJSON(t *testing.T) {
	s := frozenSessions(t)
	for payload, want := range map[string]map[string]any{
		" { \"a\" :\t1 ,\n\"b\" : [ ] } ": {"a": json.Number("1"), "b": []any{}},
		`{"a":"ü€😀"}`:                     {"a": "ü€😀"},
		`{"\u0061":"\u0041\/"}`:           {"a": "A/"},
		`{"a":1E5,"b":-0,"c":1.50}`:       {"a": json.Number("1E5"), "b": json.Number("-0"), "c": json.Number("1.50")},
		`{"a":{"\u0020t":[1]}}`:           {"a": flask.Tuple{json.Number("1")}},
		`{"a":{" x":1}}`:                  {"a": map[string]any{" x": json.Number("1")}},
		`{"a":{" t":1," b":2}}`:           {"a": map[string]any{" t": json.Number("1"), " b": json.Number("2")}},
		`{"a":{" od":[]}}`:                {"a": map[string]any{" od": []any{}}}, // a tag that an application has registered
	} {
		session, _, err := s.Loads(signJSON(t, payload))
		if err != nil {
			t.Errorf("%s: %v", payload, err)
			continue
		}
		equal(t, session, want)
		again, _, err := s.Loads(mustDump(t, s, session))
		if err != nil {
			t.Errorf("%s: %v", payload, err)
		}
		equal(t, again, want)
	}
}

// Python ends in a RecursionError here, and a decoder that recurses without a limit ends the process.
func TestLoadsOfDeepNesting(t *testing.T) {
	s := mustSessions(t, nil, &flask.Options{Now: frozenClock, MaxDecoded: 1 << 26})
	const deep = 1e6
	for _, open := range []string{`[`, `{"a":`, `{" t":[`, `{" di":{" t__":`} {
		refuses(t, s, signJSON(t, strings.Repeat(open, deep)), itsdangerous.ErrBadPayload)
	}
	closed := `{"a":` + strings.Repeat(`[`, deep) + strings.Repeat(`]`, deep) + `}`
	refuses(t, s, signJSON(t, closed), itsdangerous.ErrBadPayload)
	refuses(t, s, signDeflated(t, []byte(closed)), itsdangerous.ErrBadPayload)

	// The session and 99 lists are 100 containers; one more is too many.
	for n, class := range map[int]error{99: nil, 100: itsdangerous.ErrBadPayload} {
		cookie := signJSON(t, `{"a":`+strings.Repeat(`[`, n)+strings.Repeat(`]`, n)+`}`)
		if class != nil {
			refuses(t, s, cookie, class)
		} else if _, _, err := s.Loads(cookie); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadsOfBombs(t *testing.T) {
	s := frozenSessions(t)
	bomb := signDeflated(t, []byte(`{"a":"`+strings.Repeat("a", 32<<20)+`"}`))
	start := time.Now()
	refuses(t, s, bomb, itsdangerous.ErrBadPayload)
	t.Logf("%d characters, refused in %v", len(bomb), time.Since(start))

	// As many bytes as the limit, and one more.
	for _, compressed := range []bool{false, true} {
		for size, class := range map[int]error{100: nil, 101: itsdangerous.ErrBadPayload} {
			s := mustSessions(t, nil, &flask.Options{Now: frozenClock, MaxDecoded: 100})
			payload := `{"a":"` + strings.Repeat("a", size-8) + `"}`
			cookie := signJSON(t, payload)
			if compressed {
				cookie = signDeflated(t, []byte(payload))
			}
			if class != nil {
				refuses(t, s, cookie, class)
			} else if _, _, err := s.Loads(cookie); err != nil {
				t.Error(err)
			}
		}
	}
}

// The signature comes first, and the age before the payload: nothing of what nobody vouches for is looked at.
func TestLoadsChecksInOrder(t *testing.T) {
	s := frozenSessions(t)
	bad := base64.RawURLEncoding.EncodeToString([]byte("[")) + ".aVW5AA."
	refuses(t, s, bad+"AAAAAAAAAAAAAAAAAAAAAAAAAAA", itsdangerous.ErrBadSignature)

	late := mustSessions(t, nil, &flask.Options{Lifetime: time.Second, Now: func() time.Time { return frozen.Add(time.Hour) }})
	if session, _, err := late.Loads(signJSON(t, "[")); session != nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("%v, %v", session, err)
	}
}

func TestErrorsOfJSONSayWhere(t *testing.T) {
	err := refuses(t, frozenSessions(t), signJSON(t, `{"a":1,"a":2}`), itsdangerous.ErrBadPayload)
	if want := "flask: bad payload: JSON, byte 13: an object has a key twice"; err.Error() != want {
		t.Errorf("says %q, want %q", err, want)
	}
}
