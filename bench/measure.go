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

// A measured is one process's, or, in the end, the median of all processes'.
type measured struct {
	Rows       []measuredRow
	Candidates []measuredCandidate
	Series     []measuredSeries
	Memory     []held
	Python     string // its version, if it was asked
}

type measuredRow struct {
	Group   string
	Name    string
	Size    int // bytes of payload
	Note    string
	Most    float64 // the bar; both 0 where there is none
	Least   float64
	Stretch bool
	Missed  float64
	Value   float64
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

type measuredSeries struct {
	Chart, Name string
	Floor       bool
	X, Ns       []float64
	Allocations []float64
}

// measureOnce measures groups in this process and writes JSON.
func measureOnce(out io.Writer, names []string, o *options) error {
	var m measured
	for _, ng := range groups(o.python) {
		if slices.Contains(names, ng.name) {
			if err := m.add(ng, o.rounds); err != nil {
				return fmt.Errorf("%s: %w", ng.name, err)
			}
		}
	}
	return json.NewEncoder(out).Encode(m)
}

// add makes and measures a group.
func (m *measured) add(ng namedGroup, rounds int) error {
	g, err := ng.make()
	if err != nil {
		return err
	}
	if !g.parallel {
		// The collector's work is part of what allocates. On a processor of its own it would cost nothing here, which no
		// service has that is busy.
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	longer := max(1, g.longSlots)
	meter := paired.Meter{Rounds: max(1, rounds/longer), Slot: time.Duration(longer) * paired.Slot}
	samples, err := meter.Measure(g.candidates)
	if err != nil {
		return err
	}
	for _, r := range g.rows {
		m.Rows = append(m.Rows, measuredRow{ng.name, r.name, r.size, r.note, r.bar.most, r.bar.least, r.stretch, r.missed,
			r.measure(samples)})
	}
	first := len(m.Candidates)
	for _, c := range g.candidates {
		allocations, size := allocated(c.Run)
		m.Candidates = append(m.Candidates, measuredCandidate{ng.name, c.Name, samples.PerCall(c.Name), allocations, size,
			g.tokens[c.Name], g.notes[c.Name]})
	}
	for _, c := range g.known {
		c.Group = ng.name
		m.Candidates = append(m.Candidates, c)
	}
	for _, line := range g.series {
		s := measuredSeries{Chart: line.chart, Name: line.name, Floor: line.floor}
		for _, p := range line.points {
			c := m.Candidates[first+slices.IndexFunc(m.Candidates[first:], func(c measuredCandidate) bool { return c.Name == p.candidate })]
			s.X, s.Ns = append(s.X, float64(p.x)), append(s.Ns, c.NsPerCall)
			s.Allocations = append(s.Allocations, c.Allocations)
		}
		m.Series = append(m.Series, s)
	}
	m.Memory = append(m.Memory, g.memory...)
	m.Python = cmp.Or(m.Python, g.python)
	return nil
}

// join adds what another process measured of other groups.
func (m *measured) join(other *measured) {
	m.Rows = append(m.Rows, other.Rows...)
	m.Candidates = append(m.Candidates, other.Candidates...)
	m.Series = append(m.Series, other.Series...)
	m.Memory = append(m.Memory, other.Memory...)
	m.Python = cmp.Or(m.Python, other.Python)
}

// allocated returns how often, and how many bytes, a call allocates: the least of three counts, since the collector may
// empty a sync.Pool in one of them.
func allocated(run func(n int)) (allocations, size float64) {
	const calls = 20
	run(calls)
	allocations, size = math.Inf(1), math.Inf(1)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run(calls)
		runtime.ReadMemStats(&after)
		allocations = min(allocations, math.Round(float64(after.Mallocs-before.Mallocs)/calls))
		size = min(size, math.Round(float64(after.TotalAlloc-before.TotalAlloc)/calls))
	}
	return allocations, size
}

// measure measures groups in several processes, each group in one of its own, since where a program comes to lie in memory
// alone moves a number, and returns the medians. It tells progress how far it is.
func measure(names []string, processes int, o *options, progress *os.File) (*measured, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	begin, end := "", "\n"
	if info, err := progress.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		begin, end = "\r\033[K", "" // one line of a terminal, written over
	}
	var all []*measured
	start := time.Now()
	for process := range processes {
		var one measured
		for i, name := range names {
			fmt.Fprintf(progress, "%sprocess %d of %d, group %d of %d: %s (%v)%s", begin, process+1, processes, i+1, len(names), name,
				time.Since(start).Round(time.Second), end)
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
			one.join(&m)
		}
		all = append(all, &one)
	}
	fmt.Fprint(progress, begin)
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
	for i := range m.Series {
		for j := range m.Series[i].Ns {
			m.Series[i].Ns[j] = medianOf(all, func(one *measured) float64 { return one.Series[i].Ns[j] })
		}
	}
	for i := range m.Memory {
		m.Memory[i].Bytes = medianOf(all, func(one *measured) float64 { return one.Memory[i].Bytes })
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
