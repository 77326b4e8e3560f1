package rotation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// maxLosses is how many losses a report tells of one by one: enough to see a pattern.
const maxLosses = 20

// A Loss is a genuine token that was refused before it expired, or one that could not be sealed.
type Loss struct {
	At time.Time `json:"at"`
	// Sealer and Opener are the numbers of the nodes; Opener is −1 where sealing failed.
	Sealer int    `json:"sealer"`
	Opener int    `json:"opener"`
	KeyID  string `json:"key_id,omitempty"`
	Text   string `json:"text"`
}

// A Report is what became of one simulation or of many.
type Report struct {
	Policies  int     `json:"policies"`
	Nodes     int     `json:"nodes"`
	Years     float64 `json:"years"`
	Documents int     `json:"documents"`
	// Sealed and Opened count the attempts, Failed and Refused those among them that failed.
	Sealed  int `json:"sealed"`
	Failed  int `json:"failed"`
	Opened  int `json:"opened"`
	Refused int `json:"refused"`
	// Overdue counts tokens that were sealed by a key older than RotateEvery, by more than a run of Next.
	Overdue int `json:"overdue"`
	// LateFailed and LateRefused are failures that nodes beyond the policy had a part in. They are in no other count.
	LateFailed  int `json:"late_failed"`
	LateRefused int `json:"late_refused"`
	// Findings counts what Check found on the way, at every document and at every run of Next.
	Findings map[Code]int `json:"findings,omitempty"`
	// Losses are some failures and refusals, in no order of time, those of late nodes left out.
	Losses []Loss `json:"losses,omitempty"`
	// Keys are all keys there were, with their last windows; Start and End are of the simulation. Of many simulations it
	// is the first one that they are about.
	Keys  []Row     `json:"keys,omitempty"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

func (r *Report) fail(late bool, loss Loss) {
	if late {
		r.LateFailed++
		return
	}
	r.Failed++
	r.tell(loss)
}

func (r *Report) refuse(late bool, loss Loss) {
	if late {
		r.LateRefused++
		return
	}
	r.Refused++
	r.tell(loss)
}

func (r *Report) tell(loss Loss) {
	if len(r.Losses) < maxLosses {
		r.Losses = append(r.Losses, loss)
	}
}

// add adds the counts of another report.
func (r *Report) add(other *Report) {
	r.Policies += other.Policies
	r.Documents += other.Documents
	r.Sealed += other.Sealed
	r.Failed += other.Failed
	r.Opened += other.Opened
	r.Refused += other.Refused
	r.Overdue += other.Overdue
	r.LateFailed += other.LateFailed
	r.LateRefused += other.LateRefused
	for code, n := range other.Findings {
		r.Findings[code] += n
	}
	r.Losses = append(r.Losses, other.Losses[:min(len(other.Losses), maxLosses-len(r.Losses))]...)
}

// Summary returns the report in one line.
func (r *Report) Summary() string {
	policies := "policies"
	if r.Policies == 1 {
		policies = "policy"
	}
	return fmt.Sprintf("%d %s, %d nodes, %.4g years: %d documents, %d sealed (%d failed), %d opened (%d refused)",
		r.Policies, policies, r.Nodes, r.Years, r.Documents, r.Sealed, r.Failed, r.Opened, r.Refused)
}

// Text returns the report as a table.
func (r *Report) Text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, value any) { fmt.Fprintf(w, "%v\t  %s\n", value, name) }
	row("policies", r.Policies)
	row("nodes each", r.Nodes)
	row("years each", fmt.Sprintf("%.4g", r.Years))
	row("documents written", r.Documents)
	row("tokens sealed", r.Sealed)
	row("failed to seal", r.Failed)
	row("tokens opened", r.Opened)
	row("refused before they expired", r.Refused)
	row("sealed by an overdue key", r.Overdue)
	row("failed to seal at late nodes", r.LateFailed)
	row("refused because of late nodes", r.LateRefused)
	for _, code := range slices.Sorted(maps.Keys(r.Findings)) {
		row("findings "+string(code), r.Findings[code])
	}
	w.Flush() // a Builder never fails
	for _, l := range r.Losses {
		fmt.Fprintf(&b, "%s  %s\n", l.At.Format("2006-01-02T15:04:05.000Z"), l.describe())
	}
	return b.String()
}

func (l *Loss) describe() string {
	if l.Opener < 0 {
		return fmt.Sprintf("node %d cannot seal: %s", l.Sealer, l.Text)
	}
	return fmt.Sprintf("node %d refuses what node %d sealed with key %s: %s", l.Opener, l.Sealer, printable(l.KeyID), l.Text)
}

// SVG returns the lives of the keys as a drawing, with a mark at each loss.
func (r *Report) SVG() string {
	c := Chart{Now: r.End, Rows: r.Keys, From: r.Start, To: r.End}
	var marks []time.Time
	for _, l := range r.Losses {
		marks = append(marks, l.At)
	}
	return c.draw(r.Summary(), marks)
}
