package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/failure"
)

// maxEnvelope is the longest envelope that the library opens by default.
const maxEnvelope = 1 << 16

// maxToken is the longest text of one, with its line feed.
var maxToken = base64url.Size(maxEnvelope) + len("\r\n")

var (
	errTokenSize    = failure.TooLarge.With("the input has more than 87,382 characters")
	errEnvelopeSize = failure.TooLarge.With("the input has more than 65,536 bytes")
)

type openCommand struct {
	keyFlags
	MaxAge *duration `help:"How old the token may be, whatever its expiry."`
	Leeway *duration `help:"How far in the future it may have been issued; 10s unless set."`
	Suite  []string  `sep:"none" enum:"signed,encrypted,1,2" help:"Accept this suite only: signed (1) or encrypted (2); repeatable. Without it, both."`
	Binary bool      `help:"The input is the binary form."`
	Raw    bool      `help:"Write the body as it is, without conversion and line feed."`
	Info   bool      `help:"Write a line of JSON about the token to stderr."`
	File   string    `arg:"" optional:"" help:"The token, in place of stdin."`
}

// Run opens one envelope.
func (c *openCommand) Run(env *environment) error {
	bind, err := c.binding()
	if err != nil {
		return err
	}
	ring, err := c.ring(env, c.File)
	if err != nil {
		return err
	}
	limit, tooLarge := maxToken, errTokenSize
	if c.Binary {
		limit, tooLarge = maxEnvelope, errEnvelopeSize
	}
	data, err := env.input(c.File, limit, tooLarge)
	if err != nil {
		return err
	}
	sealed := string(data)
	if !c.Binary {
		sealed = trimLine(sealed)
	}
	suites, err := c.suites()
	if err != nil {
		return err
	}
	sealer, err := sealring.NewSealer(ring, c.Purpose, c.options(env, suites, sealed))
	if err != nil {
		return err
	}

	var body []byte
	var info sealring.Info
	if c.Binary {
		body, info, err = sealer.AppendOpenBinary(nil, data, bind)
	} else {
		body, info, err = sealer.AppendOpen(nil, sealed, bind)
		err = orNoToken(err, sealed)
	}
	if errors.Is(err, failure.Refused) && len(c.Suite) == 0 {
		// Nothing else is ruled out.
		return failure.Refused.With("the token is encrypted, and " + mayNotEncrypt)
	}
	if err != nil {
		return err
	}
	if body, err = c.output(body, info.Content); err != nil {
		return err
	}
	if _, err := env.stdout.Write(body); err != nil {
		return err
	}
	if c.Info {
		line, _ := json.Marshal(newInfoLine(info))
		fmt.Fprintf(env.stderr, "%s\n", line)
	}
	return nil
}

// options accepts everything that was not ruled out. What the sealer would seal is made the same as what the envelope
// says it is, so that Stale is about the key alone: the command has no suite and content of its own.
func (c *openCommand) options(env *environment, suites []sealring.Suite, sealed string) *sealring.Options {
	options := &sealring.Options{
		NeverExpires: true,
		Suites:       suites,
		Contents:     []sealring.Content{sealring.JSON, sealring.MessagePack, sealring.Raw},
		MaxAge:       c.MaxAge.pointer(),
		Leeway:       c.Leeway.pointer(),
		Now:          env.now,
	}
	options.Encrypt = options.Suites[0] == sealring.Encrypted
	if unverified, err := sealring.Inspect(sealed); err == nil {
		options.Content = unverified.Content
		if len(options.Suites) > 1 {
			options.Encrypt = unverified.Suite == sealring.Encrypted
		}
	}
	return options
}

// suites returns the accepted suites, each once: unless told otherwise, those that this process may use.
func (c *openCommand) suites() ([]sealring.Suite, error) {
	asked := map[sealring.Suite]bool{}
	for _, name := range c.Suite {
		switch name {
		case "signed", "1":
			asked[sealring.Signed] = true
		case "encrypted", "2":
			asked[sealring.Encrypted] = true
		}
	}
	if asked[sealring.Encrypted] && !mayEncrypt() {
		return nil, usageError("--suite encrypted: " + mayNotEncrypt)
	}
	if len(asked) == 0 {
		asked[sealring.Signed], asked[sealring.Encrypted] = true, mayEncrypt()
	}
	var suites []sealring.Suite
	for _, suite := range []sealring.Suite{sealring.Signed, sealring.Encrypted} {
		if asked[suite] {
			suites = append(suites, suite)
		}
	}
	return suites, nil
}

// output returns what stdout is to have of a body: text ends in a line feed, bytes stay as they are.
func (c *openCommand) output(body []byte, content sealring.Content) ([]byte, error) {
	if c.Raw || content == sealring.Raw {
		return body, nil
	}
	if content == sealring.MessagePack {
		var err error
		if body, err = jsonOf(body); err != nil {
			return nil, err
		}
	}
	return append(body, '\n'), nil
}

// An infoLine is a sealring.Info for programs.
type infoLine struct {
	KeyID    string  `json:"key_id"`
	Suite    string  `json:"suite"`
	Content  string  `json:"content"`
	Deflated bool    `json:"deflated"`
	Issued   string  `json:"issued"`
	Expires  *string `json:"expires"`
	Stale    bool    `json:"stale"`
}

func newInfoLine(info sealring.Info) infoLine {
	line := infoLine{
		KeyID:    info.KeyID,
		Suite:    info.Suite.String(),
		Content:  info.Content.String(),
		Deflated: info.Deflated,
		Issued:   formatTime(info.Issued),
		Stale:    info.Stale,
	}
	if !info.Expires.IsZero() {
		line.Expires = new(formatTime(info.Expires))
	}
	return line
}

func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
