package main

import (
	"fmt"
	"io"
)

// guardExcess is by how much a row may miss its bar before -guard fails: what a busy machine can add.
const guardExcess = 0.25

// The states of a row.
const (
	stateOK      = "ok"
	stateShort   = "SHORT"
	stateStretch = "stretch" // a wish that is not fulfilled, which is no failure
)

func (r *measuredRow) state() string {
	switch {
	case r.bar().excess(r.Value) <= 0:
		return stateOK
	case r.Stretch:
		return stateStretch
	}
	return stateShort
}

// barred is whether the row counts in the summary.
func (r *measuredRow) barred() bool { return r.bar() != bar{} && !r.Stretch }

// guarded is the bar that -guard asks: what is known to be missed must not be missed by more.
func (r *measuredRow) guarded() bar {
	switch {
	case r.Stretch:
		return bar{}
	case r.Missed != 0:
		return r.bar().at(r.Missed)
	}
	return r.bar()
}

// remark is what is said beside a row.
func (r *measuredRow) remark() string {
	if r.Missed == 0 {
		return r.Note
	}
	remark := fmt.Sprintf("known to miss its bar; guarded at %v", r.guarded())
	if r.Note != "" {
		remark = r.Note + "; " + remark
	}
	return remark
}

// printRatios prints the rows and a summary, and returns the names of the rows that are worse than what is guarded by
// more than guardExcess.
func printRatios(out io.Writer, m *measured) (unguarded []string) {
	for i := range m.Rows {
		r := &m.Rows[i]
		line := fmt.Sprintf("ratio %-44s %7d %7.2f %8v %s", r.Name, r.Size, r.Value, r.bar(), r.state())
		if remark := r.remark(); remark != "" {
			line += "  # " + remark
		}
		fmt.Fprintln(out, line)
		if r.guarded().excess(r.Value) > guardExcess {
			unguarded = append(unguarded, r.Name)
		}
	}
	fmt.Fprintln(out, m.summary())
	return unguarded
}

// summary says how many rows hold their bars.
func (m *measured) summary() string {
	var barred, short, far int
	for i := range m.Rows {
		r := &m.Rows[i]
		if !r.barred() {
			continue
		}
		barred++
		if excess := r.bar().excess(r.Value); excess > 0 {
			short++
			if excess > guardExcess {
				far++
			}
		}
	}
	summary := fmt.Sprintf("%d rows with a bar: %d ok, %d SHORT", barred, barred-short, short)
	if far > 0 {
		summary += fmt.Sprintf(", of which %d by more than %.0f %%", far, 100*guardExcess)
	}
	return summary
}
