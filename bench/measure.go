package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/sealring/sealring/bench/internal/paired"
)

// A namedGroup is made where it is measured, in the process that measures it.
type namedGroup struct {
	name string
	make func() (*group, error)
}

// groups are all groups, in the order in which they are printed. Those of Python are there if python is the name of one.
func groups(python string) []namedGroup {
	var all []namedGroup
	for _, size := range sizes {
		all = append(all, namedGroup{fmt.Sprintf("envelope-%d", size), func() (*group, error) { return envelopeGroup(size) }})
	}
	all = append(all,
		namedGroup{"keyring", keyringGroup},
		namedGroup{"reject", rejectGroup},
		namedGroup{"scaling", scalingGroup},
		namedGroup{"value", valueGroup},
	)
	for _, size := range sizes {
		all = append(all, namedGroup{fmt.Sprintf("peers-%d", size), func() (*group, error) { return peersGroup(size) }})
	}
	all = append(all, namedGroup{"peers-value", valuePeersGroup})
	if python != "" {
		all = append(all, namedGroup{"peers-python", func() (*group, error) { return itsdangerousGroup(python) }})
	}
	return all
}

// A measured is one process's, or, in the end, the median of all processes'.
type measured struct {
	Rows       []measuredRow
	Candidates []measuredCandidate
	Python     string // its version, if it was asked
}

type measuredRow struct {
	Group string
	Name  string
	Size  int // bytes of payload
	Note  string
	Most  float64 // the bar; both 0 where there is none
	Least float64
	Value float64
}

func (r *measuredRow) bar() bar { return bar{r.Most, r.Least} }

type measuredCandidate struct {
	Group       string
	Name        string
	NsPerCall   float64
	Allocations float64
	Bytes       float64 // allocated by a call; -1, as Allocations, where nobody counted
	TokenBytes  int     // 0 where a candidate makes none
	Note        string
}

// measureOnce measures groups in this process and writes JSON.
func measureOnce(out io.Writer, names []string, o *options) error {
	var m measured
	for _, ng := range groups(o.python) {
		if !slices.Contains(names, ng.name) {
			continue
		}
		g, err := ng.make()
		if err != nil {
			return fmt.Errorf("%s: %w", ng.name, err)
		}
		samples, err := paired.Meter{Rounds: o.rounds}.Measure(g.candidates)
		if err != nil {
			return fmt.Errorf("%s: %w", ng.name, err)
		}
		for _, r := range g.rows {
			m.Rows = append(m.Rows, measuredRow{ng.name, r.name, r.size, r.note, r.bar.most, r.bar.least, r.measure(samples)})
		}
		for _, c := range g.candidates {
			allocations, size := allocated(c.Run)
			m.Candidates = append(m.Candidates, measuredCandidate{ng.name, c.Name, samples.PerCall(c.Name), allocations, size,
				g.tokens[c.Name], g.notes[c.Name]})
		}
		for _, c := range g.known {
			c.Group = ng.name
			m.Candidates = append(m.Candidates, c)
		}
		m.Python = cmp.Or(m.Python, g.python)
	}
	return json.NewEncoder(out).Encode(m)
}

// allocated returns how often, and how many bytes, a call allocates.
func allocated(run func(n int)) (allocations, size float64) {
	const calls = 100
	run(calls)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run(calls)
	runtime.ReadMemStats(&after)
	return math.Round(float64(after.Mallocs-before.Mallocs) / calls), math.Round(float64(after.TotalAlloc-before.TotalAlloc) / calls)
}

// measure measures groups in several processes, one after the other, since rebuilding and reloading alone moves a number,
// and returns the medians. It tells progress how far it is.
func measure(names []string, processes int, o *options, progress io.Writer) (*measured, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var all []*measured
	start := time.Now()
	for process := range processes {
		var one measured
		for i, name := range names {
			fmt.Fprintf(progress, "\r\033[Kprocess %d of %d, group %d of %d: %s (%v)", process+1, processes, i+1, len(names), name,
				time.Since(start).Round(time.Second))
			command := exec.Command(self, "-child", name, "-rounds", strconv.Itoa(o.rounds), "-python", o.python)
			command.Stderr = os.Stderr
			out, err := command.Output()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			var m measured
			if err := json.Unmarshal(out, &m); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			one.Rows, one.Candidates = append(one.Rows, m.Rows...), append(one.Candidates, m.Candidates...)
			one.Python = cmp.Or(one.Python, m.Python)
		}
		all = append(all, &one)
	}
	fmt.Fprint(progress, "\r\033[K")
	return median(all), nil
}

// median returns the median of each number over all processes.
func median(all []*measured) *measured {
	m := *all[0]
	for i := range m.Rows {
		m.Rows[i].Value = medianOf(all, func(one *measured) float64 { return one.Rows[i].Value })
	}
	for i := range m.Candidates {
		m.Candidates[i].NsPerCall = medianOf(all, func(one *measured) float64 { return one.Candidates[i].NsPerCall })
	}
	return &m
}

func medianOf(all []*measured, of func(*measured) float64) float64 {
	values := make([]float64, len(all))
	for i, one := range all {
		values[i] = of(one)
	}
	return paired.Median(values)
}

// guardExcess is by how much a row may miss its bar before -guard fails: what a busy machine can add.
const guardExcess = 0.25

// printRatios prints the rows and a summary, and returns how many are on the wrong side of their bar by more than
// guardExcess.
func printRatios(out io.Writer, m *measured) (tooShort int) {
	short, barred := 0, 0
	for i := range m.Rows {
		r := &m.Rows[i]
		state := "ok"
		if r.bar() != (bar{}) {
			barred++
		}
		if excess := r.bar().excess(r.Value); excess > 0 {
			short++
			state = "SHORT"
			if excess > guardExcess {
				tooShort++
			}
		}
		line := fmt.Sprintf("ratio %-44s %7d %7.2f %8v %s", r.Name, r.Size, r.Value, r.bar(), state)
		if r.Note != "" {
			line += "  # " + r.Note
		}
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "%d rows with a bar: %d ok, %d SHORT", barred, barred-short, short)
	if tooShort > 0 {
		fmt.Fprintf(out, ", of which %d by more than %.0f %%", tooShort, 100*guardExcess)
	}
	fmt.Fprintln(out)
	return tooShort
}
