package sealedgorilla

import "github.com/sealring/sealring/internal/failure"

// A failed is an error of package sealring with the methods of securecookie.Error, by which gorilla's MultiError tells
// whose fault it is.
type failed struct {
	err  error
	kind kind
}

type kind uint8

const (
	usage    kind = iota // what the program hands over
	decode               // what a browser sent
	internal             // keys, randomness, clock
)

func (f *failed) Error() string { return f.err.Error() }
func (f *failed) Unwrap() error { return f.err }

// IsUsage reports whether the program asked for something that cannot be.
func (f *failed) IsUsage() bool { return f.kind == usage }

// IsDecode reports whether the cookie does not open: ignore it.
func (f *failed) IsDecode() bool { return f.kind == decode }

// IsInternal reports whether sealing is impossible now.
func (f *failed) IsInternal() bool { return f.kind == internal }

// Cause returns the error of package sealring.
func (f *failed) Cause() error { return f.err }

var (
	errName     = &failed{failure.Bind.With("a cookie has a name"), usage}
	errPointer  = &failed{failure.Config.With("Decode takes a pointer that is not nil"), usage}
	errNil      = &failed{failure.BadPayload.With("a nil has no value to encode"), usage}
	errLength   = &failed{failure.TooLarge.With("the cookie, name and value, is longer than Options.MaxLength"), decode}
	errReadOnly = &failed{failure.Refused.With("a Legacy writes nothing"), usage}
	errEnded    = &failed{failure.Refused.With("Legacy.Until has passed"), decode}

	errSize = &failed{failure.TooLarge.With("the cookie, name and value, would be longer than Options.MaxLength; " +
		"browsers keep no more than 4,096 characters"), usage}
)
