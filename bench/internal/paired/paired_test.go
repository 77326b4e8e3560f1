package paired

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// A machine is a clock whose speed changes from round to round, and candidates of known cost.
type machine struct {
	now   time.Time
	speed float64
	order []string
}

func (m *machine) candidate(name string, cost time.Duration) Candidate {
	return Candidate{name, func() error { return nil }, func(n int) {
		m.order = append(m.order, name)
		m.now = m.now.Add(time.Duration(float64(cost) * float64(n) * m.speed))
	}}
}

func (m *machine) meter(rounds int) Meter {
	return Meter{rounds, Slot, rand.New(rand.NewPCG(1, 2)), func() time.Time { return m.now }}
}

func TestRatioOnAMachineThatDrifts(t *testing.T) {
	m := &machine{speed: 1}
	slow, fast := m.candidate("slow", 900), m.candidate("fast", 300)
	run, runs := fast.Run, 0
	fast.Run = func(n int) {
		run(n)
		if runs++; runs%2 == 0 {
			m.speed *= 1.001 // between rounds, or within one
		}
	}
	s, err := m.meter(101).Measure([]Candidate{slow, fast})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Ratio("slow", "fast"); got < 2.99 || got > 3.01 {
		t.Errorf("ratio %v, want 3", got)
	}
	sum := s.Median([]string{"slow", "fast"}, func(ns []float64) float64 { return (ns[0] + ns[1]) / ns[1] })
	if sum < 3.99 || sum > 4.01 {
		t.Errorf("sum %v, want 4", sum)
	}
	if ns := s.PerCall("fast"); ns < 300 || ns > 330 {
		t.Errorf("fast takes %v ns, want 300 to 330 as the machine slows down", ns)
	}
}

func TestEveryRoundHasEachCandidateOnce(t *testing.T) {
	m := &machine{speed: 1}
	candidates := []Candidate{m.candidate("a", 100), m.candidate("b", 1000), m.candidate("c", 10000)}
	const rounds = 40
	if _, err := m.meter(rounds).Measure(candidates); err != nil {
		t.Fatal(err)
	}
	orders := map[string]bool{}
	for round := range slices.Chunk(m.order[len(m.order)-3*rounds:], 3) {
		orders[strings.Join(round, "")] = true
		if sorted := slices.Sorted(slices.Values(round)); strings.Join(sorted, "") != "abc" {
			t.Fatalf("a round of %v", round)
		}
	}
	if len(orders) != 6 {
		t.Errorf("%d orders in %d rounds, want all 6", len(orders), rounds)
	}
}

func TestSlot(t *testing.T) {
	m := &machine{speed: 1}
	for _, cost := range []time.Duration{1, 40, 5000, time.Second} {
		want := max(1, int(Slot/cost))
		if got := m.meter(1).calibrate(m.candidate("a", cost)); got < want*9/10 || got > want*11/10 {
			t.Errorf("%v a call: %d calls in a slot, want %d", cost, got, want)
		}
	}
	longer := m.meter(1)
	longer.Slot = 10 * Slot
	if got, want := longer.calibrate(m.candidate("a", 5000)), int(10*Slot/5000); got < want*9/10 || got > want*11/10 {
		t.Errorf("%d calls in a longer slot, want %d", got, want)
	}
	free := m.candidate("free", 0)
	if got := m.meter(1).calibrate(free); got < 1<<24 {
		t.Errorf("what takes no time runs %d times", got)
	}
}

func TestNothingWrongIsTimed(t *testing.T) {
	m := &machine{speed: 1}
	wrong := m.candidate("wrong", 1)
	broken := errors.New("broken")
	wrong.Check = func() error { return broken }
	if _, err := m.meter(1).Measure([]Candidate{wrong}); !errors.Is(err, broken) || !strings.Contains(err.Error(), "wrong") {
		t.Errorf("error %v", err)
	}
	if len(m.order) != 0 {
		t.Error("it ran")
	}
	if _, err := m.meter(1).Measure([]Candidate{m.candidate("a", 1), m.candidate("a", 2)}); err == nil {
		t.Error("two of one name")
	}
	defer func() {
		if recover() == nil {
			t.Error("a ratio of nobody")
		}
	}()
	new(Samples).PerCall("nobody")
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 5}, 5}, {[]float64{1, 100, 2, 3}, 2.5}} {
		if got := Median(test.values); got != test.want {
			t.Errorf("median %v, want %v", got, test.want)
		}
	}
}
