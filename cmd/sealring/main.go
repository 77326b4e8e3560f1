// Command sealring makes and rotates keys, seals and opens envelopes, looks into them, and holds implementations against
// vectors. README.md tells its commands and exit codes.
package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

func main() {
	env := &environment{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
	os.Exit(run(env, os.Args[1:]))
}

// An environment is what a run of the command has around it.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	json           bool // what is for people, and errors, are to be JSON
}

// command is the command line; each field of a command is what kong fills.
type command struct {
	JSON bool `name:"json" help:"Write JSON in place of text that is for people, errors included."`

	Keys    keysCommand    `cmd:"" help:"Make ring documents, the files that hold keys, and rotate their keys."`
	Seal    sealCommand    `cmd:"" help:"Seal what is on stdin or in FILE."`
	Open    openCommand    `cmd:"" help:"Open a token and write its body."`
	Inspect inspectCommand `cmd:"" help:"Show what a token says about itself, without a key and unverified."`
	Vectors vectorsCommand `cmd:"" help:"Hold this implementation against vector files."`
	Demo    demoCommand    `cmd:"" help:"Seal a session in every way, attack it, rotate its key, and tell what happens."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

const description = `Signed and encrypted tokens that carry a key ID, so that keys rotate without logging anybody out.

Exit codes: 0 ok, 1 failure or findings, 2 usage, and as a token fails to open: 10 too_large, 11 malformed,
12 unsupported_version, 13 unsupported, 14 refused, 15 unknown_key, 16 bad_signature, 17 not_yet_valid, 18 expired, 19 bad_payload.`

// run executes one command line and returns the exit code.
func run(env *environment, args []string) int {
	var c command
	helped := false
	parser, err := kong.New(&c,
		kong.Name("sealring"),
		kong.Description(description),
		kong.Writers(env.stdout, env.stderr),
		kong.Exit(func(int) { helped = true }), // only --help calls it
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		panic("sealring: " + err.Error()) // unreachable: the command line is fixed
	}
	line, err := parse(parser, args)
	if helped {
		return exitOK // whatever else the line lacked
	}
	// Where parsing failed the flag may not have been reached.
	env.json = c.JSON || err != nil && slices.Contains(args, "--json")
	if err == nil {
		err = line.Run(env)
	}
	return env.report(err)
}

// parse refuses arguments that are not UTF-8, for which kong would put in U+FFFD: two bindings would become one.
func parse(parser *kong.Kong, args []string) (*kong.Context, error) {
	for _, arg := range args {
		if !utf8.ValidString(arg) {
			return nil, usageError("an argument is not UTF-8")
		}
	}
	return parser.Parse(args)
}

// read returns what is on r, at most limit bytes and one, by which the caller tells that there was more.
func read(r io.Reader, limit int) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, int64(limit)+1))
}

// trimLine cuts off the one line feed, LF or CRLF, that a shell or an editor leaves behind a text.
func trimLine(text string) string {
	text, found := strings.CutSuffix(text, "\n")
	if found {
		text = strings.TrimSuffix(text, "\r")
	}
	return text
}
