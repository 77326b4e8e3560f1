package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/keyfile"
)

type keysCommand struct {
	New    keysNewCommand    `cmd:"" help:"Write a new ring document with one fresh key."`
	Import keysImportCommand `cmd:"" help:"Write a new ring document with the secret that is on stdin."`

	List     keysListCommand     `cmd:"" help:"Show the keys of a ring, what each does now, and until when."`
	Check    keysCheckCommand    `cmd:"" help:"Say what is wrong with a ring under a policy; exit 1 if anything is."`
	Rotate   keysRotateCommand   `cmd:"" help:"Do what is due: stage the next key, close and remove old ones. For cron."`
	Stage    keysStageCommand    `cmd:"" help:"Add a fresh key that seals later."`
	Retire   keysRetireCommand   `cmd:"" help:"Set when a key that no longer seals ceases to open."`
	Revoke   keysRevokeCommand   `cmd:"" help:"Take a key out of use now, and refuse all that it sealed."`
	Timeline keysTimelineCommand `cmd:"" help:"Draw the lives of a ring's keys."`
	Simulate keysSimulateCommand `cmd:"" help:"Let a fleet live by a ring and a policy for years, and count who is logged out."`
}

type keysNewCommand struct{ newRing }

// Run generates a key.
func (c *keysNewCommand) Run(env *environment) error { return c.write(env, sealring.GenerateKey()) }

type keysImportCommand struct {
	newRing
	From string `required:"" enum:"srk1,hex,base64" help:"What the secret is written in: srk1, hex or base64."`
}

// maxSecretText is more than a secret has in any form; what is longer need not be read to be refused.
const maxSecretText = 256

// Run reads the secret. It comes on stdin because arguments are seen by every user of a machine and kept by shells.
func (c *keysImportCommand) Run(env *environment) error {
	text, err := read(env.stdin, maxSecretText)
	if err != nil {
		return err
	}
	secret, err := parseSecret(c.From, strings.TrimSuffix(string(text), "\n"))
	if err != nil {
		return err
	}
	return c.write(env, sealring.Key{Secret: secret})
}

// parseSecret reads a secret in one of three forms. No error holds a character of the text.
func parseSecret(form, text string) (sealring.Secret, error) {
	var b []byte
	var err error
	switch form {
	case "srk1":
		if !strings.HasPrefix(text, "srk1_") {
			return sealring.Secret{}, errors.New("a secret's text begins with srk1_; say --from hex or --from base64 " +
				"for one that is written so")
		}
		return sealring.ParseSecret(text)
	case "hex":
		if b, err = hex.DecodeString(text); err != nil || len(b) != envelope.SecretSize {
			return sealring.Secret{}, errors.New("the secret on stdin is not 64 hexadecimal digits, or something is around them")
		}
	case "base64":
		if b, err = decodeBase64(text); err != nil || len(b) != envelope.SecretSize {
			return sealring.Secret{}, errors.New("the secret on stdin is not 32 bytes in base64, or something is around it")
		}
	}
	return sealring.NewSecret(b)
}

// looksSecret reports whether a word is the hex or base64 of what could be a secret.
func looksSecret(word string) bool {
	for _, form := range []string{"hex", "base64"} {
		if _, err := parseSecret(form, word); err == nil {
			return true
		}
	}
	return false
}

// decodeBase64 takes both alphabets of RFC 4648, one at a time, and padding where it belongs or none.
func decodeBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("line feed") // which encoding/base64 skips
	}
	encoding := base64.StdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.URLEncoding
	}
	if !strings.HasSuffix(text, "=") {
		encoding = encoding.WithPadding(base64.NoPadding)
	}
	return encoding.Strict().DecodeString(text)
}

// newRing is what commands that write a ring document have in common.
type newRing struct {
	File    string  `arg:"" help:"The file to write. It must not exist."`
	ID      *string `name:"id" help:"A name for the key in place of the one that follows from its secret."`
	Comment string  `help:"A comment for people, kept beside the key."`
}

const errKeyID = usageError("--id: a key ID is 1 to 32 of A-Z a-z 0-9 . _ - with a letter or digit in front")

// write makes the file of a document with one key and tells of it.
func (n *newRing) write(env *environment, key sealring.Key) error {
	if n.File == "-" {
		return usageError("a new ring goes to a file, never to stdout")
	}
	if looksSecret(n.File) {
		return usageError("this is not a path but a secret itself; a secret comes on stdin")
	}
	if n.ID != nil {
		if !envelope.ValidKeyID(*n.ID) {
			return errKeyID
		}
		key.ID = *n.ID
	}
	document := &keyfile.Document{
		Generation: 1,
		Keys:       []keyfile.Entry{{Key: key, Created: env.now(), Comment: n.Comment}},
	}
	if err := keyfile.Create(n.File, document); err != nil {
		return err
	}
	if env.json {
		return env.writeJSON(struct {
			File       string `json:"file"`
			KeyID      string `json:"key_id"`
			Generation int64  `json:"generation"`
		}{n.File, key.String(), document.Generation})
	}
	_, err := fmt.Fprintf(env.stdout, newRingText, shellWord(n.File), key, shellWord(n.File))
	return err
}

const newRingText = `Wrote %s: a ring of one key, ID %s, generation 1.
Whoever can read the file can make and open tokens: keep it as you keep a password. Next, for example:

  echo '{"user_id":123}' | sealring seal --ring %s --purpose session --ttl 1h
`

// shellWord quotes a path that a shell would not take as one word, or the command as a flag. Within the quotes nothing
// means anything to a shell: a path may come from somebody else.
func shellWord(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	plain := func(r rune) bool {
		return r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("/._-", r)
	}
	word := true
	for _, r := range path {
		if !unicode.IsPrint(r) {
			// The escapes of Go within $'…' are those of shells.
			quoted := strconv.QuoteToASCII(path)
			return "$'" + strings.ReplaceAll(quoted[1:len(quoted)-1], "'", `\'`) + "'"
		}
		word = word && plain(r)
	}
	if word && path != "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
