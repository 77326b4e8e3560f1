// Package keyfile reads and writes ring documents as specified in format.md, Section 15: the JSON text in which keys
// travel between programs and languages. [NewWatcher] makes a ring that follows one; [Read] takes one from a file, and
// [Document.SealringKeys] has what [sealring.NewKeyring] takes; [Create] makes the file.
//
//	{
//	  "version": 1,
//	  "generation": 7,
//	  "keys": [
//	    {
//	      "id": "z7dbov4z",
//	      "secret": "srk1_…",
//	      "created": "2026-01-01T00:00:00.000Z",
//	      "seal_from": "2026-01-02T00:00:00.000Z",
//	      "open_until": "2026-05-01T00:00:00.000Z",
//	      "disabled": true,
//	      "comment": "…"
//	    }
//	  ]
//	}
//
// A key needs id, secret and created. The generation grows with every change of the document. Reading is strict: what a
// program does not know it refuses, since a field that is overlooked may be the one that closes a key.
//
// # Reloading
//
// A [Watcher] keeps a ring up to date while a program runs: it loads the document from a [Source], such as [File] or
// [Environment], again and again, and gives the ring its keys if that is allowed. Whatever fails, the ring keeps the keys
// that it has, and the Watcher reports. A [Usage] tells which keys are still in use.
//
// [sealring.Keyring.Replace] knows the keys of a document and not the document. A program that reloads one by itself
// replaces the keys only after it has checked what the Watcher checks, beside what Read refuses (format.md, Section 15.4):
//
//   - the Generation is not lower than that of the document in use, which the program keeps for that;
//   - where the Generation is the same, so is the content, in any order of the keys: compare what [Encode] writes of both
//     once their Keys are sorted by ID;
//   - there is a primary key now: [sealring.Keyring.Primary] of a new ring of these keys says so.
//
// # Writing
//
// [Update] changes the document in a file, and [Replace] puts another in its place: in one step, with other writers locked
// out, and never over a newer one. Publish a key before it seals: with a SealFrom that is later than every program's next
// reload, failed ones included.
//
// # Secrets
//
// A document holds secrets in the clear. Its file must be readable by its owner only, which Read checks and Create and
// Replace see to. A Document prints as its generation and the IDs of its keys, under every fmt verb, in slog and in JSON; only
// [Encode] gives its text. A secret that documentation publishes is refused, for everybody knows it.
//
// # Errors
//
// Every error matches [sealring.ErrKeyring] under errors.Is, those of the file system also what package io/fs has for
// them, such as fs.ErrNotExist. None holds anything of a secret, nor of what stands where one should.
package keyfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
)

const (
	// maxSize is how many bytes a document may have: a thousand keys with comments need half of it, and whoever reads
	// one has it in memory.
	maxSize = 1 << 20
	// maxKeys is how many keys a document may have: daily rotation takes three years to get there, and each key of a
	// ring costs memory in every Sealer.
	maxKeys = 1000
	// maxGeneration is the last integer up to which every JSON reader is exact, those with binary64 alone included.
	maxGeneration = 1<<53 - 1
)

// A Document is the content of a ring document. The zero Document has no keys, and cannot be written.
type Document struct {
	// Generation is from 1 to 2^53−1, higher with every change.
	Generation int64
	// Keys are 1 to 1,000 keys, in any order.
	Keys []Entry
}

// An Entry is one key of a document. It prints as the key's ID.
type Entry struct {
	sealring.Key
	// Created is when the key was made. It is for people and decides nothing. It must be set.
	Created time.Time
	// Comment is for people too. Empty means none.
	Comment string
}

// SealringKeys returns the keys as [sealring.NewKeyring] and [sealring.Keyring.Replace] take them, in the order of the
// document.
func (d *Document) SealringKeys() []sealring.Key {
	keys := make([]sealring.Key, len(d.Keys))
	for i, e := range d.Keys {
		keys[i] = e.Key
	}
	return keys
}

