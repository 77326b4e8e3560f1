package keyfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/sealring/sealring/internal/failure"
)

// A Source is where a ring document comes from. It must be safe for concurrent use. The package sourcetest checks one.
type Source interface {
	// Load returns the text of the document as it is now, in a slice that is the caller's. It returns soon after the
	// context ends, with an error that matches the context's. It reads no more than a little over the 1 MiB that a
	// document may have: what is longer is refused by whoever gets it. The error holds no part of the document.
	Load(ctx context.Context) (document []byte, err error)
	// Generated reports whether the document's generation counts. It does not for a source whose documents have none of
	// their own, such as the versions of a secret manager. It is always the same.
	Generated() bool
}

// File returns a source of the document in a file, which is read as [Read] does: its owner alone may read it. A pipe or a
// device, which gives its content only once, is refused.
func File(path string) Source { return &file{path, ownerOnly} }

// SharedFile is File for a file that its group may read too; see [ReadShared].
func SharedFile(path string) Source { return &file{path, groupReads} }

type file struct {
	path    string
	refused sharing
}

func (f *file) Generated() bool { return true }

func (f *file) Load(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, sourceError(err)
	}
	if err := checkPath(f.path); err != nil {
		return nil, err
	}
	// To open a pipe waits for a writer, whatever the context.
	if info, err := os.Stat(f.path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, failure.Keyring.With(f.path + " is not a file that can be read again and again")
	}
	data, _, err := readFile(f.path, f.refused)
	return data, err
}

// String returns the path, unless it is a document or a secret.
func (f *file) String() string {
	if checkPath(f.path) != nil {
		return "file"
	}
	return "file " + f.path
}

// Environment returns a source of the document that an environment variable holds: the document itself, not the path of
// its file. A process sees the variable as it was when the process began, unless the process sets it itself, and its
// generation does not count. Child processes and whoever may look into /proc see it too; a file is the safer place.
func Environment(variable string) Source { return environment(variable) }

type environment string

func (e environment) Generated() bool { return false }

func (e environment) Load(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, sourceError(err)
	}
	if checkPath(string(e)) != nil {
		return nil, failure.Keyring.With("this is not the name of a variable but a document or a secret itself")
	}
	text, ok := os.LookupEnv(string(e))
	if !ok {
		return nil, failure.Keyring.With(fmt.Sprintf("the environment variable %s is not set; put a ring document into it", string(e)))
	}
	if len(text) > maxSize {
		return nil, failure.Keyring.With(nameOf(e) + detail(errSize))
	}
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return nil, failure.Keyring.With(fmt.Sprintf("the environment variable %s holds no ring document; it needs the "+
			"document itself, not a path or a secret", string(e)))
	}
	return []byte(text), nil
}

// String returns the name of the variable, unless it is a document or a secret.
func (e environment) String() string {
	if checkPath(string(e)) != nil {
		return "environment"
	}
	return "environment " + string(e)
}

// nameOf returns how errors about a document name the source of it, "" for those of others.
func nameOf(s Source) string {
	switch s := s.(type) {
	case *file:
		return s.path + ": "
	case environment:
		return "the environment variable " + string(s) + ": "
	}
	return ""
}

// loaded is what a call of a source returned.
type loaded struct {
	document  []byte
	generated bool
	err       error
}

// callSource calls a source and sends what it returned. A panic of it is an error, whose text leaves out the value: it may
// be a document.
func callSource(ctx context.Context, s Source, to chan<- loaded) {
	var l loaded
	returned := false
	defer func() {
		if !returned { // also where it ended the goroutine
			why := "the source panicked"
			if e, ok := recover().(runtime.Error); ok {
				why += " (" + e.Error() + ")" // which holds types and numbers
			}
			l = loaded{err: failure.Keyring.With(fmt.Sprintf("%s; look at Load of %T", why, s))}
		}
		to <- l
	}()
	l.generated = s.Generated()
	l.document, l.err = s.Load(ctx)
	if l.err != nil && !errors.Is(l.err, failure.Keyring) {
		l.err = sourceError(l.err)
	}
	returned = true
}

// sourceError gives an error of a source or of a context the class of all errors here. It still matches the original.
func sourceError(err error) error { return fmt.Errorf("%w: %w", failure.Keyring, err) }
