// Package fault makes the errors of the packages that read what frameworks sign: of the classes that package itsdangerous
// has, in messages that begin with the package that one calls.
package fault

import (
	"errors"
	"strings"

	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/internal/failure"
)

type fault struct {
	err  error // what it matches
	text string
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.err }

// New returns an error of one of itsdangerous' classes that says more, and nothing of a token, a payload or a key.
func New(pkg string, class error, detail string) error {
	return &fault{class, rename(pkg, class) + ": " + detail}
}

// Rename returns an error of package itsdangerous as one of another package.
func Rename(pkg string, err error) error { return &fault{err, rename(pkg, err)} }

func rename(pkg string, err error) string {
	return pkg + ": " + strings.TrimPrefix(err.Error(), "itsdangerous: ")
}

// Payload returns an error of a package that reads payloads as one of the class ErrBadPayload, or ErrConfig where it says
// so.
func Payload(pkg string, err error) error {
	if errors.Is(err, failure.Config) {
		return New(pkg, itsdangerous.ErrConfig, failure.Detail(err))
	}
	return New(pkg, itsdangerous.ErrBadPayload, failure.Detail(err))
}
