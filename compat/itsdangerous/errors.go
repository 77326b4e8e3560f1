package itsdangerous

import (
	"errors"

	"github.com/sealring/sealring/internal/failure"
)

// A class is a class of error. Its parents are those that Python's exception of the name inherits from; beside them it
// matches the one class that the root package has for such a failure, so that a codec which moves over can tell it.
type class struct {
	text   string
	parent *class
	root   *failure.Class
}

func (c *class) Error() string { return "itsdangerous: " + c.text }

// Is reports whether target is one of the classes that this one is under.
func (c *class) Is(target error) bool {
	for p := c.parent; p != nil; p = p.parent {
		if target == error(p) {
			return true
		}
	}
	return false
}

// Unwrap returns the root package's class.
func (c *class) Unwrap() error {
	if c.root == nil {
		return nil // a nil pointer is no nil error
	}
	return c.root
}

// with returns an error of the class that says more, and nothing of a token, a payload or a key.
func (c *class) with(detail string) error { return &detailed{c, c.Error() + ": " + detail} }

type detailed struct {
	class *class
	text  string
}

func (d *detailed) Error() string { return d.text }
func (d *detailed) Unwrap() error { return d.class }

var (
	badData          = &class{text: "bad data"}
	badSignature     = &class{"bad signature", badData, failure.BadSignature}
	unsigned         = &class{"bad signature", badSignature, failure.Malformed} // no signature at all
	badTimeSignature = &class{"bad time signature", badSignature, failure.BadSignature}
	signatureExpired = &class{"signature expired", badTimeSignature, failure.Expired}
	badPayload       = &class{"bad payload", badData, failure.BadPayload}
	config           = &class{text: "configuration refused", root: failure.Config}
)

// The classes of errors, as Python's exceptions of these names are: ErrBadData over all that opening fails with; under it
// ErrBadSignature and ErrBadPayload; under ErrBadSignature ErrBadTimeSignature; under that ErrSignatureExpired. No error
// holds a payload or a date of a token, least of all of one that nobody signed.
var (
	// ErrBadData is the umbrella.
	ErrBadData error = badData
	// ErrBadSignature: forged, damaged, signed with another key or salt, or not exactly the text that was signed. A text
	// without any signature is of this class, too; to the root package it is malformed.
	ErrBadSignature error = badSignature
	// ErrBadTimeSignature: the timestamp is missing, malformed or outside the years 1970 to 9999, or the signature that
	// covers one is bad.
	ErrBadTimeSignature error = badTimeSignature
	// ErrSignatureExpired: authentic, and older than the maximum age, or from the future by more than the leeway.
	ErrSignatureExpired error = signatureExpired
	// ErrBadPayload: authentic, and its payload is not what the serializer reads; or a value that it does not write.
	ErrBadPayload error = badPayload
	// ErrConfig: keys or options that nothing can be made of, or a clock that is outside the years 1970 to 9999.
	ErrConfig error = config
)

// payloadError makes an error of the class BadPayload of one of this module's.
func payloadError(err error) error {
	if class, ok := errors.AsType[*failure.Class](err); ok && class == failure.Config {
		return config.with(failure.Detail(err))
	}
	return badPayload.with(failure.Detail(err))
}
