package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

// forge returns a token of the key a that no seal command would write: signed, and with a body of its own.
func forge(t testing.TB, content byte, body string) string {
	t.Helper()
	b, err := base64url.AppendDecoded(nil, strings.TrimPrefix(secretA, "srk1_"))
	if err != nil {
		t.Fatal(err)
	}
	h := &envelope.Header{Suite: envelope.Signed, Content: content, Issued: knownTime.UnixMilli(), KeyID: "a"}
	key := envelope.NewSigningKey((*[envelope.SecretSize]byte)(b), "session")
	return string(base64url.Append(nil, envelope.AppendSigned(nil, h, []byte(body), nil, key)))
}

func TestExitCodes(t *testing.T) {
	seal := []string{"seal", "--purpose", "session", "--ttl", "1h"}
	open := []string{"open", "--purpose", "session"}
	token := world{stdin: `{"user_id":123}`}.mustRun(t, seal...)
	const header = "sr1_AQEBAZt22qgA" // magic, suite, content, size of the key ID, issued
	if !strings.HasPrefix(token, header) {
		t.Fatalf("the token %s does not begin with %s", token, header)
	}
	with := func(old, new string) string { return strings.Replace(token, old, new, 1) }
	ringB := strings.Replace(ringA, `"id": "a"`, `"id": "b"`, 1)
	closed := strings.Replace(ringA, `"id"`, `"open_until": "2026-01-01T00:00:00.000Z", "id"`, 1)
	disabled := strings.Replace(ringA, `"id"`, `"disabled": true, "id"`, 1)
	later := strings.Replace(ringA, `"id"`, `"seal_from": "2026-01-02T00:00:00.000Z", "id"`, 1)

	for _, test := range []struct {
		name  string
		world world
		args  []string
		exit  int
		class string
		says  string
	}{
		{"ok", world{stdin: token}, open, 0, "", ""},
		{"no such ring", world{stdin: token}, append(open, "--ring", "no-such-file"), 1, "failure", "sealring keys new"},
		{"no such input", world{}, append(open, "no-such-file"), 1, "failure", "no-such-file"},
		{"ring is no document", world{ring: "ring.json"}, seal, 1, "failure", "SEALRING_RING"},
		{"no key that seals", world{stdin: "1", ring: later}, seal, 1, "failure", "no primary key"},
		{"no purpose", world{stdin: token}, []string{"open"}, 2, "usage", "--purpose"},
		{"empty purpose", world{stdin: token}, []string{"open", "--purpose="}, 2, "usage", "purpose"},
		{"purpose that is not ASCII", world{stdin: token}, []string{"open", "--purpose=é"}, 2, "usage", "printable ASCII"},
		{"empty binding", world{stdin: token}, append(open, "--bind="), 2, "usage", "empty binding"},
		{"unknown flag", world{stdin: token}, append(open, "--force"), 2, "usage", "--force"},
		{"no command", world{}, nil, 2, "usage", "expected one of"},
		{"input too long", world{stdin: strings.Repeat("x", 1<<20)}, open, 10, "too_large", "more than 87,382 characters"},
		{"token too long", world{stdin: "sr1_" + strings.Repeat("A", 87380)}, open, 10, "too_large", "too large"},
		{"body too long to read", world{stdin: strings.Repeat(" ", 1<<20) + "1"}, seal, 10, "too_large", "1048576 bytes"},
		{"body too long to seal", world{stdin: `"` + strings.Repeat("x", 1<<16) + `"`}, seal, 10, "too_large", "larger than 65,536 bytes"},
		{"not a token", world{stdin: "hello"}, open, 11, "malformed", ""},
		{"two line feeds", world{stdin: token + "\n"}, open, 11, "malformed", ""},
		{"space", world{stdin: " " + token}, open, 11, "malformed", ""},
		{"nothing", world{}, open, 11, "malformed", ""},
		{"text as binary", world{stdin: token}, append(open, "--binary"), 11, "malformed", ""},
		{"version 2", world{stdin: with("sr1_", "sr2_")}, open, 12, "unsupported_version", ""},
		{"suite 7", world{stdin: with("sr1_AQ", "sr1_Bw")}, open, 13, "unsupported", ""},
		{"content 3", world{stdin: with("sr1_AQE", "sr1_AQM")}, open, 13, "unsupported", ""},
		{"another suite", world{stdin: token}, append(open, "--suite", "encrypted"), 14, "refused", ""},
		{"unknown key", world{stdin: token, ring: ringB}, open, 15, "unknown_key", ""},
		{"closed key", world{stdin: token, ring: closed}, open, 15, "unknown_key", ""},
		{"disabled key", world{stdin: token, ring: disabled}, open, 15, "unknown_key", ""},
		{"changed", world{stdin: changed(token)}, open, 16, "bad_signature", ""},
		{"another purpose", world{stdin: token}, []string{"open", "--purpose", "reset"}, 16, "bad_signature", ""},
		{"a binding too many", world{stdin: token}, append(open, "--bind", "sid-42"), 16, "bad_signature", ""},
		{"10.001 s early", world{stdin: token, now: knownTime.Add(-10001 * time.Millisecond)}, open, 17, "not_yet_valid", ""},
		{"10 s early", world{stdin: token, now: knownTime.Add(-10 * time.Second)}, open, 0, "", ""},
		{"at its expiry", world{stdin: token, now: knownTime.Add(time.Hour)}, open, 18, "expired", ""},
		{"a millisecond before", world{stdin: token, now: knownTime.Add(time.Hour - time.Millisecond)}, open, 0, "", ""},
		{"seal what is no JSON", world{stdin: "{"}, seal, 19, "bad_payload", "JSON, byte 1"},
		{"seal nothing", world{}, seal, 19, "bad_payload", "no value"},
		{"seal a key twice", world{stdin: `{"a":1,"a":2}`}, append(seal, "--msgpack"), 19, "bad_payload", "a key twice"},
		{"open a key twice", world{stdin: forge(t, envelope.JSON, `{"a":1,"a":2}`)}, open, 19, "bad_payload", "a key twice"},
		{"open truncated", world{stdin: forge(t, envelope.MessagePack, "\x92\x01")}, open, 19, "bad_payload", "truncated"},
		{"open bin", world{stdin: forge(t, envelope.MessagePack, "\xc4\x01x")}, open, 1, "failure", "--raw"},
	} {
		t.Run(test.name, func(t *testing.T) {
			people := test.world.run(test.args...)
			program := test.world.run(append([]string{"--json"}, test.args...)...)
			if people.exit != test.exit || program.exit != test.exit {
				t.Errorf("exit %d, %d with --json, want %d", people.exit, program.exit, test.exit)
			}
			if test.exit == exitOK {
				if people.stderr != "" || program.stderr != "" {
					t.Errorf("stderr %q, %q with --json", people.stderr, program.stderr)
				}
				return
			}
			if people.stdout != "" || program.stdout != "" {
				t.Errorf("stdout %q, %q with --json", people.stdout, program.stdout)
			}
			line := parseFailure(t, program.stderr)
			if line.Class != test.class || line.Exit != test.exit || !strings.Contains(line.Error, test.says) || line.Error == "" {
				t.Errorf("%+v, want class %s, exit %d and %q", line, test.class, test.exit, test.says)
			}
			if want := "sealring: " + line.Error + "\n"; people.stderr != want {
				t.Errorf("stderr %q, want %q", people.stderr, want)
			}
		})
	}
}

