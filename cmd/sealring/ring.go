package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/keyfile"
)

// ringVariable is the environment variable that holds a ring document, where no file is named.
const ringVariable = "SEALRING_RING"

// maxRing is how many bytes a ring document may have; keyfile refuses what is longer.
const maxRing = 1 << 20

// ringFlag is what commands that read a ring, and do not change it, have in common.
type ringFlag struct {
	Ring *string `placeholder:"FILE" help:"The ring document; - for stdin. Without it, the variable SEALRING_RING holds one."`
}

// noInput stands for the input of a command that has none.
const noInput = "none"

// keyFlags are what sealing and opening have in common: which keys, for what purpose, bound to what.
type keyFlags struct {
	ringFlag
	Purpose string   `required:"" help:"What the token is for, such as session."`
	Bind    []string `sep:"none" placeholder:"PART" help:"Bind to a part that is not in the token, such as a session ID; repeatable."`
}

// ring loads the keys. input is the file argument of the command: where it is stdin, the ring cannot be there too.
func (f *keyFlags) ring(env *environment, input string) (*sealring.Keyring, error) {
	document, err := f.document(env, input)
	if err != nil {
		return nil, err
	}
	return sealring.NewKeyring(document.SealringKeys()...)
}

// document returns the ring as it is. input is "" for stdin, as in ring; noInput for commands that read nothing else.
func (f *ringFlag) document(env *environment, input string) (*keyfile.Document, error) {
	switch {
	case f.Ring == nil:
		text := env.getenv(ringVariable)
		if text == "" {
			return nil, usageError("no ring: say --ring FILE, or put a document into the variable " + ringVariable)
		}
		document, err := keyfile.Parse([]byte(text))
		if err != nil {
			if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
				err = fmt.Errorf("%w; %s holds the document itself, not a path; name a file with --ring FILE", err, ringVariable)
			}
			return nil, fmt.Errorf("%s: %w", ringVariable, err)
		}
		return document, nil
	case *f.Ring == "":
		return nil, usageError("--ring: no file name")
	case envelope.IsText(*f.Ring):
		return nil, usageError("--ring: this is a token") // which the error of the file system would show
	case *f.Ring != "-":
		return keyfile.Read(*f.Ring)
	case isStdin(input):
		return nil, usageError("--ring - takes stdin; name the file of the input too")
	}
	text, err := read(env.stdin, maxRing)
	if err != nil {
		return nil, err
	}
	document, err := keyfile.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the ring on stdin: %w", err)
	}
	return document, nil
}

// binding returns nil where no binding was asked for. An empty part is an error, as where a script has no session ID.
func (f *keyFlags) binding() ([]byte, error) {
	if len(f.Bind) == 0 {
		return nil, nil
	}
	return sealring.Bind(f.Bind...)
}

// A duration is a time.Duration from 0 on in whole milliseconds, whose text may begin with days: 30d, 1d12h, 90m.
type duration time.Duration

// maxDays is the most that a time.Duration holds.
const maxDays = 106751

// UnmarshalText is what kong reads the flag with.
func (d *duration) UnmarshalText(text []byte) error {
	var days, rest time.Duration
	s := string(text)
	if digits, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || n > maxDays {
			return errDuration
		}
		days, s = time.Duration(n)*24*time.Hour, after
	}
	if s != "" || days == 0 && len(text) == 0 {
		var err error
		if rest, err = time.ParseDuration(s); err != nil {
			return errDuration
		}
	}
	sum := days + rest
	if rest < 0 || sum < 0 || sum%time.Millisecond != 0 {
		return errDuration
	}
	*d = duration(sum)
	return nil
}

const errDuration = usageError("not a duration such as 90s, 1h30m or 30d, in whole milliseconds")

// pointer returns the duration for an option whose absence means something.
func (d *duration) pointer() *time.Duration {
	if d == nil {
		return nil
	}
	return new(time.Duration(*d))
}
