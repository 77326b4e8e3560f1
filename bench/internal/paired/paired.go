// Package paired compares what functions cost on a machine whose clock speed, neighbours and caches do not hold still:
// all candidates run in one process, each once in every round, in an order drawn anew for each round, and what is compared
// is what two of them took within one round.
package paired

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// A Candidate is something that can be done n times in a row.
type Candidate struct {
	Name string
	// Check says whether it does what it claims to; it is asked once, before anything is timed.
	Check func() error
	// Run does it n times. What it needs is prepared before, so that only the work is in it.
	Run func(n int)
}

// Slot is how long a candidate runs at a stretch: long against reading the clock, short against a change of the machine.
const Slot = 150 * time.Microsecond

// A Meter measures. Its zero value measures 300 rounds by the clock of the machine.
type Meter struct {
	// Rounds is in how many rounds each candidate runs; 0 means 300.
	Rounds int
	// Slot is how long a candidate runs at a stretch; 0 means Slot, the constant. What takes longer than that runs once, in
	// caches that the others have filled: for calls of many microseconds, measure fewer rounds of longer slots.
	Slot time.Duration
	// Random draws the order of each round; nil means one seeded by the system.
	Random *rand.Rand
	// Now reads a clock that does not go back; nil means time.Now.
	Now func() time.Time
}

// Samples are what each candidate took in each round.
type Samples struct {
	perCall map[string][]float64 // nanoseconds
}

// Measure checks all candidates and then measures them. It fails if one is wrong, or if two have one name.
func (m Meter) Measure(candidates []Candidate) (*Samples, error) {
	if m.Rounds == 0 {
		m.Rounds = 300
	}
	if m.Slot == 0 {
		m.Slot = Slot
	}
	if m.Random == nil {
		m.Random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if m.Now == nil {
		m.Now = time.Now
	}
	s := &Samples{perCall: make(map[string][]float64, len(candidates))}
	calls := make([]int, len(candidates))
	for i, c := range candidates {
		if _, ok := s.perCall[c.Name]; ok {
			return nil, fmt.Errorf("two candidates are named %s", c.Name)
		}
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("%s is wrong, so its time means nothing: %w", c.Name, err)
		}
		s.perCall[c.Name] = make([]float64, m.Rounds)
		calls[i] = m.calibrate(c)
	}
	for round := range m.Rounds {
		for _, i := range m.Random.Perm(len(candidates)) {
			elapsed := m.time(candidates[i], calls[i])
			s.perCall[candidates[i].Name][round] = float64(elapsed) / float64(calls[i])
		}
	}
	return s, nil
}

// time returns what n calls take, never 0, by which nothing could be divided.
func (m Meter) time(c Candidate, n int) time.Duration {
	start := m.Now()
	c.Run(n)
	return max(m.Now().Sub(start), 1)
}

// calibrate returns how many calls fill a slot. The shortest of a few runs counts: others were disturbed.
func (m Meter) calibrate(c Candidate) int {
	for n := 1; ; n *= 2 {
		elapsed := min(m.time(c, n), m.time(c, n), m.time(c, n))
		if elapsed >= m.Slot/2 || n >= 1<<24 {
			return max(1, int(float64(n)*float64(m.Slot)/float64(elapsed)))
		}
	}
}

// PerCall returns the median time of a candidate's call, in nanoseconds.
func (s *Samples) PerCall(name string) float64 { return Median(slices.Clone(s.of(name))) }

// Ratio returns the median over all rounds of what numerator took in a round to what denominator did.
func (s *Samples) Ratio(numerator, denominator string) float64 {
	return s.Median([]string{numerator, denominator}, func(ns []float64) float64 { return ns[0] / ns[1] })
}

// Median returns the median over all rounds of f of what the named candidates took, in nanoseconds for a call.
func (s *Samples) Median(names []string, f func(ns []float64) float64) float64 {
	columns := make([][]float64, len(names))
	for i, name := range names {
		columns[i] = s.of(name)
	}
	values, row := make([]float64, len(columns[0])), make([]float64, len(names))
	for round := range values {
		for i := range columns {
			row[i] = columns[i][round]
		}
		values[round] = f(row)
	}
	return Median(values)
}

func (s *Samples) of(name string) []float64 {
	ns, ok := s.perCall[name]
	if !ok {
		panic("no candidate is named " + name)
	}
	return ns
}

// Median returns the median of values, which it sorts.
func Median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
