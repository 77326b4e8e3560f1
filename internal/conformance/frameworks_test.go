package conformance

import (
	"encoding/json"
	"testing"

	"github.com/sealring/sealring/vectors"
)

// vectorNamed returns a case of a kind's file.
func vectorNamed(t *testing.T, kind, name string) string {
	t.Helper()
	data, err := vectors.Files.ReadFile(kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []json.RawMessage }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		var n struct{ Name string }
		if err := json.Unmarshal(c, &n); err != nil {
			t.Fatal(err)
		}
		if n.Name == name {
			return string(c)
		}
	}
	t.Fatalf("no case %q", name)
	return ""
}

func TestDjangoDifferencesAreTold(t *testing.T) {
	differencesAreTold(t, "django", vectorNamed(t, "django", "dumps: a user"), []compatTest{
		{"right", nil, ""},
		{"one key in a list", []string{`"key": "the newest key, which signs"`, `"keys": ["the newest key, which signs"]`}, ""},
		{"two keys", []string{`"key": "the newest key, which signs"`, `"keys": ["the newest key, which signs", "a newer one"]`}, ""},
		{"without the time", []string{`, "timestamp": 1767225600`, ""}, ""},
		{"with SHA-1 allowed", []string{`"salt"`, `"algorithm": "sha1", "salt"`}, ""},
		{"another number", []string{"123", "124"}, "another value"},
		{"another time", []string{"1767225600", "1767225601"}, "with the time"},
		{"another key", []string{"newest", "oldest"}, "refused as BadSignature"},
		{"another salt", []string{"django.core.signing", "own"}, "refused as BadSignature"},
		{"a cookie", []string{`"dumps"`, `"signed_cookie"`}, "refused as BadSignature"},
		{"too old", []string{`"token"`, `"max_age": 9.9, "token"`}, "refused as SignatureExpired"},
		{"old enough", []string{`"token"`, `"max_age": 10, "token"`}, ""},
		{"too old by a fraction", []string{"1767225610", "1767225610.001", `"token"`, `"max_age": 10, "token"`}, "refused as SignatureExpired"},
		{"an empty key", []string{"the newest key, which signs", ""}, "key is empty"},
	})
	for _, name := range []string{"cookie, sha256: a word", "cookie, sha256, the salt of before: a word"} {
		differencesAreTold(t, "django", vectorNamed(t, "django", name), []compatTest{
			{"right", nil, ""},
			{"another value", []string{`"expect": {"value": "value"`, `"expect": {"value": "other"`}, "another value"},
			{"another name", []string{`"sessionid"`, `"session"`}, "refused as BadSignature"},
			{"dumps", []string{`"signed_cookie"`, `"dumps"`}, "refused as BadSignature"},
		})
	}
}

func TestFlaskDifferencesAreTold(t *testing.T) {
	differencesAreTold(t, "flask", vectorNamed(t, "flask", "tag: all of them"), []compatTest{
		{"right", nil, ""},
		{"too old", []string{`"max_age": 2678400`, `"max_age": 9`}, "refused as SignatureExpired"},
		{"too old by all means", []string{`"max_age": 2678400`, `"max_age": 0`}, "refused as SignatureExpired"},
		{"another key", []string{"newest", "oldest"}, "refused as BadTimeSignature"},
		{"another type", []string{`"b": "bytes"`, `"b": "markup"`}, `"b" has the type "bytes", want "markup"`},
		{"no type", []string{`"b": "bytes", `, ""}, `"b" has the type "bytes", want ""`},
		{"a type too many", []string{`"b": "bytes"`, `"b": "bytes", "z": "uuid"`}, `no "z"`},
		{"another datetime", []string{`"d": 1767323045`, `"d": 1767323046`}, "another value"},
		{"other bytes", []string{`"b": "eA=="`, `"b": "eQ=="`}, "another value"},
		{"another tuple", []string{`"t": [1]`, `"t": [1.5]`}, "another value"},
		{"another UUID", []string{`12345678-`, `12345679-`}, "another value"},
		{"other markup", []string{`"m": "x"`, `"m": "y"`}, "another value"},
		{"deep inside", []string{`["eA==", "1`, `["eQ==", "1`}, "another value"},
	})
	differencesAreTold(t, "flask", vectorNamed(t, "flask", "tag: a dict like a tuple"), []compatTest{
		{"right", nil, ""},
		{"no dict", []string{`"x": "dict"`, ""}, `"x" has the type "dict", want ""`},
	})
}

func TestStarletteDifferencesAreTold(t *testing.T) {
	differencesAreTold(t, "starlette", vectorNamed(t, "starlette", "value: a user"), []compatTest{
		{"right", nil, ""},
		{"no maximum age", []string{`"max_age": 1209600,`, ""}, ""},
		{"too old", []string{`"max_age": 1209600`, `"max_age": 9`}, "refused as SignatureExpired"},
		{"too old by all means", []string{`"max_age": 1209600`, `"max_age": 0`}, "refused as SignatureExpired"},
		{"another number", []string{"123", "123.5"}, "another value"},
		{"another time", []string{`"timestamp": 1767225600`, `"timestamp": 1767225599`}, "with the time"},
		{"another key", []string{"newest", "oldest"}, "refused as BadTimeSignature"},
		{"two keys", []string{`"key": "the newest key, which signs"`, `"keys": ["the newest key, which signs", "a newer one"]`}, ""},
	})
}

func TestFrameworkCasesThatAreNone(t *testing.T) {
	for kind, name := range map[string]string{"django": "dumps: a user", "flask": "value: a user", "starlette": "value: a user"} {
		vector := vectorNamed(t, kind, name)
		notCases(t, kind, vector, map[string][]string{
			"no key":              {`"key": "the newest key, which signs",`, ""},
			"both":                {`"key"`, `"keys": ["k"], "key"`},
			"no keys":             {`"key": "the newest key, which signs"`, `"keys": []`},
			"keys of one string":  {`"key": "the newest key, which signs"`, `"keys": "the newest key, which signs"`},
			"a list of one key":   {`"key": "the newest key, which signs"`, `"key": ["the newest key, which signs"]`},
			"unknown class":       {`"class": "`, `"class": "x`},
			"unknown key":         {`"token"`, `"leeway": 1, "token"`},
			"unknown error":       {`"expect"`, `"error": "bad", "comment"`},
			"expects nothing":     {`"expect"`, `"comment"`},
			"expects both":        {`"token"`, `"error": "any", "token"`},
			"no token":            {`"token"`, `"comment"`},
			"no clock":            {`"now": 1767225610,`, ""},
			"another kind's keys": {`"token"`, `"sep": ".", "token"`},
		})
		switch kind {
		case "django":
			notCases(t, kind, vector, map[string][]string{
				"no salt":           {`"salt": "django.core.signing",`, ""},
				"unknown algorithm": {`"salt"`, `"algorithm": "md5", "salt"`},
				"tagged":            {`"salt"`, `"tagged": {}, "salt"`},
			})
		case "flask":
			notCases(t, kind, vector, map[string][]string{
				"no maximum age": {`"max_age": 2678400,`, ""},
				"unknown tag":    {`"token"`, `"tagged": {"v": "pickle"}, "token"`},
			})
		case "starlette":
			notCases(t, kind, vector, map[string][]string{"tagged": {`"token"`, `"tagged": {}, "token"`}})
		}
	}
}
