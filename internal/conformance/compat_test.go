package conformance

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/vectors"
)

// Replacements make a case wrong, or right again; each is what stands there, and what comes in its place.
type compatTest struct {
	name         string
	replacements []string
	says         string
}

const (
	signed = `{"name":"n","class":"URLSafeTimedSerializer","keys":["the newest key, which signs"],"salt":"session","sep":".",` +
		`"key_derivation":"django-concat","digest":"sha1","now":1767225610,` +
		`"token":"eyJ1c2VyX2lkIjoxMjMsInVzZXJuYW1lIjoiYWRtaW4iLCJyb2xlcyI6WyJlZGl0b3IiLCJ2aWV3ZXIiXX0.aVW5AA.xp5OxBcvs2k_vDMOtMA5DDQI36o",` +
		`"expect":{"value":{"user_id":123,"username":"admin","roles":["editor","viewer"]},"timestamp":1767225600}}`
	expectation = `"expect":{"value":{"user_id":123,"username":"admin","roles":["editor","viewer"]},"timestamp":1767225600}`
)

// A checker that passes everything would be worth nothing.
func TestItsdangerousDifferencesAreTold(t *testing.T) {
	differencesAreTold(t, "itsdangerous", signed, []compatTest{
		{"right", nil, ""},
		{"an equal number", []string{"123", "1.23e2"}, ""},
		{"two keys", []string{`["the`, `["the oldest","the`}, ""},
		{"a maximum age", []string{`"token"`, `"max_age":10,"token"`}, ""},
		{"the last of the age", []string{"1767225610,", `1767225610.999999999,"max_age":10,`}, ""},
		{"another number", []string{"123", "124"}, `another value, want {"user_id":124,"username":"admin","roles":["editor","viewer"]}`},
		{"a spaced value", []string{`"user_id":123`, `"user_id" : 124`}, `another value, want {"user_id":124,`},
		{"a long value", []string{`{"user_id":123,"username":"admin","roles":["editor","viewer"]}`, `"` + strings.Repeat("ü", 300) + `"`},
			`another value, want "` + strings.Repeat("ü", 199) + "…\n"},
		{"another number, by a little", []string{"123", "123.00000000000000000000000000000001"}, "another value"},
		{"another text", []string{"admin", "Admin"}, "another value"},
		{"another key in it", []string{`"username"`, `"userName"`}, "another value"},
		{"one element fewer", []string{`,"viewer"`, ""}, "another value"},
		{"another time", []string{`:1767225600`, `:1767225601`}, "with the time 1767225600, want 1767225601"},
		{"another secret", []string{"newest", "oldest"}, "refused as BadTimeSignature, want opened"},
		{"another salt", []string{`"session"`, `""`}, "refused as BadTimeSignature"},
		{"another digest", []string{"sha1", "sha256"}, "refused as BadTimeSignature"},
		{"no such digest", []string{"sha1", "md5"}, "md5"},
		{"no such derivation", []string{"django-concat", "pbkdf2"}, "pbkdf2"},
		{"a separator that cannot be", []string{`"sep":"."`, `"sep":"a"`}, "separator"},
		{"another class", []string{"URLSafeTimedSerializer", "TimedSerializer"}, "refused as BadPayload"},
		{"too old", []string{`"token"`, `"max_age":9,"token"`}, "refused as SignatureExpired"},
		{"too old, by a fraction of the age", []string{`"token"`, `"max_age":9.9,"token"`}, "refused as SignatureExpired"},
		{"a class, and opened", []string{expectation, `"error":"BadSignature"`}, "opened, want BadSignature"},
		{"any class, and opened", []string{expectation, `"error":"any"`}, "opened, want any"},
		{"the class", []string{expectation, `"error":"BadTimeSignature"`, "newest", "oldest"}, ""},
		{"any class", []string{expectation, `"error":"any"`, "newest", "oldest"}, ""},
		{"any class, for what cannot be", []string{expectation, `"error":"any"`, "sha1", "md5"}, ""},
		{"the class above", []string{expectation, `"error":"BadSignature"`, "newest", "oldest"}, "refused as BadTimeSignature, want BadSignature"},
		{"the class below", []string{expectation, `"error":"SignatureExpired"`, "newest", "oldest"}, "want SignatureExpired"},
		{"expired", []string{expectation, `"error":"SignatureExpired","max_age":1`}, ""},
		{"expired, want its umbrella", []string{expectation, `"error":"BadTimeSignature","max_age":1`}, "refused as SignatureExpired"},
	})
}

func differencesAreTold(t *testing.T, kind, vector string, tests []compatTest) {
	t.Helper()
	for _, test := range tests {
		var out strings.Builder
		report, err := Check(&out, []byte(file(kind, replaced(t, vector, test.replacements))))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if (report.Failed == 0) != (test.says == "") || report.Passed+report.Failed != 1 || !strings.Contains(out.String(), test.says) {
			t.Errorf("%s: %+v, %q, want %q", test.name, report, &out, test.says)
		}
	}
}

