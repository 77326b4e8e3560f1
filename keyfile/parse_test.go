package keyfile_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/vectors"
)

// publishedSecret is the one of format.md, Section 12.
const publishedSecret = "srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

// The secrets of the text below.
const (
	secretA = "srk1_HzKh7KZnwEafARl_vTIN8JaL43LdWwTVL8FduXX5N8c"
	secretB = "srk1_xX-LBPqqVNuO3QqjvIDNEkOPvAVvPJOmapQLOlL1P5M"
)

// validText is a document that the cases below damage, each in one place.
const validText = `{
 "version": 1,
 "generation": 7,
 "keys": [
  {"id": "a",
   "secret": "` + secretA + `",
   "created": "2026-01-01T00:00:00.000Z",
   "seal_from": "2026-01-02T00:00:00.000Z",
   "open_until": "2026-05-01T00:00:00.000Z",
   "disabled": false,
   "comment": "first"},
  {"id": "b", "secret": "` + secretB + `", "created": "2026-01-01T00:00:00.000Z"}
 ]
}
`

func TestParse(t *testing.T) {
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	a, err := sealring.ParseSecret(secretA)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sealring.ParseSecret(secretB)
	if err != nil {
		t.Fatal(err)
	}
	want := &keyfile.Document{Generation: 7, Keys: []keyfile.Entry{
		{
			Key:     sealring.Key{ID: "a", Secret: a, SealFrom: day(1, 2), OpenUntil: day(5, 1)},
			Created: day(1, 1), Comment: "first",
		},
		{Key: sealring.Key{ID: "b", Secret: b}, Created: day(1, 1)},
	}}
	for name, text := range map[string]string{
		"as it is":        validText,
		"carriage return": strings.ReplaceAll(validText, "\n", "\r\n"),
		"one line":        strings.ReplaceAll(validText, "\n", ""),
		"white space":     " \t\r\n" + strings.ReplaceAll(validText, `":`, "\" :\t") + "\n\n ",
		"escapes":         strings.NewReplacer("id", `\u0069d`, "srk1", `\u0073rk1`, "T00", `\u005400`).Replace(validText),
		"other order": `{"keys": [{"created": "2026-01-01T00:00:00.000Z", "comment": "first", "disabled": false, ` +
			`"open_until": "2026-05-01T00:00:00.000Z", "seal_from": "2026-01-02T00:00:00.000Z", ` +
			`"secret": "` + secretA + `", "id": "a"}, ` +
			`{"comment": "", "secret": "` + secretB + `", "created": "2026-01-01T00:00:00.000Z", "id": "b"}], ` +
			`"generation": 7, "version": 1}`,
	} {
		t.Run(name, func(t *testing.T) { sameContent(t, mustParse(t, text), want) })
	}
}

// A document keeps nothing of the slice that it was parsed from.
func TestParseKeepsACopy(t *testing.T) {
	data := []byte(validText)
	d, err := keyfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	sameContent(t, d, mustParse(t, validText))
}

// The epoch is a time, and not the absence of one.
func TestParseEpoch(t *testing.T) {
	text := strings.Replace(validText, "2026-01-02T00:00:00.000Z", "1970-01-01T00:00:00.000Z", 1)
	d := mustParse(t, text)
	if from := d.Keys[0].SealFrom; from.IsZero() || from.UnixMilli() != 0 {
		t.Errorf("seals from %v", from)
	}
	if !d.Keys[1].SealFrom.IsZero() || !d.Keys[1].OpenUntil.IsZero() {
		t.Error("an absent time is not the zero one")
	}
	sameContent(t, mustParse(t, mustEncode(t, d)), d)
}

