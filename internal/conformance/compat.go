package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sealring/sealring/compat/itsdangerous"
)

// What the kinds have in common whose cases are tokens of other libraries.

// seconds are a time or an age in a vector: a decimal number of seconds, exact to the nanosecond.
type seconds struct {
	whole       int64 // rounded down
	nanoseconds int64
}

var errSeconds = errors.New("not seconds: want digits, and up to nine after the point")

// maxDigits is how many digits seconds may have before the point: more than the years up to 9999 have, and no overflow.
const maxDigits = 15

// maxSeconds is the most seconds in either direction, which a time.Duration has too.
const maxSeconds = math.MaxInt64 / int64(time.Second)

func (s *seconds) UnmarshalJSON(literal []byte) error {
	text, negative := strings.CutPrefix(string(literal), "-")
	whole, fraction, _ := strings.Cut(text, ".")
	if len(whole) > maxDigits || len(fraction) > 9 {
		return errSeconds
	}
	*s = seconds{}
	for _, digit := range whole + (fraction + "000000000")[:9] {
		if digit < '0' || digit > '9' {
			return errSeconds // an exponent, or no number
		}
	}
	for _, digit := range whole {
		s.whole = s.whole*10 + int64(digit-'0')
	}
	for _, digit := range (fraction + "000000000")[:9] {
		s.nanoseconds = s.nanoseconds*10 + int64(digit-'0')
	}
	if negative {
		s.whole = -s.whole
		if s.nanoseconds > 0 {
			s.whole, s.nanoseconds = s.whole-1, 1e9-s.nanoseconds
		}
	}
	return nil
}

func (s *seconds) time() time.Time { return time.Unix(s.whole, s.nanoseconds) }

// duration returns an age of a case, which invalid has looked at.
func (s *seconds) duration() time.Duration {
	return time.Duration(s.whole)*time.Second + time.Duration(s.nanoseconds)
}

// A compatCase is what every case of those kinds has.
type compatCase struct {
	note
	Class  string        `json:"class"`
	Now    *seconds      `json:"now"`
	MaxAge *seconds      `json:"max_age"`
	Token  *string       `json:"token"`
	Expect *compatExpect `json:"expect"`
	Error  string        `json:"error"`
}

type compatExpect struct {
	Value     json.RawMessage `json:"value"`
	Timestamp *int64          `json:"timestamp"` // in Unix seconds
}

// compatClasses are the classes that a case may expect, each before those that it is under.
var compatClasses = []struct {
	name string
	err  error
}{
	{"SignatureExpired", itsdangerous.ErrSignatureExpired},
	{"BadTimeSignature", itsdangerous.ErrBadTimeSignature},
	{"BadSignature", itsdangerous.ErrBadSignature},
	{"BadPayload", itsdangerous.ErrBadPayload},
}

// anyClass is what a case expects that is content with any refusal.
const anyClass = "any"

// invalid says what a case lacks of what all of them need.
func (c *compatCase) invalid(classes ...string) error {
	known := func(class struct {
		name string
		err  error
	}) bool {
		return class.name == c.Error
	}
	switch {
	case c.Name == "" || c.Now == nil || c.Token == nil:
		return errors.New("needs name, now and token")
	case !slices.Contains(classes, c.Class):
		return fmt.Errorf("unknown class %q", c.Class)
	case (c.Expect == nil) == (c.Error == ""):
		return errors.New("needs either expect or error")
	case c.Error != "" && c.Error != anyClass && !slices.ContainsFunc(compatClasses, known):
		return fmt.Errorf("unknown error class %q", c.Error)
	case c.Expect != nil && c.Expect.Value == nil:
		return errors.New("expect needs value")
	case c.MaxAge != nil && (c.MaxAge.whole >= maxSeconds || c.MaxAge.whole <= -maxSeconds):
		return errors.New("max_age is longer than 292 years")
	}
	return nil
}

// now is the clock of a case.
func (c *compatCase) now() time.Time { return c.Now.time() }

// compatClassName is the name that vectors have for the class of an error.
func compatClassName(err error) string {
	for _, class := range compatClasses {
		if errors.Is(err, class.err) {
			return class.name
		}
	}
	return err.Error()
}

// outcome holds what opening returned against what the case expects. A zero time says that the token has none.
func (c *compatCase) outcome(value any, at time.Time, err error) error {
	switch {
	case err != nil && c.Error == anyClass:
		return nil
	case err != nil && c.Error == "":
		return fmt.Errorf("refused as %s, want opened", compatClassName(err))
	case err != nil && compatClassName(err) != c.Error:
		return fmt.Errorf("refused as %s, want %s", compatClassName(err), c.Error)
	case err != nil:
		return nil
	case c.Expect == nil:
		return fmt.Errorf("opened, want %s", c.Error)
	}
	want, err := parseValue(c.Expect.Value)
	switch {
	case err != nil:
		return err // unreachable: it is a part of a case that was decoded
	case !equal(value, want):
		return fmt.Errorf("opened to another value, want %s", shortened(c.Expect.Value))
	case c.Expect.Timestamp != nil && !at.Equal(time.Unix(*c.Expect.Timestamp, 0)):
		return fmt.Errorf("opened with the time %d, want %d", at.Unix(), *c.Expect.Timestamp)
	}
	return nil
}

// maxShown is how many characters of a value stand in a line about a difference.
const maxShown = 200

// shortened returns the beginning of a JSON text on one line. It is for what a file says and not for what was opened.
func shortened(text []byte) string {
	var line bytes.Buffer
	json.Compact(&line, text) // which is JSON, since the file is
	if runes := []rune(line.String()); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return line.String()
}

var (
	errSigned = errors.New("signed to another token")
	errBack   = errors.New("what is written does not open to the same")
)

// comesBack holds what opening returned of a token of our own against what was opened before.
func comesBack(value, again any, at, atAgain time.Time, err error) error {
	if err != nil {
		return fmt.Errorf("%w: %s", errBack, compatClassName(err))
	}
	if !equal(value, again) || !at.Equal(atAgain) {
		return errBack
	}
	return nil
}

// A timedSerializer is one of the ways of signing. What has no time returns a zero one.
type timedSerializer interface {
	Dumps(value any) (string, error)
	Loads(token string, maxAge time.Duration) (any, time.Time, error)
	LoadsAnyAge(token string) (any, time.Time, error)
}

// loads opens the case's token, with its maximum age if it has one.
func (c *compatCase) loads(s timedSerializer) (value any, at time.Time, err error) {
	if c.MaxAge == nil {
		return s.LoadsAnyAge(*c.Token)
	}
	return s.Loads(*c.Token, c.MaxAge.duration())
}

// roundTrip returns the token of a value, which must open to the same, signed at the time given.
func roundTrip(s timedSerializer, value any, at time.Time) (token string, err error) {
	if token, err = s.Dumps(value); err != nil {
		return "", err
	}
	again, atAgain, err := s.LoadsAnyAge(token)
	return token, comesBack(value, again, at, atAgain, err)
}
