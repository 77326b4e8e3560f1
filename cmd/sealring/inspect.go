package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

type inspectCommand struct {
	Token string `arg:"" optional:"" help:"The token, in place of stdin. Tokens are no secrets of the command line's, but may be of their users."`
}

// An inspection is what an envelope says about itself, and how long it is. Nothing of it is verified.
type inspection struct {
	Verified   bool    `json:"verified"` // always false
	Version    int     `json:"version"`
	Suite      string  `json:"suite"`
	Content    string  `json:"content"`
	Deflated   bool    `json:"deflated"`
	KeyID      string  `json:"key_id"`
	Issued     string  `json:"issued"`
	Expires    *string `json:"expires"`
	Body       int     `json:"body_bytes"`
	Total      int     `json:"total_bytes"`
	Characters int     `json:"text_characters"`
	Form       string  `json:"form"`
}

// Run inspects one envelope.
func (c *inspectCommand) Run(env *environment) error {
	sealed := c.Token
	if isStdin(sealed) {
		data, err := env.input("", maxToken, errTokenSize)
		if err != nil {
			return err
		}
		sealed = string(data)
	}
	form := "binary"
	if !envelope.IsBinary(sealed) {
		form, sealed = "text", trimLine(sealed)
	}
	info, err := sealring.Inspect(sealed)
	if err != nil {
		err = orNoToken(err, sealed)
		if err == errNoToken && !isStdin(c.Token) {
			return errNoTokenOrFile
		}
		return err
	}
	i := newInspection(info, sealed, form)
	if env.json {
		return env.writeJSON(i)
	}
	return i.write(env, info)
}

const noToken = "not a sealring token, which begins with sr1_; cookies of Flask and others are for Options.Legacy"

var (
	errNoToken       = failure.Malformed.With(noToken)
	errNoTokenOrFile = failure.Malformed.With(noToken + "; inspect takes the token itself, for a file say `sealring inspect < FILE`")
)

// orNoToken returns the error of a text that did not open, or errNoToken where it is none: what else a decoder says of another
// library's cookie would send people looking for a fault in it.
func orNoToken(err error, sealed string) error {
	if errors.Is(err, failure.Malformed) && !envelope.IsText(sealed) && !envelope.IsBinary(sealed) {
		return errNoToken
	}
	return err
}

func newInspection(info sealring.Info, sealed, form string) *inspection {
	line := newInfoLine(info)
	i := &inspection{
		Version: 1, Suite: line.Suite, Content: line.Content, Deflated: line.Deflated, KeyID: line.KeyID,
		Issued: line.Issued, Expires: line.Expires, Total: len(sealed), Form: form,
	}
	if form == "text" {
		i.Total = len(sealed) * 3 / 4 // exact: without padding, the last group says how many bytes it has
	}
	i.Characters = base64url.Size(i.Total)
	empty := envelope.Header{Suite: byte(info.Suite), KeyID: info.KeyID}
	i.Body = i.Total - empty.Size(0)
	return i
}

func (i *inspection) write(env *environment, info sealring.Info) error {
	now := env.now()
	protection := "everybody can read the body"
	if info.Suite == sealring.Encrypted {
		protection = "only holders of the key can read the body"
	}
	compressed := "no"
	if i.Deflated {
		compressed = "yes"
	}
	expires := "never, as far as the key lasts"
	if i.Expires != nil {
		expires = fmt.Sprintf("%s (%s)", *i.Expires, relative(now, info.Expires))
	}
	_, err := fmt.Fprintf(env.stdout, `NOTHING IS VERIFIED: anybody can write all of this. Only sealring open tells whether it is genuine.

version     %d
suite       %s (%s)
content     %s
compressed  %s
key ID      %s
issued      %s (%s)
expires     %s
body        %d bytes
total       %d bytes, %d characters as text
form        %s
`, i.Version, i.Suite, protection, i.Content, compressed, i.KeyID, i.Issued, relative(now, info.Issued), expires,
		i.Body, i.Total, i.Characters, i.Form)
	return err
}

// units are what a span of time is told in: the largest of which it has two.
var units = []struct {
	name    string
	seconds int64
}{{"year", 31556952}, {"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}}

// relative tells a time as people do. It counts in seconds, since a time.Duration ends after 292 years.
func relative(now, t time.Time) string {
	span := t.Unix() - now.Unix()
	format := "in %d %ss"
	if span < 0 {
		span, format = -span, "%d %ss ago"
	}
	for _, unit := range units {
		if span >= 2*unit.seconds {
			return fmt.Sprintf(format, span/unit.seconds, unit.name)
		}
	}
	return "just now"
}

// writeJSON writes a value as one line of JSON.
func (env *environment) writeJSON(v any) error {
	e := json.NewEncoder(env.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