// replaced does each replacement once, from left to right.
func replaced(t *testing.T, vector string, replacements []string) string {
	t.Helper()
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(vector, replacements[i]) {
			t.Fatalf("no %q in the vector", replacements[i])
		}
		vector = strings.Replace(vector, replacements[i], replacements[i+1], 1)
	}
	return vector
}

func TestItsdangerousCasesThatAreNone(t *testing.T) {
	notCases(t, "itsdangerous", signed, map[string][]string{
		"no name":             {`"name":"n",`, ""},
		"no class":            {`"class":"URLSafeTimedSerializer",`, ""},
		"unknown class":       {`"URLSafeTimedSerializer"`, `"PickleSerializer"`},
		"no keys":             {`["the newest key, which signs"]`, "[]"},
		"keys of one string":  {`["the newest key, which signs"]`, `"the newest key, which signs"`},
		"key":                 {`"keys":["the newest key, which signs"]`, `"key":"the newest key, which signs"`},
		"key and keys":        {`"keys":`, `"key":"k","keys":`},
		"a number for a key":  {`["the newest key, which signs"]`, "[1]"},
		"no salt":             {`"salt":"session",`, ""},
		"no separator":        {`"sep":".",`, ""},
		"no derivation":       {`"key_derivation":"django-concat",`, ""},
		"no digest":           {`"digest":"sha1",`, ""},
		"no clock":            {`"now":1767225610,`, ""},
		"a clock of text":     {`"now":1767225610,`, `"now":"1767225610",`},
		"a clock far off":     {`"now":1767225610,`, `"now":1e300,`},
		"a maximum age of it": {`"token"`, `"max_age":1e1000000000,"token"`},
		"300 years":           {`"token"`, `"max_age":9467280000,"token"`},
		"no token":            {`"token"`, `"comment"`},
		"unknown key":         {`"token"`, `"leeway":1,"token"`},
		"misspelt key":        {`"token"`, `"Token"`},
		"expects nothing":     {"," + expectation, ""},
		"expects both":        {`"token"`, `"error":"any","token"`},
		"unknown error":       {expectation, `"error":"BadData"`},
		"an error of ours":    {expectation, `"error":"bad_signature"`},
		"no value":            {`"value":{"user_id":123,"username":"admin","roles":["editor","viewer"]},`, ""},
		"no timestamp":        {`,"timestamp":1767225600`, ""},
		"a fraction in it":    {`:1767225600`, `:1767225600.5`},
		"a timestamp too many": {
			"URLSafeTimedSerializer", "URLSafeSerializer",
		},
		"unknown in expect":  {`"timestamp"`, `"payload":1,"timestamp"`},
		"a value twice":      {`"timestamp"`, `"value":1,"timestamp"`},
		"a value with a key": {`"user_id":123`, `"user_id":123,"user_id":123`},
	})
}

func notCases(t *testing.T, kind, vector string, tests map[string][]string) {
	t.Helper()
	for name, replacements := range tests {
		report, err := Check(io.Discard, []byte(file(kind, replaced(t, vector, replacements))))
		if err == nil || report != (Report{}) {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// seedCompat returns a few cases of each kind that a fuzzer may begin with.
func seedCompat(kind string) ([]byte, error) {
	data, err := vectors.Files.ReadFile(kind + ".json")
	if err != nil {
		return nil, err
	}
	const begin, end = "\n  {\n", "\n  }"
	var cases []string
	for i, c := range strings.Split(string(data), begin) {
		c, _, _ = strings.Cut(c, end)
		if i > 0 && i%40 == 1 && len(c) < 2000 {
			cases = append(cases, "{"+c+"}")
		}
	}
	return []byte(file(kind, cases...)), nil
}

// A liar writes one thing and reads another.
type liar struct {
	value any
	at    time.Time
	err   error
}

func (l liar) Dumps(any) (string, error)                               { return "token", nil }
func (l liar) Loads(string, time.Duration) (any, time.Time, error)     { return l.value, l.at, l.err }
func (l liar) LoadsAnyAge(string) (value any, at time.Time, err error) { return l.value, l.at, l.err }

// The writing side must be told, too, though no vector makes a sound library fail there.
func TestWhatIsWrittenMustComeBack(t *testing.T) {
	at := time.Unix(1767225600, 0)
	for _, test := range []struct {
		name string
		liar
		says string
	}{
		{"right", liar{json.Number("1.0"), at, nil}, ""},
		{"right, in another zone", liar{json.Number("1"), at.UTC(), nil}, ""},
		{"another value", liar{json.Number("2"), at, nil}, "does not open to the same"},
		{"a text", liar{"1", at, nil}, "does not open to the same"},
		{"another time", liar{json.Number("1"), at.Add(time.Second), nil}, "does not open to the same"},
		{"no time", liar{json.Number("1"), time.Time{}, nil}, "does not open to the same"},
		{"refused", liar{nil, time.Time{}, itsdangerous.ErrBadPayload}, "does not open to the same: BadPayload"},
	} {
		token, err := roundTrip(test.liar, json.Number("1"), at)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) || token != "token" {
			t.Errorf("%s: %q, %v", test.name, token, err)
		}
	}
}
