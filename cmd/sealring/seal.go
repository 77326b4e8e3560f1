package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

// maxBody is how many bytes a body may have before it is compressed: the default of Options.MaxDecoded, above which
// the token would not open.
const maxBody = 1 << 20

var errBodySize = failure.TooLarge.With(fmt.Sprintf("the input has more than %d bytes", maxBody))

type sealCommand struct {
	keyFlags
	TTL          *duration `name:"ttl" required:"" xor:"lifetime" help:"How long the token is good for, such as 1h or 30d."`
	NeverExpires bool      `required:"" xor:"lifetime" help:"The token is good as long as its key."`
	Encrypt      bool      `xor:"compression" help:"Encrypt; otherwise sign, and everybody can read the body."`
	Deflate      bool      `xor:"compression" help:"Compress where that makes it shorter; not with --encrypt."`
	Msgpack      bool      `xor:"content" help:"Read JSON and seal it as MessagePack."`
	Raw          bool      `xor:"content" help:"Seal the bytes as they are, whatever they are; otherwise they are JSON."`
	Binary       bool      `help:"Write the binary form, without a line feed."`
	File         string    `arg:"" optional:"" help:"The body, in place of stdin."`
}

// Run seals one body.
func (c *sealCommand) Run(env *environment) error {
	bind, err := c.binding()
	if err != nil {
		return err
	}
	ring, err := c.ring(env, c.File)
	if err != nil {
		return err
	}
	if c.Encrypt && !mayEncrypt() {
		return usageError("--encrypt: " + mayNotEncrypt)
	}
	sealer, err := sealring.NewSealer(ring, c.Purpose, c.options(env))
	if err != nil {
		return err
	}
	body, err := env.input(c.File, maxBody, errBodySize)
	if err != nil {
		return err
	}
	if !c.Raw {
		body = bytes.Trim(body, " \t\r\n") // JSON's white space, of which none need be sealed
	}
	if c.Msgpack {
		if body, err = messagePackOf(body); err != nil {
			return err
		}
	}

	var sealed []byte
	if c.Binary {
		sealed, err = sealer.AppendSealBinary(nil, body, bind)
	} else if sealed, err = sealer.AppendSeal(nil, body, bind); err == nil {
		sealed = append(sealed, '\n')
	}
	if err != nil {
		return err
	}
	_, err = env.stdout.Write(sealed)
	return err
}

func (c *sealCommand) options(env *environment) *sealring.Options {
	options := &sealring.Options{
		NeverExpires: c.NeverExpires,
		Encrypt:      c.Encrypt,
		Deflate:      c.Deflate,
		Now:          env.now,
	}
	if c.TTL != nil {
		options.TTL = time.Duration(*c.TTL)
	}
	switch {
	case c.Msgpack:
		options.Content = sealring.MessagePack
	case c.Raw:
		options.Content = sealring.Raw
	}
	return options
}

const mayNotEncrypt = "this process may not use XChaCha20-Poly1305, as under GODEBUG=fips140=only"

// mayEncrypt reports whether this process may use suite 02.
func mayEncrypt() bool {
	_, err := envelope.NewEncryptionKey(new([envelope.SecretSize]byte), "session")
	return err == nil
}

// isStdin reports whether a file argument, which is optional, means stdin.
func isStdin(file string) bool { return file == "" || file == "-" }

// input returns what is in a file or on stdin. Of more than limit bytes it returns tooLarge.
func (env *environment) input(file string, limit int, tooLarge error) ([]byte, error) {
	// The error of the file system would show the token.
	if envelope.IsText(file) {
		return nil, usageError("FILE is a token; give the token on stdin or in a file, whose name is ./NAME if it begins so")
	}
	var r io.Reader = env.stdin
	if !isStdin(file) {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	data, err := read(r, limit)
	if err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, tooLarge
	}
	return data, nil
}