func TestParseRefuses(t *testing.T) {
	const (
		noJSON   = "a document is one JSON object in UTF-8"
		integer  = "generation is an integer from 1 to 9007199254740991"
		version  = "version is 1 in all documents"
		version1 = "version is the integer 1"
		time     = "is a time in UTC in the years 1970 to 9999"
		// What the cases of times have in common.
		from, fromPlace = "2026-01-02T00:00:00.000Z", "line 8, column 17"
		created         = `"2026-01-01T00:00:00.000Z"}`
		// The second key's secret stands here.
		secretPlace = "line 12, column 25"
		id          = "id is 1 to 32 of"
	)
	for _, test := range []struct{ name, old, new, place, says string }{
		// The text.
		{"empty", validText, "", "line 1, column 1", noJSON},
		{"white space alone", validText, " \n ", "line 2, column 2", noJSON},
		{"truncated", validText[strings.Index(validText, `st"},`):], "", "line 11, column 19", "string not closed"},
		{"byte order mark", "{\n", "\ufeff{\n", "line 1, column 1", "byte order mark"},
		{"UTF-16", validText, "{\x00\"\x00", "line 1, column 2", noJSON},
		{"not UTF-8", "first", "é\xff", "line 11, column 18", "not UTF-8"},
		{"column counts bytes", `"first"}`, `"éé"]`, "line 11, column 21", "object not closed"},
		{"comment", `"generation"`, `// "generation"`, "line 3, column 2", noJSON},
		{"trailing comma", "7,\n", "7,,\n", "line 3, column 18", noJSON},
		{"after carriage returns", "{\n \"version\": 1,", "{\r\n\r\n \"version\": 01,", "line 3, column 15", "not a number"},
		{"raw line feed in a string", "first", "fir\nst", "line 11, column 19", "control character"},
		{"lone surrogate", "first", `\ud800`, "line 11, column 22", "half of a surrogate pair"},
		{"number beyond binary64", "7", "1e999", "line 3, column 21", "beyond binary64"},
		{"number of 401 digits", "7", strings.Repeat("7", 401), "line 3, column 417", "too many characters"},
		{"too deep", "7", strings.Repeat("[", 101), "line 3, column 115", "nested too deep"},
		{"second value", validText, validText + "{}", "line 15, column 1", "something follows"},
		{"zero byte after it", validText, validText + "\x00", "line 15, column 1", "something follows"},

		// Fields.
		{"array", validText, "\n [1]", "line 2, column 2", "a document is an object"},
		{"string", validText, ` "` + secretA + `"`, "line 1, column 2", "a document is an object"},
		{"null", validText, "null", "line 1, column 1", "a document is an object"},
		{"version twice", ` "version": 1,`, ` "version": 1, "version": 1,`, "line 14, column 2", "twice"},
		{"version twice, escaped", ` "version": 1,`, ` "version": 1, "\u0076ersion": 1,`, "line 14, column 2", "twice"},
		{"comment twice", `"first"`, `"first", "comment": "first"`, "line 11, column 43", "twice"},
		{"unknown field", `"generation"`, `"nonce": 1, "generation"`, "line 3, column 2", "version, generation, keys"},
		{"unknown field of a key", `"disabled"`, `"revoked"`, "line 10, column 4",
			"a key has id, secret, created, seal_from, open_until, disabled, comment"},
		{"field in capitals", `"version"`, `"Version"`, "line 2, column 2", "in lower case"},
		{"field of a key in capitals", `"id": "b"`, `"ID": "b"`, "line 12, column 4", "in lower case"},
		{"empty name", `"version"`, `""`, "line 2, column 2", "unknown field"},
		{"secret for a name", `"comment"`, `"` + secretA + `"`, "line 11, column 4", "unknown field"},
		{"prototype", `"comment"`, `"__proto__"`, "line 11, column 4", "unknown field"},
		{"no version", ` "version": 1,`, "", "line 1, column 1", "needs the field version"},
		{"no generation", ` "generation": 7,`, "", "line 1, column 1", "needs the field generation"},
		{"no keys", validText, " {\"version\": 1, \"generation\": 7}", "line 1, column 2", "needs the field keys"},
		{"nothing", validText, "{}", "line 1, column 1", "needs the field version"},
		{"no id", `"id": "b", `, "", "line 12, column 3", "needs the field id"},
		{"no secret", `"secret": "` + secretB + `", `, "", "line 12, column 3", "needs the field secret"},
		{"no created", secretB + `", "created": "2026-01-01T00:00:00.000Z"`, secretB + `"`, "line 12, column 3",
			"needs the field created"},
		{"key of nothing", `{"id": "b",`, `{}, {"id": "b",`, "line 12, column 3", "needs the field id"},

		// Version and generation.
		{"version 0", "1,\n", "0,\n", "line 2, column 13", version},
		{"version 2", "1,\n", "2,\n", "line 2, column 13", "update the program"},
		{"version 1.0", "1,\n", "1.0,\n", "line 2, column 13", version1},
		{"version 1e0", "1,\n", "1e0,\n", "line 2, column 13", version1},
		{"version as text", "1,\n", "\"1\",\n", "line 2, column 13", version1},
		{"version null", "1,\n", "null,\n", "line 2, column 13", version1},
		{"version true", "1,\n", "true,\n", "line 2, column 13", version1},
		{"version of 2^64 + 1", "1,\n", "18446744073709551617,\n", "line 2, column 13", version1},
		{"generation 0", "7", "0", "line 3, column 16", integer},
		{"generation -0", "7", "-0", "line 3, column 16", integer},
		{"generation -1", "7", "-1", "line 3, column 16", integer},
		{"generation 2^53", "7", "9007199254740992", "line 3, column 16", integer},
		{"generation 2^64 + 7", "7", "18446744073709551623", "line 3, column 16", integer},
		{"generation 7.0", "7", "7.0", "line 3, column 16", integer},
		{"generation 7e0", "7", "7e0", "line 3, column 16", integer},
		{"generation 7E+0", "7", "7E+0", "line 3, column 16", integer},
		{"generation as text", "7", `"7"`, "line 3, column 16", integer},
		{"generation null", "7", "null", "line 3, column 16", integer},
		{"generation in a list", "7", "[7]", "line 3, column 16", integer},

		// Keys.
		{"keys null", validText, `{"version": 1, "generation": 7, "keys": null}`, "line 1, column 41", "keys is an array"},
		{"keys an object", validText, `{"version": 1, "generation": 7, "keys": {}}`, "line 1, column 41", "keys is an array"},
		{"keys as text", validText, `{"version": 1, "generation": 7, "keys": "o"}`, "line 1, column 41", "keys is an array"},
		{"no key", validText, `{"version": 1, "generation": 7, "keys": [ ]}`, "line 1, column 41", "at least one key"},
		{"key null", `{"id": "b"`, `null, {"id": "b"`, "line 12, column 3", "a key is an object"},
		{"key as text", `{"id": "b"`, `"` + secretB + `", {"id": "b"`, "line 12, column 3", "a key is an object"},
		{"key in a list", `{"id": "b"`, `[], {"id": "b"`, "line 12, column 3", "a key is an object"},

		// IDs.
		{"id null", `"b"`, `null`, "line 12, column 10", "id is a string"},
		{"id a number", `"b"`, `1`, "line 12, column 10", "id is a string"},
		{"id empty", `"b"`, `""`, "line 12, column 10", id},
		{"id of 33", `"b"`, `"` + strings.Repeat("b", 33) + `"`, "line 12, column 10", id},
		{"id a path", `"b"`, `"../../dev/null"`, "line 12, column 10", id},
		{"id with a zero byte", `"b"`, `"b\u0000"`, "line 12, column 10", id},
		{"id not ASCII", `"b"`, `"bé"`, "line 12, column 10", id},
		{"id begins with a dot", `"b"`, `".b"`, "line 12, column 10", id},
		{"id a secret", `"b"`, `"` + secretA + `"`, "line 12, column 10", id},

		// Secrets.
		{"secret null", `"` + secretB + `"`, `null`, secretPlace, "secret is a string"},
		{"secret a number", `"` + secretB + `"`, `3141592653589793238462643383279`, secretPlace, "secret is a string"},
		{"secret in a list", `"` + secretB + `"`, `["` + secretB + `"]`, secretPlace, "secret is a string"},
		{"secret empty", secretB, "", secretPlace, "begins with srk1_"},
		{"secret in hex", secretB, "c57f8b04faaa54db8edd0aa3bc80cd12438fbc056f3c93a66a940b3a52f53f93", secretPlace,
			"begins with srk1_"},
		{"secret a password", secretB, "correct horse battery staple", secretPlace, "begins with srk1_"},
		{"secret short", secretB, secretB[:47], secretPlace, "43 characters"},
		{"secret with a line feed", secretB, secretB + `\n`, secretPlace, "43 characters"},
		{"secret padded", secretB, secretB + "=", secretPlace, "43 characters"},
		{"secret with trailing bits", secretB, secretB[:47] + "N", secretPlace, "base64url"},
		{"secret in standard base64", secretB, strings.Replace(secretB, "-", "+", 1), secretPlace, "base64url"},
		{"secret of zeros", secretB, "srk1_" + strings.Repeat("A", 43), secretPlace, "bytes of this one are all the same"},

		// Times.
		{"created null", created, `null}`, "line 12, column 88", "created " + time},
		{"created a number", created, `1767225600000}`, "line 12, column 88", "created " + time},
		{"created empty", created, `""}`, "line 12, column 88", "created " + time},
		{"seal_from null", `"2026-01-02T00:00:00.000Z"`, `null`, fromPlace, "seal_from " + time},
		{"open_until null", `"2026-05-01T00:00:00.000Z"`, `null`, "line 9, column 18", "open_until " + time},
		{"no milliseconds", from, "2026-01-02T00:00:00Z", fromPlace, "seal_from " + time},
		{"microseconds", from, "2026-01-02T00:00:00.000000Z", fromPlace, "seal_from " + time},
		{"comma", from, "2026-01-02T00:00:00,000Z", fromPlace, "seal_from " + time},
		{"offset", from, "2026-01-02T00:00:00.000+00:00", fromPlace, "seal_from " + time},
		{"no zone", from, "2026-01-02T00:00:00.000", fromPlace, "seal_from " + time},
		{"small z", from, "2026-01-02T00:00:00.000z", fromPlace, "seal_from " + time},
		{"small t", from, "2026-01-02t00:00:00.000Z", fromPlace, "seal_from " + time},
		{"space for T", from, "2026-01-02 00:00:00.000Z", fromPlace, "seal_from " + time},
		{"space after", from, "2026-01-02T00:00:00.000Z ", fromPlace, "seal_from " + time},
		{"day without zero", from, "2026-01-2T00:00:00.000Z", fromPlace, "seal_from " + time},
		{"30 February", from, "2026-02-30T00:00:00.000Z", fromPlace, "seal_from " + time},
		{"29 February 2100", from, "2100-02-29T00:00:00.000Z", fromPlace, "seal_from " + time},
		{"month 13", from, "2026-13-02T00:00:00.000Z", fromPlace, "seal_from " + time},
		{"hour 24", from, "2026-01-02T24:00:00.000Z", fromPlace, "seal_from " + time},
		{"leap second", from, "2016-12-31T23:59:60.000Z", fromPlace, "seal_from " + time},
		{"year 0001, the zero time", from, "0001-01-01T00:00:00.000Z", fromPlace, "seal_from " + time},
		{"year 1969", from, "1969-12-31T23:59:59.999Z", fromPlace, "seal_from " + time},
		{"year 10000", from, "10000-01-01T00:00:00.000Z", fromPlace, "seal_from " + time},
		{"digits of another script", from, "202６-01-02T00:00:00.000Z", fromPlace, "seal_from " + time},

		// The rest.
		{"disabled null", "false", "null", "line 10, column 16", "disabled is true or false"},
		{"disabled 0", "false", "0", "line 10, column 16", "disabled is true or false"},
		{"disabled as text", "false", `"false"`, "line 10, column 16", "disabled is true or false"},
		{"comment null", `"first"`, "null", "line 11, column 15", "comment is a string"},
		{"comment an object", `"first"`, "{}", "line 11, column 15", "comment is a string"},

		// The keys as a set: IDs instead of a place.
		{"id twice", `"b"`, `"a"`, "", "key a is there twice"},
		{"secret twice", secretB, secretA, "", "keys a and b have one secret"},
		{"tie", created, `"2026-01-01T00:00:00.000Z", "seal_from": "` + from + `"}`, "",
			"keys a and b seal from the same time; set seal_from of the newer one"},
		{"closes when it seals", "2026-05-01", "2026-01-02", "", "key a closes before it seals"},
		{"closes before it seals", "2026-05-01", "2026-01-01", "", "let open_until be after seal_from"},
		{"published secret", secretB, publishedSecret, "", "key b has a secret that documentation publishes"},
		{"published secret, disabled", validText,
			strings.NewReplacer(secretA, publishedSecret, "false", "true").Replace(validText), "",
			"key a has a secret that documentation publishes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(validText, test.old, test.new, 1)
			if text == validText {
				t.Fatal("the case changes nothing")
			}
			d, err := keyfile.Parse([]byte(text))
			if d != nil {
				t.Error("a document beside the error")
			}
			failsWith(t, err, test.says)
			if place := placeOf(err); place != test.place {
				t.Errorf("place %q, want %q, of %q", place, test.place, err)
			}
			for _, hidden := range []string{secretA, secretB, publishedSecret} {
				holdsNothingOf(t, hidden[5:], err.Error())
			}
		})
	}
}

