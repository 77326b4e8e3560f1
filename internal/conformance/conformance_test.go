package conformance

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sealring/sealring/vectors"
)

const good = `{"name":"n","keys":[{"id":"z7dbov4z","secret":"srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}],` +
	`"purpose":"session","bind":"","now_ms":1767225600000,"suites":[1],"token":"junk","error":"malformed"}`

func file(kind string, cases ...string) string {
	return fmt.Sprintf(`{"schema":"sealring/vectors/1","kind":%q,"made_with":"x","cases":[%s]}`, kind, strings.Join(cases, ","))
}

// A checker that passes everything would be worth nothing: each case that is made wrong is told.
func TestDifferencesAreTold(t *testing.T) {
	const expect = `"expect":{"key_id":"z7dbov4z","suite":1,"content":1,"issued_ms":1767225600000,"expires_ms":1767229200000,` +
		`"body":"7b22757365725f6964223a3132332c22757365726e616d65223a2261646d696e222c22726f6c6573223a5b22656469746f72222c22766965776572225d7d"}`
	const token = `sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywidXNlcm5hbWUiOiJhZG1pbiIsInJvbGVzIjpbImVkaXRvciIsInZpZXdlciJdfVQqdWq3oqkRynpTaMWykuzO-jWcNFmcOeID5tdEZOka`
	opens := strings.Replace(strings.Replace(good, "junk", token, 1), `"error":"malformed"`, expect, 1)
	for _, test := range []struct{ name, kind, vector, says string }{
		{"right", "envelope", good, ""},
		{"right, opens", "envelope", opens, ""},
		{"right, reproduces", "envelope", strings.Replace(opens, `"name"`, `"reproduce":true,"name"`, 1), ""},
		{"another class", "envelope", strings.Replace(good, `"malformed"`, `"expired"`, 1), "refused as malformed, want expired"},
		{"opens, want a class", "envelope", strings.Replace(good, "junk", token, 1), "opened, want malformed"},
		{"refused, want it open", "envelope", strings.Replace(opens, token, "junk", 1), "refused as malformed, want opened"},
		{"another body", "envelope", strings.Replace(opens, `"body":"7b`, `"body":"7c`, 1), "another body"},
		{"another expiry", "envelope", strings.Replace(opens, "1767229200000", "1767229200001", 1), "another header"},
		{"another token", "envelope", strings.Replace(opens, `"purpose":"session"`, `"purpose":"other"`, 1), "bad_signature"},
		{"suite 7", "envelope", strings.Replace(good, `[1]`, `[7]`, 1), "Options.Suites"},
		{"a bad secret", "envelope", strings.Replace(good, "srk1_", "srk2_", 1), "begins with srk1_"},
		{"one key twice", "envelope", strings.Replace(good, `"keys":[`, `"keys":[{"id":"z7dbov4z","secret":"srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"},`, 1), "twice"},
		{"a document that ought to load", "ring", `{"name":"r","document":"{}","expect":{"ids":[],"primary_at":{}}}`, "refused"},
		{"a document that ought not to", "ring", `{"name":"r","document":"{}","error":"refused","why":"x"}`, ""},
	} {
		var out strings.Builder
		report, err := Check(&out, []byte(file(test.kind, test.vector)))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if (report.Failed == 0) != (test.says == "") || report.Passed+report.Failed != 1 || !strings.Contains(out.String(), test.says) {
			t.Errorf("%s: %+v, %q", test.name, report, &out)
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	for name, data := range map[string]string{
		"empty":             "",
		"not JSON":          "{",
		"no schema":         `{}`,
		"another schema":    strings.Replace(file("envelope", good), "vectors/1", "vectors/2", 1),
		"one name twice":    file("envelope", good, good),
		"unknown kind":      file("pickle", good),
		"unknown key":       file("envelope", strings.Replace(good, `"name"`, `"nam":1,"name"`, 1)),
		"misspelt key":      file("envelope", strings.Replace(good, `"name"`, `"Name"`, 1)),
		"key twice":         file("envelope", strings.Replace(good, `"name":"n"`, `"name":"n","name":"n"`, 1)),
		"unknown class":     file("envelope", strings.Replace(good, "malformed", "broken", 1)),
		"expects nothing":   file("envelope", strings.Replace(good, `,"error":"malformed"`, "", 1)),
		"no token":          file("envelope", strings.Replace(good, `"token":"junk",`, "", 1)),
		"no suites":         file("envelope", strings.Replace(good, `"suites":[1],`, "", 1)),
		"bind not hex":      file("envelope", strings.Replace(good, `"bind":""`, `"bind":"zz"`, 1)),
		"reproduces errors": file("envelope", strings.Replace(good, `"name"`, `"reproduce":true,"name"`, 1)),
		"ring of nothing":   file("ring", `{"name":"r","error":"refused"}`),
		"ring class":        file("ring", `{"name":"r","document":"","error":"malformed"}`),
		"ring and nothing":  file("ring", `{"name":"r","document":""}`),
		"ring key":          file("ring", `{"name":"r","document":"","error":"refused","because":"x"}`),
	} {
		report, err := Check(io.Discard, []byte(data))
		if err == nil || report.Passed != 0 {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// FuzzCheck: no file makes the checker panic.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(file("envelope", good)))
	f.Add([]byte(file("ring", `{"name":"r","document":"{}","error":"refused","why":"x"}`)))
	f.Add([]byte(file("ring")))
	f.Add([]byte(`{"schema":"sealring/vectors/1","kind":"envelope","cases":[null,1,{}]}`))
	data, err := vectors.Files.ReadFile("ring.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[:20000])
	for _, kind := range []string{"itsdangerous", "django", "flask", "starlette"} {
		seed, err := seedCompat(kind)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := Check(io.Discard, data)
		if err != nil && report != (Report{}) {
			t.Fatalf("%+v beside %v", report, err)
		}
	})
}
