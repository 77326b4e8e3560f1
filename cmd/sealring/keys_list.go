package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

type keysListCommand struct{ ringFlag }

// A keyList is what there is to say of the keys of a document, without their secrets.
type keyList struct {
	Generation int64     `json:"generation"`
	Now        time.Time `json:"now"`
	Keys       []keyLine `json:"keys"`
}

type keyLine struct {
	rotation.Row
	Comment string `json:"comment,omitempty"`
}

// Run shows the keys, oldest first.
func (c *keysListCommand) Run(env *environment) error {
	document, err := c.document(env, noInput)
	if err != nil {
		return err
	}
	list := listOf(document, env.now())
	return env.tell(list.text(), list)
}

func listOf(document *keyfile.Document, now time.Time) *keyList {
	comments := map[string]string{}
	for _, e := range document.Keys {
		// People paste secrets into anything.
		comments[e.String()] = redact(e.Comment, false)
	}
	chart := rotation.Timeline(document, now)
	list := &keyList{Generation: document.Generation, Now: chart.Now}
	for _, row := range chart.Rows {
		list.Keys = append(list.Keys, keyLine{row, comments[row.KeyID]})
	}
	return list
}

// maxComment is how much of a comment is shown in a line; JSON has all of it.
const maxComment = 60

func (l *keyList) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "generation %d, at %s\n", l.Generation, l.Now.Format(time.RFC3339))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "key\tstate\tseals from\tseals until\topens until\tcreated\tcomment")
	for _, k := range l.Keys {
		from, until, end := l.from(k.SealFrom, "the beginning"), l.from(k.SealUntil, "no end"), l.from(k.OpenUntil, "no end")
		if k.State == rotation.StateDisabled {
			from, until, end = "-", "-", "-" // whatever it would do
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.KeyID, k.State, from, until, end, relative(l.Now, k.Created),
			shorten(k.Comment, maxComment))
	}
	w.Flush() // a Builder never fails
	// The last column is often empty.
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// from says how far a time is from now; what a zero time means is for the caller to say.
func (l *keyList) from(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return relative(l.Now, t)
}