// placeOf returns the place that an error of Parse says, "" for none.
func placeOf(err error) string {
	place, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), sealring.ErrKeyring.Error()+": "), ": ")
	if !strings.HasPrefix(place, "line ") {
		return ""
	}
	return place
}

// No error shows a part of what stands where a secret should.
func TestErrorsHoldNothingOfMalformedSecrets(t *testing.T) {
	for _, malformed := range []string{
		"c57f8b04faaa54db8edd0aa3bc80cd12438fbc056f3c93a66a940b3a52f53f93",
		"correct horse battery staple",
		"srk2_xX-LBPqqVNuO3QqjvIDNEkOPvAVvPJOmapQLOlL1P5M",
		"srk1_xX-LBPqqVNuO3QqjvIDNEkOPvAVvPJOmapQLOlL1P5",
		"xX+LBPqqVNuO3QqjvIDNEkOPvAVvPJOmapQLOlL1P5M=",
	} {
		for name, text := range map[string]string{
			"for a secret":      strings.Replace(validText, secretB, malformed, 1),
			"for an ID":         strings.Replace(validText, `"b"`, `"`+malformed+`="`, 1),
			"for a time":        strings.Replace(validText, "2026-01-02T00:00:00.000Z", malformed, 1),
			"for a name":        strings.Replace(validText, "comment", malformed, 1),
			"for a number":      strings.Replace(validText, "7", `"`+malformed+`"`, 1),
			"for a key":         strings.Replace(validText, `{"id": "b"`, `"`+malformed+`", {"id": "b"`, 1),
			"for a document":    malformed,
			"in broken JSON":    strings.Replace(validText, `"`+secretB+`"`, malformed, 1),
			"for an escape":     strings.Replace(validText, secretB, `\`+malformed, 1),
			"for two of a name": strings.Replace(validText, `"first"`, `"first", "`+malformed+`": 1, "`+malformed+`": 1`, 1),
		} {
			_, err := keyfile.Parse([]byte(text))
			failsWith(t, err)
			holdsNothingOf(t, malformed, err.Error())
			if t.Failed() {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// Every part of a document that is cut off, as a reader sees it in mid-write, is refused at its end.
func TestEveryPrefixIsRefused(t *testing.T) {
	whole := strings.TrimSpace(validText)
	for i := range len(whole) {
		d, err := keyfile.Parse([]byte(whole[:i]))
		failsWith(t, err, "line ")
		if d != nil {
			t.Fatalf("prefix of %d bytes: a document beside the error", i)
		}
	}
}

func TestParseLimits(t *testing.T) {
	padded := func(size int) string { return validText + strings.Repeat(" ", size-len(validText)) }
	mustParse(t, padded(1<<20))
	d, err := keyfile.Parse([]byte(padded(1<<20 + 1)))
	failsWith(t, err, "1 MiB")
	if d != nil {
		t.Error("a document beside the error")
	}

	many := &keyfile.Document{Generation: 1}
	for n := range 1000 {
		many.Keys = append(many.Keys, entry(t, n))
	}
	text := mustEncode(t, many)
	mustParse(t, text)
	one := mustEncode(t, &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{entry(t, 1000)}})
	one = one[strings.Index(one, "    {") : strings.LastIndex(one, "}\n  ]")+1]
	end := strings.LastIndex(text, "\n  ]")
	_, err = keyfile.Parse([]byte(text[:end] + ",\n" + one + text[end:]))
	failsWith(t, err, "at most 1000 keys")
	if want := "column 5"; !strings.HasSuffix(placeOf(err), want) {
		t.Errorf("place %q, want %s", placeOf(err), want)
	}

	// However many there are, it stops at the first that is too many.
	_, err = keyfile.Parse([]byte(`{"keys":[` + strings.Repeat("{},", 300_000) + `{}],"version":1,"generation":1}`))
	failsWith(t, err, "line 1, column 10", "needs the field id")
}

func FuzzParse(f *testing.F) {
	data, err := vectors.Files.ReadFile("ring.json")
	if err != nil {
		f.Fatal(err)
	}
	var file struct{ Cases []struct{ Document string } }
	if err := json.Unmarshal(data, &file); err != nil || len(file.Cases) < 300 {
		f.Fatalf("%d seeds, %v", len(file.Cases), err)
	}
	for _, c := range file.Cases {
		f.Add([]byte(c.Document))
	}
	f.Add([]byte(validText))
	f.Add([]byte(mustEncode(f, full(f))))                                                 // every field
	f.Add([]byte(strings.ReplaceAll(validText, "\n", "\r\n")))                            // places behind CR LF
	f.Add([]byte(strings.Replace(validText, "first", "\u2028\u2029<>&\u007f\\u0000", 1))) // what encoders escape
	f.Add([]byte(strings.Replace(validText, "first", `\ud83d\ude00\/\b`, 1)))             // what decoders unescape
	f.Add([]byte("\xff"))                                                                 // a fault at the first byte
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := keyfile.Parse(data)
		if err != nil {
			failsWith(t, err)
			if d != nil {
				t.Fatal("a document beside the error")
			}
			return
		}
		text, err := keyfile.Encode(d)
		if err != nil {
			// Line feeds, indents and escapes may make a text larger, though never four times.
			if len(data) < 1<<18 {
				t.Fatal(err)
			}
			return
		}
		again := mustParse(t, string(text))
		sameContent(t, again, d)
		if string(text) != mustEncode(t, again) {
			t.Error("encoded again, the text is another")
		}
	})
}