// The numbers of the exit codes are a promise, the order of a list is not.
func TestClassOf(t *testing.T) {
	for _, test := range []struct {
		err  error
		name string
		exit int
	}{
		{sealring.ErrTooLarge, "too_large", 10},
		{sealring.ErrMalformed, "malformed", 11},
		{sealring.ErrUnsupportedVersion, "unsupported_version", 12},
		{sealring.ErrUnsupported, "unsupported", 13},
		{sealring.ErrRefused, "refused", 14},
		{sealring.ErrUnknownKey, "unknown_key", 15},
		{sealring.ErrBadSignature, "bad_signature", 16},
		{sealring.ErrNotYetValid, "not_yet_valid", 17},
		{sealring.ErrExpired, "expired", 18},
		{sealring.ErrBadPayload, "bad_payload", 19},
		{sealring.ErrBind, "usage", 2},
		{sealring.ErrConfig, "usage", 2},
		{usageError("no"), "usage", 2},
		{sealring.ErrKeyring, "failure", 1},
		{sealring.ErrNoPrimaryKey, "failure", 1},
		{errShown, "failure", 1},
		{fs.ErrNotExist, "failure", 1},
	} {
		for _, err := range []error{test.err, fmt.Errorf("within: %w", test.err)} {
			if name, exit := classOf(err); name != test.name || exit != test.exit {
				t.Errorf("%v: %s, %d, want %s, %d", err, name, exit, test.name, test.exit)
			}
		}
	}
}

// The secret of secretA in the forms in which somebody may hand it over.
func secretForms(t testing.TB) map[string]string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(secretA, "srk1_"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"srk1":             secretA,
		"hex":              hex.EncodeToString(b),
		"HEX":              strings.ToUpper(hex.EncodeToString(b)),
		"base64":           base64.StdEncoding.EncodeToString(b),
		"base64 unpadded":  base64.RawStdEncoding.EncodeToString(b),
		"base64url":        base64.URLEncoding.EncodeToString(b),
		"base64url, short": base64.RawURLEncoding.EncodeToString(b),
	}
}

// showsNoSecret checks that an output has no form of the secret in it, nor half of one.
func showsNoSecret(t testing.TB, output string) {
	t.Helper()
	for name, form := range secretForms(t) {
		if strings.Contains(output, form[5:len(form)/2+5]) {
			t.Errorf("the output shows the secret as %s", name) // and not the output, which holds it
		}
	}
}

