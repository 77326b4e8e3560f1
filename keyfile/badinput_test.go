package keyfile_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// Whatever becomes of the file of a running program: the last good ring stays, the error names what to do, a writer
// overwrites nothing, and once the file is good again the program follows.
func TestBadInput(t *testing.T) {
	good := mustEncode(t, newDocument(t, 7, 1, 2))
	next := mustEncode(t, newDocument(t, 8, 1, 2, 3))
	secretText := secret(t, 3).Reveal()
	raw, err := base64.RawURLEncoding.DecodeString(secretText[5:])
	if err != nil {
		t.Fatal(err)
	}
	with := func(secret string) string { return strings.Replace(next, secretText, secret, 1) }
	tie := newDocument(t, 8, 1, 2, 3)
	future := newDocument(t, 8, 400, 401)
	allDisabled := newDocument(t, 8, 1, 2)
	allDisabled.Keys[0].Disabled, allDisabled.Keys[1].Disabled = true, true
	other := newDocument(t, 8, 1, 2)
	other.Keys[1].Secret = secret(t, 99)
	changed := newDocument(t, 7, 1, 2, 3)
	published := strings.Replace(next, secretText, publishedSecret, 1)

	for _, test := range []struct {
		name   string
		says   []string
		text   string            // what is written to the file
		breaks func(path string) // and done to it
		now    time.Time         // zero is a time at which the keys are in use
		writes bool              // whether a writer gets through, as the document itself is good and comes after the other
	}{
		{name: "empty file", text: "", says: []string{"line 1, column 1", "a document is one JSON object"}},
		{name: "blank file", text: "\n", says: []string{"a document is one JSON object"}},
		{name: "truncated JSON", text: next[:len(next)-20], says: []string{"line ", "a document is one JSON object"}},
		{name: "reader in mid-write", text: next[:len(next)/2], says: []string{"line ", "a document is one JSON object"}},
		{name: "new text over a longer old one", text: next + good[len(good)-40:], says: []string{"a document is one JSON object"}},
		{name: "garbage", text: "\x7fELF\x00\xff" + secretText, says: []string{"a document is one JSON object"}},
		{name: "zeros after a crash", text: strings.Repeat("\x00", len(next)), says: []string{"line 1, column 1"}},
		{name: "byte order mark", text: "\ufeff" + next, says: []string{"without byte order mark"}},
		{name: "unknown field", text: strings.Replace(next, `"created"`, `"closed": true, "created"`, 1), says: []string{"unknown field"}},
		{name: "no primary", text: mustEncode(t, allDisabled), says: []string{"no key of generation 8 seals", "enabled"}, writes: true},
		{name: "all keys in the future", text: mustEncode(t, future), says: []string{"no key of generation 8 seals", "let seal_from"},
			writes: true},
		{name: "clock at 1970", text: next, now: time.Unix(0, 0), says: []string{"1970-01-01T00:00:00Z", "the clock is right"}, writes: true},
		{name: "tie", text: strings.Replace(mustEncode(t, tie), "2026-01-04T", "2026-01-03T", 1),
			says: []string{"key-2 and key-3 seal from the same time", "set seal_from of the newer one"}},
		{name: "generation rollback", text: mustEncode(t, newDocument(t, 6, 1, 2, 3)),
			says: []string{"generation 6, and 7 is in use", "higher generation"}, writes: true},
		{name: "generation not raised", text: mustEncode(t, changed), says: []string{"raise the generation"}, writes: true},
		{name: "other material", text: mustEncode(t, other), says: []string{"key key-2 has had another secret", "needs a new ID"},
			writes: true},
		{name: "a secret pasted with a newline", text: with(secretText + `\n`), says: []string{"line ", "line feed"}},
		{name: "a secret pasted over a newline", text: with(secretText + "\n"), says: []string{"line "}},
		{name: "a blank in front of a secret", text: with(" " + secretText), says: []string{"begins with srk1_"}},
		{name: "hex for a secret", text: with(hex.EncodeToString(raw)), says: []string{"begins with srk1_", "keys import"}},
		{name: "hex behind the prefix", text: with("srk1_" + hex.EncodeToString(raw)), says: []string{"43 characters of base64url"}},
		{name: "base64 for a secret", text: with(base64.StdEncoding.EncodeToString(raw)), says: []string{"begins with srk1_", "keys import"}},
		{name: "published secret", text: published, says: []string{"documentation publishes", "keys new"}},
		{name: "100 MiB", text: next, says: []string{"at most 1 MiB"}, breaks: func(path string) {
			if err := os.Truncate(path, 100<<20); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "gone", says: []string{"no such file", "keys new"}, breaks: func(path string) { os.Remove(path) }},
		{name: "folder", says: []string{"is a folder"}, breaks: func(path string) { os.Remove(path); os.Mkdir(path, 0o700) }},
		{name: "permission for others", text: next, says: []string{"mode 0644", "chmod 600"}, breaks: func(path string) { os.Chmod(path, 0o644) }},
		{name: "permission denied", text: next, says: []string{"permission denied"}, breaks: func(path string) { os.Chmod(path, 0) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			switch {
			case runtime.GOOS == "windows" && strings.HasPrefix(test.name, "permission"):
				t.Skip("Windows has no such modes")
			case os.Geteuid() == 0 && test.name == "permission denied":
				t.Skip("the system denies root nothing")
			case runtime.GOOS != "linux" && test.name == "gone":
				test.says = []string{"keys new"}
			}
			path := filepath.Join(t.TempDir(), "ring.json")
			write := func(text string) {
				t.Helper()
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(good)
			synctest.Test(t, func(t *testing.T) {
				now := at(300)
				w := watch(t, keyfile.File(path), keyfile.WatcherOptions{Now: func() time.Time { return now }})
				codec, err := sealring.NewCodec[int](w.Keyring(), "test", &sealring.Options{NeverExpires: true, Now: later})
				if err != nil {
					t.Fatal(err)
				}
				token, err := codec.Seal(1)
				if err != nil {
					t.Fatal(err)
				}

				write(test.text)
				if test.breaks != nil {
					test.breaks(path)
				}
				if !test.now.IsZero() {
					now = test.now
				}
				before := look(path)
				err = w.Refresh(t.Context())
				failsWith(t, err, test.says...)
				holdsNoSecretOf(t, err.Error(), raw)
				ringIs(t, w, 1, 2)
				if s := w.Status(); s.Generation != 7 || s.Failures != 1 || s.Err != err {
					t.Errorf("status %+v", s)
				}
				if _, err := codec.Open(token); err != nil {
					t.Errorf("a token from before: %v", err)
				}
				if _, err := codec.Seal(2); err != nil {
					t.Error(err)
				}
				if look(path) != before {
					t.Error("the Watcher changed the file")
				}

				// A writer that cannot read what is there does not replace it.
				errNotReached := errors.New("not reached")
				err = keyfile.Update(path, func(*keyfile.Document) error { return errNotReached })
				if errors.Is(err, errNotReached) != test.writes {
					t.Errorf("Update: %v", err)
				}
				if look(path) != before {
					t.Error("Update changed the file")
				}

				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
				now = at(300)
				write(next)
				if err := w.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
				ringIs(t, w, 1, 2, 3)
			})
		})
	}
}

// look returns what is at a path, in a form that can be compared.
func look(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return err.Error()
	}
	text := info.Mode().String() + info.ModTime().String()
	if info.Mode().IsRegular() && info.Size() <= 1<<20 {
		content, err := os.ReadFile(path)
		if err != nil {
			return text + err.Error()
		}
		text += string(content)
	}
	return text
}

// holdsNoSecretOf checks that no form in which a secret may have been pasted stands in an output.
func holdsNoSecretOf(t *testing.T, output string, raw []byte) {
	t.Helper()
	for _, form := range []string{
		base64.RawURLEncoding.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw), hex.EncodeToString(raw),
	} {
		holdsNothingOf(t, form, output)
	}
}
