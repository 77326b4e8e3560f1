package keyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/payload"
)

// Parse returns the content of a ring document, or nil and an error. Beside what is no document it refuses keys that
// [sealring.NewKeyring] refuses, and published secrets.
//
// An error about the text says line and column, both from 1 on; the column counts bytes. For a name that an object has
// twice this is where the object ends. An error about the keys as a set, or about a published secret, says IDs instead.
func Parse(data []byte) (*Document, error) {
	if len(data) > maxSize {
		return nil, errSize
	}
	if err := payload.CheckJSON(data, nil); err != nil {
		return nil, notJSON(data, err)
	}
	r := reader{data: data, tokens: json.NewDecoder(bytes.NewReader(data))}
	r.tokens.UseNumber()
	d := new(Document)
	if err := r.document(d); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, failure.Keyring.With(documentTerms.Replace(detail(err)))
	}
	return d, nil
}

// documentTerms are what a Keyring says of a Key's fields, in the names that a document has for them. They are phrases,
// since an ID, which has no blanks, may be SealFrom.
var documentTerms = strings.NewReplacer(
	"set SealFrom of", "set seal_from of",
	"let OpenUntil be after SealFrom", "let open_until be after seal_from",
)

// notJSON returns a fault of payload.CheckJSON with its place in lines.
func notJSON(data []byte, err error) error {
	at, rule := 0, "no JSON"
	if f, ok := errors.AsType[*payload.Fault](err); ok {
		at, rule = f.Place()
	}
	return faultAt(data, at, rule+"; a document is one JSON object in UTF-8 without byte order mark, no name in it twice")
}

// faultAt returns an error about the byte at an offset.
func faultAt(data []byte, at int, why string) error {
	line := 1 + bytes.Count(data[:at], []byte{'\n'})
	column := at - bytes.LastIndexByte(data[:at], '\n')
	return failure.Keyring.With(fmt.Sprintf("line %d, column %d: %s", line, column, why))
}

// A reader reads a text that payload.CheckJSON has passed: it is one JSON value, and no name is in an object twice.
type reader struct {
	data   []byte
	tokens *json.Decoder
	at     int // where the token that was read last begins
}

// next returns the next token, nil for null, which no field takes.
func (r *reader) next() json.Token {
	r.at = int(r.tokens.InputOffset())
	for r.at < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[r.at]) >= 0 {
		r.at++
	}
	token, err := r.tokens.Token()
	if err != nil {
		return nil // unreachable: the text is JSON
	}
	return token
}

// fault returns an error about the token that was read last.
func (r *reader) fault(why string) error { return faultAt(r.data, r.at, why) }

// A field is one that an object may have, with what reads its value.
type field struct {
	name     string
	required bool
	read     func() error
}

// object reads an object that has only the fields given, and all those that are required. No error says a name from the
// text: a secret may have come to stand there.
func (r *reader) object(what string, fields []field) error {
	begin := json.Delim('{')
	if r.next() != begin {
		return r.fault(what + " is an object")
	}
	start := r.at
	seen := make([]bool, len(fields))
	for r.tokens.More() {
		name := r.next()
		i := slices.IndexFunc(fields, func(f field) bool { return name == f.name })
		if i < 0 {
			return r.fault("unknown field; " + what + " has " + names(fields) + ", in lower case")
		}
		seen[i] = true
		if err := fields[i].read(); err != nil {
			return err
		}
	}
	r.next() // the brace

	for i, f := range fields {
		if f.required && !seen[i] {
			return faultAt(r.data, start, what+" needs the field "+f.name)
		}
	}
	return nil
}

func names(fields []field) string {
	var list []string
	for _, f := range fields {
		list = append(list, f.name)
	}
	return strings.Join(list, ", ")
}

func (r *reader) document(d *Document) error {
	return r.object("a document", []field{
		{"version", true, r.version},
		{"generation", true, func() error { return r.generation(&d.Generation) }},
		{"keys", true, func() error { return r.keys(&d.Keys) }},
	})
}