// published are the secrets of format.md, Section 12, and of the documentation. They are good for tests and examples,
// where a program hands them over itself; in a document one is an example that somebody put to use.
var published = []string{
	"srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
}

// check refuses what no document may have, however it came about: format.md, Sections 15.1 and 15.3.
func (d *Document) check() error {
	if d.Generation < 1 || d.Generation > maxGeneration {
		return failure.Keyring.With("a generation is from 1 to 9007199254740991; begin with 1 and add 1 at every change")
	}
	if len(d.Keys) > maxKeys {
		return failure.Keyring.With(fmt.Sprintf("a document has at most %d keys; leave out those that are closed", maxKeys))
	}
	if _, err := sealring.NewKeyring(d.SealringKeys()...); err != nil {
		return err
	}
	for _, e := range d.Keys {
		if err := e.check(); err != nil {
			return err
		}
	}
	return nil
}

// check refuses an entry for reasons that a Keyring does not have. It names the ID, which a Keyring has checked.
func (e *Entry) check() error {
	if slices.Contains(published, e.Secret.Reveal()) {
		return failure.Keyring.With(fmt.Sprintf("key %s has a secret that documentation publishes, so everybody has it; "+
			"make one with `sealring keys new`", e))
	}
	if !inRange(e.Created) {
		return failure.Keyring.With(fmt.Sprintf("key %s needs the time Created, in the years 1970 to 9999", e))
	}
	if !e.SealFrom.IsZero() && !inRange(e.SealFrom) || !e.OpenUntil.IsZero() && !inRange(e.OpenUntil) {
		return failure.Keyring.With(fmt.Sprintf("SealFrom and OpenUntil of key %s are in the years 1970 to 9999, or zero", e))
	}
	if !utf8.ValidString(e.Comment) {
		return failure.Keyring.With(fmt.Sprintf("the comment of key %s is not UTF-8", e))
	}
	return nil
}

// timeLayout is the one form of a time; format.md, Section 15.1.
const timeLayout = "2006-01-02T15:04:05.000Z"

func inRange(t time.Time) bool {
	year := t.UTC().Year()
	return 1970 <= year && year <= 9999
}

// The text, in the order in which its fields are written.
type (
	documentText struct {
		Version    int       `json:"version"`
		Generation int64     `json:"generation"`
		Keys       []keyText `json:"keys"`
	}
	keyText struct {
		ID        string `json:"id"`
		Secret    string `json:"secret"`
		Created   string `json:"created"`
		SealFrom  string `json:"seal_from,omitempty"`
		OpenUntil string `json:"open_until,omitempty"`
		Disabled  bool   `json:"disabled,omitempty"`
		Comment   string `json:"comment,omitempty"`
	}
)

// Encode returns the text of a document, secrets in the clear: keep it as you would keep a password. [Parse] reads the
// same content back from it; times lose what is below a millisecond, and a key without an ID gets its default one.
// Encode refuses what Parse would refuse, published secrets included.
func Encode(d *Document) ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	text := documentText{Version: 1, Generation: d.Generation, Keys: make([]keyText, len(d.Keys))}
	for i, e := range d.Keys {
		text.Keys[i] = keyText{
			ID:        e.String(),
			Secret:    e.Secret.Reveal(),
			Created:   formatTime(e.Created),
			SealFrom:  formatTime(e.SealFrom),
			OpenUntil: formatTime(e.OpenUntil),
			Disabled:  e.Disabled,
			Comment:   e.Comment,
		}
	}

	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // nobody reads a comment as HTML, people read it here
	if err := encoder.Encode(text); err != nil {
		return nil, failure.Keyring.With("the document cannot be written") // unreachable: the types are those of JSON
	}
	if b.Len() > maxSize {
		return nil, errSize
	}
	return b.Bytes(), nil
}

var errSize = failure.Keyring.With("a document has at most 1 MiB; shorten comments, leave out keys that are closed")

// formatTime returns the text of a time, "" for none.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}
