package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/keyfile"
)

// modeOf is the mode of a file, as ls has it.
func modeOf(t testing.TB, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().String()
}

func TestKeysNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring.json")
	out := world{}.mustRun(t, "--json", "keys", "new", path, "--id", "2026-01", "--comment", "née <first> \x01")
	if mode := modeOf(t, path); mode != "-rw-------" {
		t.Errorf("mode %s", mode)
	}
	d, err := keyfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Keys) != 1 || d.Generation != 1 || d.Keys[0].ID != "2026-01" || d.Keys[0].Comment != "née <first> \x01" ||
		!d.Keys[0].Created.Equal(knownTime) || !d.Keys[0].SealFrom.IsZero() || !d.Keys[0].OpenUntil.IsZero() || d.Keys[0].Disabled {
		t.Errorf("%+v, %q", d, d.Keys[0].Comment)
	}
	var told struct {
		File       string
		KeyID      string `json:"key_id"`
		Generation int
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil || told.File != path || told.KeyID != "2026-01" || told.Generation != 1 {
		t.Errorf("told %q, %v", out, err)
	}

	// No two keys are the same.
	other := filepath.Join(t.TempDir(), "other.json")
	world{}.mustRun(t, "keys", "new", other)
	d2, err := keyfile.Read(other)
	if err != nil {
		t.Fatal(err)
	}
	if d2.Keys[0].ID != d2.Keys[0].Secret.KeyID() || d2.Keys[0].Secret.Reveal() == d.Keys[0].Secret.Reveal() {
		t.Error("the ID does not follow from the secret, or the secret is not a fresh one")
	}
}

func TestKeysNewRefuses(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	if err := os.WriteFile("there", []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", "link"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		exit int
		says string
		args []string
	}{
		"a file that exists":    {1, "choose another path", []string{"there"}},
		"a link to nowhere":     {1, "choose another path", []string{"link"}},
		"a folder":              {1, "choose another path", []string{"."}},
		"a folder that is not":  {1, "no/ring.json", []string{"no/ring.json"}},
		"stdout":                {2, "never to stdout", []string{"-"}},
		"no file":               {2, "<file>", nil},
		"two files":             {2, "unexpected argument b", []string{"a", "b"}},
		"no ID":                 {2, "--id", []string{"new", "--id="}},
		"ID with a slash":       {2, "--id", []string{"new", "--id", "a/b"}},
		"ID of 33 characters":   {2, "--id", []string{"new", "--id", strings.Repeat("a", 33)}},
		"ID with a dot first":   {2, "--id", []string{"new", "--id", ".a"}},
		"comment not UTF-8":     {2, "not UTF-8", []string{"new", "--comment", "\xff"}},
		"comment of a megabyte": {1, "1 MiB", []string{"new", "--comment", strings.Repeat("x", 1<<20)}},
		"a document":            {1, "not a path", []string{ringA}},
	} {
		o := world{}.run(append([]string{"keys", "new"}, test.args...)...)
		if o.exit != test.exit || !strings.Contains(o.stderr, test.says) || o.stdout != "" {
			t.Errorf("%s: %+v", name, o)
		}
	}
	left, err := os.ReadDir(".")
	if err != nil || len(left) != 2 {
		t.Errorf("left %v, %v", left, err)
	}
	if data, err := os.ReadFile("there"); err != nil || string(data) != "precious" {
		t.Errorf("the file now has %q, %v", data, err)
	}
}

// However a secret is written it is the same key, and nothing of it is told.
func TestKeysImport(t *testing.T) {
	for name, secret := range secretForms(t) {
		for _, end := range []string{"", "\n"} {
			from := strings.TrimSuffix(strings.ToLower(strings.Fields(strings.ReplaceAll(name, ",", ""))[0]), "url")
			path := filepath.Join(t.TempDir(), "ring.json")
			out := world{stdin: secret + end}.mustRun(t, "keys", "import", path, "--from", from)
			out += world{stdin: secret + end}.mustRun(t, "--json", "keys", "import", path+"2", "--from", from, "--id", "old")
			showsNoSecret(t, out)
			if mode := modeOf(t, path); mode != "-rw-------" {
				t.Errorf("%s: mode %s", name, mode)
			}
			for path, id := range map[string]string{path: "vlh7vn3l", path + "2": "old"} {
				d, err := keyfile.Read(path)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if d.Keys[0].ID != id || d.Keys[0].Secret.Reveal() != secretA {
					t.Errorf("%s: another key, %v", name, d)
				}
			}
		}
	}
}

func TestKeysImportRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	forms := secretForms(t)
	const same = "the bytes of this one are all the same"
	for name, test := range map[string]struct{ from, text, says string }{
		"nothing":                    {"hex", "", "64 hexadecimal digits"},
		"a line feed":                {"hex", "\n", "64 hexadecimal digits"},
		"two line feeds":             {"hex", forms["hex"] + "\n\n", "64 hexadecimal digits"},
		"a carriage return":          {"hex", forms["hex"] + "\r\n", "64 hexadecimal digits"},
		"a line feed in front":       {"hex", "\n" + forms["hex"], "64 hexadecimal digits"},
		"a line feed within":         {"hex", forms["hex"][:32] + "\n" + forms["hex"][32:], "64 hexadecimal digits"},
		"0x":                         {"hex", "0x" + forms["hex"], "64 hexadecimal digits"},
		"31 bytes in hex":            {"hex", forms["hex"][2:], "64 hexadecimal digits"},
		"33 bytes in hex":            {"hex", forms["hex"] + "00", "64 hexadecimal digits"},
		"63 digits":                  {"hex", forms["hex"][1:], "64 hexadecimal digits"},
		"a letter that is no digit":  {"hex", "g" + forms["hex"][1:], "64 hexadecimal digits"},
		"a thousand digits":          {"hex", strings.Repeat(forms["hex"], 16), "64 hexadecimal digits"},
		"equal bytes in hex":         {"hex", strings.Repeat("a7", 32), same},
		"base64 as hex":              {"hex", forms["base64"], "64 hexadecimal digits"},
		"equal bytes in base64":      {"base64", strings.Repeat("A", 43) + "=", same},
		"a line feed within base64":  {"base64", forms["base64"][:20] + "\n" + forms["base64"][20:], "32 bytes in base64"},
		"CRLF behind base64":         {"base64", forms["base64"] + "\r\n", "32 bytes in base64"},
		"space behind base64":        {"base64", forms["base64"] + " ", "32 bytes in base64"},
		"padding twice":              {"base64", forms["base64"] + "=", "32 bytes in base64"},
		"both alphabets":             {"base64", "-+" + forms["base64"][2:], "32 bytes in base64"},
		"bits behind the last byte":  {"base64", forms["base64 unpadded"][:42] + "d", "32 bytes in base64"},
		"31 bytes in base64":         {"base64", forms["base64"][:40] + "AA==", "32 bytes in base64"},
		"33 bytes in base64":         {"base64", forms["base64 unpadded"] + "A", "32 bytes in base64"},
		"hex as base64":              {"base64", forms["hex"], "32 bytes in base64"},
		"no prefix":                  {"srk1", forms["base64url, short"], "begins with srk1_"},
		"srk1 with padding":          {"srk1", secretA + "=", "43 characters"},
		"srk1 and two line feeds":    {"srk1", secretA + "\n\n", "43 characters"},
		"srk1 in the other alphabet": {"srk1", "srk1_" + forms["base64 unpadded"], "base64url without padding"},
		"srk1 of equal bytes":        {"srk1", "srk1_" + strings.Repeat("A", 43), same},
		"published":                  {"srk1", "srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "documentation publishes"},
		"published, as hex":          {"hex", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "documentation publishes"},
	} {
		for _, args := range [][]string{
			{"keys", "import", "new", "--from", test.from},
			{"--json", "keys", "import", "new", "--from", test.from},
		} {
			o := world{stdin: test.text}.run(args...)
			if o.exit != exitFailure || o.stdout != "" || !strings.Contains(o.stderr, test.says) {
				t.Errorf("%s: exit %d, want it to say %q", name, o.exit, test.says)
			}
			showsNoSecret(t, o.stdout+o.stderr)
			if test.text != "" && test.text != "\n" && strings.Contains(o.stderr, strings.TrimSpace(test.text)) {
				t.Errorf("%s: stderr has the text", name)
			}
		}
	}
	for name, args := range map[string][]string{
		"no form":      {"keys", "import", "new"},
		"unknown form": {"keys", "import", "new", "--from", "pem"},
		"stdout":       {"keys", "import", "-", "--from", "srk1"},
	} {
		if o := (world{stdin: secretA}).run(args...); o.exit != exitUsage || o.stdout != "" {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestShellWord(t *testing.T) {
	for path, want := range map[string]string{
		"ring.json":            "ring.json",
		"/etc/a-b_c/Ring.json": "/etc/a-b_c/Ring.json",
		"":                     "''",
		"-ring":                "./-ring",
		"- ring":               "'./- ring'",
		"my ring":              "'my ring'",
		"$(touch x)":           "'$(touch x)'",
		"`touch x`":            "'`touch x`'",
		`a\b"c`:                `'a\b"c'`,
		"it's":                 `'it'\''s'`,
		"a;b":                  "'a;b'",
		"~":                    "'~'",
		"a=b":                  "'a=b'",
		"clé":                  "'clé'",
		"a\nb":                 `$'a\nb'`,
		"\x1b[2J":              `$'\x1b[2J'`,
		"it's\t$(touch x)":     `$'it\'s\t$(touch x)'`,
		"\u202egnp":            `$'\u202egnp'`,
	} {
		if got := shellWord(path); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}
