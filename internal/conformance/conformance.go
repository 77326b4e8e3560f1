// Package conformance holds the implementation against vector files, the project's own and outside ones; the schema is
// "sealring/vectors/1", of which vectors/README.md tells.
package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/payload"
)

const schema = "sealring/vectors/1"

// A Report counts the cases of a file.
type Report struct {
	Kind           string
	Passed, Failed int
}

// A note is what a case may carry for people, or for other implementations; it changes nothing here.
type note struct {
	Name         string          `json:"name"`
	Comment      json.RawMessage `json:"comment"`
	Mutated      json.RawMessage `json:"mutated"`
	Noncanonical json.RawMessage `json:"noncanonical"`
	PythonError  json.RawMessage `json:"python_error"`
}

// Check is CheckEach, and writes a line to out for each case that differs.
func Check(out io.Writer, data []byte) (Report, error) {
	return CheckEach(data, func(name string, differs error) { fmt.Fprintf(out, "%s: %v\n", name, differs) })
}

// CheckEach holds the implementation against one vector file and tells of each case that differs. Its error says that the
// file is not one: of another schema, of an unknown kind, with an unknown key, with a case that expects nothing, or with
// two cases of one name.
func CheckEach(data []byte, tell func(name string, differs error)) (Report, error) {
	var file struct {
		Schema string
		Kind   string
		Cases  []json.RawMessage
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return Report{}, fmt.Errorf("not a vector file: %w", err)
	}
	if file.Schema != schema {
		return Report{}, fmt.Errorf("not a vector file: schema %q, want %q", file.Schema, schema)
	}
	report := Report{Kind: file.Kind}
	var check func([]byte) (name string, differs, invalid error)
	switch file.Kind {
	case "envelope":
		check = checkEnvelope
	case "ring":
		check = checkRing
	case "itsdangerous":
		check = checkItsdangerous
	case "django":
		check = checkDjango
	case "starlette":
		check = checkStarlette
	case "flask":
		check = checkFlask
	default:
		return Report{}, fmt.Errorf("unknown kind %q", file.Kind)
	}

	names := map[string]bool{}
	for i, c := range file.Cases {
		name, differs, invalid := check(c)
		if invalid == nil && names[name] {
			invalid = errName
		}
		names[name] = true
		switch {
		case invalid != nil:
			return Report{}, fmt.Errorf("case %d %q: %w", i, name, invalid)
		case differs != nil:
			report.Failed++
			tell(name, differs)
		default:
			report.Passed++
		}
	}
	return report, nil
}

var errName = errors.New("a name that an earlier case has")

// decode reads a case, in which no key may be unknown, misspelt or there twice.
func decode(data []byte, c any) error {
	typ, err := payload.NewJSONType(reflect.TypeOf(c))
	if err != nil {
		return err // unreachable: the types of cases are in order
	}
	if err := payload.CheckJSON(data, typ); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(c)
}

// className is the name that vectors have for the class of an error.
func className(err error) string {
	if class, ok := errors.AsType[*failure.Class](err); ok && class.Name() != "" {
		return class.Name()
	}
	return err.Error()
}