func TestMessage(t *testing.T) {
	long := "/var/lib/" + strings.Repeat("long/", 20) + "ring.json"
	for text, want := range map[string]string{
		"sealring: malformed: x":            "malformed: x",
		"sealring: a: sealring: b":          "a: b",
		"open a\x1b[2J\nb\u2028\x00c":       "open a [2J b  c",
		"key é 漢 “x”":                       "key é 漢 “x”",
		"open " + long + ": no such file":   "open " + long + ": no such file",
		"got " + secretA + ", want less":    "got REDACTED, want less",
		"got srk1_short":                    "got REDACTED",
		"got \"" + secretA + secretA + "\"": "got \"REDACTED\"",
		"open sr1_x.json":                   "open sr1_x.json",
	} {
		if got := message(errors.New(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for name, secret := range secretForms(t) {
		if got := message(failure.Keyring.With("open " + secret + ": no such file")); got != "keyring refused: open REDACTED: no such file" {
			t.Errorf("%s: the message is another one", name) // it may hold the secret
		}
	}
}

// A secret that comes to stand where an argument does is not said again, whatever the command takes it for.
func TestArgumentsThatAreSecrets(t *testing.T) {
	t.Chdir(t.TempDir())
	seal := []string{"seal", "--purpose", "session", "--ttl", "1h"}
	for name, secret := range secretForms(t) {
		for _, args := range [][]string{
			{secret},
			{"keys", secret},
			{"keys", "new", secret},
			{"keys", "new", "ring.json", secret},
			{"keys", "new", "ring.json", "--id", secret},
			{"keys", "import", secret, "--from", "hex"},
			{"keys", "import", "ring.json", "--from", secret},
			{"keys", "import", "ring.json", "--from=hex", "--secret=" + secret},
			{"keys", "import", "ring.json", "--from=hex", "--" + secret},
			{"keys", "import", "ring.json", "--from=hex", "-" + secret},
			append(seal, secret),
			append(seal, "--ring", secret),
			append(seal, "--bind", ""+secret, "--ring", "no-such-ring"),
			append(seal, "--bogus", secret),
			{"seal", "--purpose", "session", "--ttl", secret},
			{"open", "--purpose", "session", "--suite", secret},
			{"open", "--purpose", "session", "--leeway", secret},
			{"open", "--purpose", secret, secret},
			{"inspect", secret},
			{"inspect", secret, secret},
			{"keys", "rotate", secret},
			{"keys", "rotate", "ring.json", secret},
			{"keys", "stage", secret, "--comment", secret},
			{"keys", "stage", "ring.json", "--id", secret},
			{"keys", "stage", "ring.json", "--seal-from", secret},
			{"keys", "retire", "ring.json", secret, "--in", "1d"},
			{"keys", "retire", secret, "a", "--in", secret},
			{"keys", "revoke", "ring.json", secret, "--yes"},
			{"keys", "revoke", secret, "a", "--yes"},
			{"keys", "list", "--ring", secret},
			{"keys", "list", secret},
			{"keys", "check", "--ring", secret},
			{"keys", "check", "--lifetime", secret},
			{"keys", "timeline", "--svg", secret},
			{"keys", "timeline", "--width", secret},
			{"keys", "simulate", "--svg", secret, "--nodes", "2", "--years", "0.01"},
			{"keys", "simulate", "--seed", secret},
			{"vectors", "check", secret},
			{"vectors", secret},
			{"demo", secret},
			{"--json=" + secret, "demo"},
		} {
			for _, line := range [][]string{args, append([]string{"--json"}, args...)} {
				o := world{stdin: secret[5:] + "\n"}.run(line...)
				if o.exit == exitOK {
					t.Errorf("%s: %q succeeds", name, args[:1])
				}
				showsNoSecret(t, o.stdout+o.stderr)
			}
		}
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) > 0 {
		t.Errorf("%d files are left, %v", len(left), err) // their names may be secrets
	}
}

// A token that is taken for a file is not said again either: whoever reads logs could use it.
func TestArgumentsThatAreTokens(t *testing.T) {
	token := strings.TrimSpace(world{stdin: "1"}.mustRun(t, "seal", "--purpose", "session", "--ttl", "1h"))
	for _, args := range [][]string{
		{"open", "--purpose", "session", token},
		{"open", "--purpose", "session", "--ring", token},
		{"open", token},
		{"vectors", "check", token},
	} {
		if o := (world{}).run(args...); o.exit == exitOK || strings.Contains(o.stderr, token[20:40]) ||
			!strings.Contains(o.stderr, "REDACTED") && !strings.Contains(o.stderr, "is a token") &&
				!strings.Contains(o.stderr, "missing flags") {
			t.Errorf("%q: exit %d, %s", args, o.exit, o.stderr)
		}
	}
}
