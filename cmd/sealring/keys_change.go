package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

// ringFile is what commands that change a ring have in common.
type ringFile struct {
	File string `arg:"" help:"The ring document to change."`
}

// A changeReport is what a command that changes a ring has done, or would do.
type changeReport struct {
	File       string `json:"file"`
	Generation int64  `json:"generation"`
	// Written is false where there is nothing to change, and where nothing was to be written.
	Written bool              `json:"written"`
	Changes []rotation.Change `json:"changes"`
	// Consequences are of revoking, Findings about the key that was changed.
	Consequences []rotation.Consequence `json:"consequences,omitempty"`
	Findings     []rotation.Finding     `json:"findings,omitempty"`
}

// newKeyID stands for the ID of a key that is not written. It is no ID.
const newKeyID = "(new)"

// change changes the document in one step, with other writers locked out, or only says what would be. The function adds
// to the report what it does.
func (f *ringFile) change(dry bool, change func(*keyfile.Document, *changeReport) error) (*changeReport, error) {
	switch {
	case f.File == "-":
		return nil, usageError("a ring that is to change is a file; list, check, timeline and simulate take one on stdin")
	case f.File == "":
		return nil, usageError("no file name")
	case envelope.IsText(f.File) || looksSecret(f.File):
		return nil, usageError("this is not a path but a token or a secret itself")
	}
	report := &changeReport{File: f.File, Changes: []rotation.Change{}}
	step := func(d *keyfile.Document) error {
		generation := d.Generation
		if err := change(d, report); err != nil {
			return err
		}
		report.Generation = generation
		if len(report.Changes) > 0 {
			report.Generation++
			d.Generation = report.Generation
		}
		for i := range report.Changes {
			c := &report.Changes[i]
			c.Text = policyTerms.Replace(c.Text)
			if dry && c.Action == rotation.Staged {
				// The key is gone with this run: the next one makes another.
				c.Text = strings.Replace(c.Text, c.KeyID, newKeyID, 1)
				c.KeyID = newKeyID
			}
		}
		return nil
	}
	if !dry {
		if err := keyfile.Update(f.File, step); err != nil {
			return nil, err
		}
		report.Written = len(report.Changes) > 0
		return report, nil
	}
	document, err := keyfile.Read(f.File)
	if err == nil {
		err = step(document)
	}
	if err == nil {
		_, err = keyfile.Encode(document) // what writing would refuse
	}
	if err != nil {
		return nil, err
	}
	return report, nil
}

// text tells the report; undone is what to say where nothing changes.
func (r *changeReport) text(undone string) string {
	var b strings.Builder
	for _, c := range r.Consequences {
		fmt.Fprintf(&b, "%s: %s\n", c.Effect, c.Text)
	}
	switch {
	case len(r.Changes) == 0:
		fmt.Fprintf(&b, "%s: %s stays at generation %d\n", undone, shorten(r.File, maxName), r.Generation)
	case r.Written:
		fmt.Fprintf(&b, "Wrote %s, generation %d:\n", shorten(r.File, maxName), r.Generation)
	default:
		fmt.Fprintf(&b, "Would write %s, generation %d:\n", shorten(r.File, maxName), r.Generation)
	}
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "  %s: %s\n", c.Action, c.Text)
	}
	b.WriteString(findingsText(r.Findings))
	return strings.TrimSuffix(b.String(), "\n")
}

// maxName is how much of a path is told.
const maxName = 200

// next runs rotation.Next. What it refuses is not the command line, which has been checked, but the ring or the clock.
func next(document *keyfile.Document, policy rotation.Policy, env *environment) (*keyfile.Document, []rotation.Change, error) {
	d, changes, err := rotation.Next(document, policy, env.now(), nil)
	if err != nil {
		return nil, nil, errors.New(policyTerms.Replace(failure.Detail(err)))
	}
	return d, changes, nil
}
