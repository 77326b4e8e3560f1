// Package failure holds the classes of failure that format.md, Section 11, names, for the packages that
// find them and for the root, which exports them.
package failure

import (
	"errors"
	"strings"
)

// prefix begins every message of the project.
const prefix = "sealring: "

// A Class is one class of failure. Every class matches [Any] under errors.Is.
type Class struct {
	text string
}

// Error returns the class's message, with the prefix that every message of the project begins with.
func (c *Class) Error() string { return prefix + c.text }

// Is reports whether target is the umbrella over all classes.
func (c *Class) Is(target error) bool { return target == Any }

// With returns an error of the class that says more. The hot path keeps such errors in package variables, so that a
// refusal allocates nothing; detail must never hold a byte of a token, a payload or a secret.
func (c *Class) With(detail string) error { return &detailed{c, prefix + c.text + ": " + detail} }

type detailed struct {
	class *Class
	text  string
}

func (d *detailed) Error() string { return d.text }
func (d *detailed) Unwrap() error { return d.class }

// Detail returns what an error says beyond the prefix and its class, for packages whose errors have classes of their own.
func Detail(err error) string {
	text := err.Error()
	if class, ok := errors.AsType[*Class](err); ok {
		text = strings.TrimPrefix(text, class.Error()+": ")
	}
	return strings.TrimPrefix(text, prefix)
}

// Any is the umbrella: every error of every class matches it.
var Any error = &Class{"invalid"}

// The classes of opening, in the order in which opening checks them; format.md, Section 7.
var (
	TooLarge           = &Class{"too large"}
	Malformed          = &Class{"malformed"}
	UnsupportedVersion = &Class{"unsupported version"}
	Unsupported        = &Class{"unsupported suite or content"}
	Refused            = &Class{"suite or content refused"}
	UnknownKey         = &Class{"unknown key"}
	BadSignature       = &Class{"bad signature"}
	NotYetValid        = &Class{"not yet valid"}
	Expired            = &Class{"expired"}
	BadPayload         = &Class{"bad payload"}
)

// The classes of what a program itself hands over.
var (
	NoPrimaryKey = &Class{"no primary key"}
	NoRandomness = &Class{"no randomness for a nonce"}
	Bind         = &Class{"empty binding"}
	Keyring      = &Class{"keyring refused"}
	Config       = &Class{"configuration refused"}
)

// names are the names that vectors, the command's JSON and the Python package use.
var names = map[*Class]string{
	TooLarge:           "too_large",
	Malformed:          "malformed",
	UnsupportedVersion: "unsupported_version",
	Unsupported:        "unsupported",
	Refused:            "refused",
	UnknownKey:         "unknown_key",
	BadSignature:       "bad_signature",
	NotYetValid:        "not_yet_valid",
	Expired:            "expired",
	BadPayload:         "bad_payload",
}

// Name returns the class's name in vectors, "" if opening does not fail with it.
func (c *Class) Name() string { return names[c] }

// Because returns an error that is of a class, whatever that is, for errors.Is, and has its cause within.
func Because(class, cause error) error {
	return &caused{class, cause, class.Error() + ": " + Detail(cause)}
}

type caused struct {
	class, cause error
	text         string
}

func (c *caused) Error() string   { return c.text }
func (c *caused) Unwrap() []error { return []error{c.class, c.cause} }