func (r *reader) version() error {
	version, ok := r.integer()
	if !ok {
		return r.fault("version is the integer 1")
	}
	if version != 1 {
		return r.fault("version is 1 in all documents that this program knows; update the program if a newer one wrote this")
	}
	return nil
}

func (r *reader) generation(to *int64) error {
	var ok bool
	if *to, ok = r.integer(); !ok || *to < 1 || *to > maxGeneration {
		return r.fault("generation is an integer from 1 to 9007199254740991, in digits alone")
	}
	return nil
}

// integer reads a number that is written as an integer: 1.0 and 1e0 are not.
func (r *reader) integer() (n int64, ok bool) {
	literal, _ := r.next().(json.Number)
	n, err := strconv.ParseInt(string(literal), 10, 64)
	return n, err == nil
}

func (r *reader) keys(to *[]Entry) error {
	begin := json.Delim('[')
	if r.next() != begin {
		return r.fault("keys is an array")
	}
	start := r.at
	for r.tokens.More() {
		if len(*to) == maxKeys {
			r.next()
			return r.fault(fmt.Sprintf("a document has at most %d keys; leave out those that are closed", maxKeys))
		}
		var e Entry
		if err := r.key(&e); err != nil {
			return err
		}
		*to = append(*to, e)
	}
	r.next() // the bracket

	if len(*to) == 0 {
		return faultAt(r.data, start, "a document has at least one key; make one with `sealring keys new`")
	}
	return nil
}

func (r *reader) key(e *Entry) error {
	return r.object("a key", []field{
		{"id", true, func() error { return r.id(&e.ID) }},
		{"secret", true, func() error { return r.secret(&e.Secret) }},
		{"created", true, func() error { return r.time("created", &e.Created) }},
		{"seal_from", false, func() error { return r.time("seal_from", &e.SealFrom) }},
		{"open_until", false, func() error { return r.time("open_until", &e.OpenUntil) }},
		{"disabled", false, func() error { return r.bool("disabled", &e.Disabled) }},
		{"comment", false, func() error { return r.text("comment", &e.Comment) }},
	})
}

func (r *reader) id(to *string) error {
	if err := r.text("id", to); err != nil {
		return err
	}
	// Checked here too, since an empty ID means the default one to a Keyring, and nothing in a document.
	if !envelope.ValidKeyID(*to) {
		return r.fault("id is 1 to 32 of A-Z a-z 0-9 . _ - with a letter or digit in front")
	}
	return nil
}

func (r *reader) secret(to *sealring.Secret) error {
	var text string
	if err := r.text("secret", &text); err != nil {
		return err
	}
	secret, err := sealring.ParseSecret(text)
	if err != nil {
		return r.fault(detail(err))
	}
	*to = secret
	return nil
}

// detail returns what an error of the class says beside its class.
func detail(err error) string { return strings.TrimPrefix(err.Error(), failure.Keyring.Error()+": ") }

func (r *reader) time(name string, to *time.Time) error {
	text, _ := r.next().(string)
	t, err := time.Parse(timeLayout, text)
	// The package time takes more than one form of a time, such as a comma for the point; the document has one.
	if err != nil || t.Format(timeLayout) != text || !inRange(t) {
		return r.fault(name + " is a time in UTC in the years 1970 to 9999, as in \"2026-01-31T23:59:59.999Z\"")
	}
	*to = t
	return nil
}

func (r *reader) bool(name string, to *bool) error {
	var ok bool
	if *to, ok = r.next().(bool); !ok {
		return r.fault(name + " is true or false, or left out")
	}
	return nil
}

func (r *reader) text(name string, to *string) error {
	var ok bool
	if *to, ok = r.next().(string); !ok {
		return r.fault(name + " is a string")
	}
	return nil
}
