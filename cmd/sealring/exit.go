package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/sealring/sealring/internal/failure"
)

// Exit codes. From exitTooLarge on they are the classes in which opening fails, in the order of openingClasses.
const (
	exitOK       = 0
	exitFailure  = 1
	exitUsage    = 2
	exitTooLarge = 10
)

var openingClasses = []*failure.Class{
	failure.TooLarge, failure.Malformed, failure.UnsupportedVersion, failure.Unsupported, failure.Refused,
	failure.UnknownKey, failure.BadSignature, failure.NotYetValid, failure.Expired, failure.BadPayload,
}

// A usageError is a command line that cannot be meant.
type usageError string

func (e usageError) Error() string { return string(e) }

// errShown is a failure of which stdout has already told.
var errShown = errors.New("see the output")

// classOf returns the class of an error and its exit code.
func classOf(err error) (name string, exit int) {
	if class, ok := errors.AsType[*failure.Class](err); ok {
		if i := slices.Index(openingClasses, class); i >= 0 {
			return class.Name(), exitTooLarge + i
		}
		if class == failure.Bind || class == failure.Config {
			return "usage", exitUsage // purpose and binding are arguments here
		}
	}
	_, parse := errors.AsType[*kong.ParseError](err)
	if _, usage := errors.AsType[usageError](err); usage || parse {
		return "usage", exitUsage
	}
	return "failure", exitFailure
}

// report writes an error, if there is one, as one line and returns the exit code.
func (env *environment) report(err error) int {
	if err == nil {
		return exitOK
	}
	class, exit := classOf(err)
	switch {
	case env.json:
		e := json.NewEncoder(env.stderr)
		e.SetEscapeHTML(false)
		e.Encode(struct {
			Error string `json:"error"`
			Class string `json:"class"`
			Exit  int    `json:"exit"`
		}{message(err), class, exit})
	case !errors.Is(err, errShown): // kong joins hooks' errors to it
		fmt.Fprintf(env.stderr, "sealring: %s\n", message(err))
	}
	return exit
}

// commandTerms are what the library says of its own calls and options, in the terms of the command.
var commandTerms = strings.NewReplacer(
	"make one with GenerateKey", "make one with `sealring keys new`",
	"which Options.Suites does", "which --suite does",
	"set Options.TTL, or Options.NeverExpires where envelopes", "let --ttl be more than 0, or say --never-expires where tokens",
	"the envelope would be larger than Options.MaxEnvelope", "the token would be larger than 65,536 bytes",
	"body larger than Options.MaxDecoded", "the body has more than 1048576 bytes",
)

var (
	// What secrets and tokens look like, should one have come to stand where it does not belong and be quoted for it. The
	// least token has 68 characters.
	secretText = regexp.MustCompile(`srk1_[0-9A-Za-z_-]+|sr1_[0-9A-Za-z_-]{64,}`)
	// The same of secrets in hex and base64: the parser of the command line quotes arguments that it does not expect.
	secretWord = regexp.MustCompile(`[0-9A-Za-z+/_=-]{40,}`)
)

// message returns the text of an error for one line of a terminal: without the prefix, which errors of the library
// bring along, and without control characters, which file names may hold.
func message(err error) string {
	text := commandTerms.Replace(strings.ReplaceAll(err.Error(), "sealring: ", ""))
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	_, parse := errors.AsType[*kong.ParseError](err)
	return redact(text, parse)
}

// redact returns a text without secrets and tokens, and without all words that are as long as one if they are to go too.
func redact(text string, long bool) string {
	text = secretWord.ReplaceAllStringFunc(text, func(word string) string {
		// Elsewhere such words are quoted as paths, which may be as long.
		if long || looksSecret(word) {
			return "REDACTED"
		}
		// A secret behind its variable's name. What ends in = is base64.
		if i := strings.LastIndexByte(strings.TrimRight(word, "="), '='); looksSecret(word[i+1:]) {
			return word[:i+1] + "REDACTED"
		}
		return word
	})
	return secretText.ReplaceAllString(text, "REDACTED")
}
