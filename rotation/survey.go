package rotation

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// maxPolicies keeps a Survey's bookkeeping small; it is days of work.
const maxPolicies = 1_000_000

// A Survey is a simulation of many policies that are drawn by lot.
type Survey struct {
	// Policies is how many; 0 means 200.
	Policies int
	// Nodes, Late and Duration are those of each Simulation.
	Nodes, Late int
	Duration    time.Duration
	// Seed tells one survey from another.
	Seed uint64
	// Progress hears how many policies are done, from one goroutine at a time; nil means nobody.
	Progress func(done, policies int)
}

// Run runs the simulations, as many at a time as there are processors. Equal surveys have equal reports.
func (s Survey) Run() (*Report, error) {
	if s.Policies == 0 {
		s.Policies = 200
	}
	if s.Policies < 0 || s.Policies > maxPolicies {
		return nil, refused("Survey.Policies is not from 0 to %d", maxPolicies)
	}
	reports, failures := make([]*Report, s.Policies), make([]error, s.Policies)
	var (
		mu         sync.Mutex // guards next and done, and serializes Progress
		next, done int
		workers    sync.WaitGroup
	)
	for range min(runtime.GOMAXPROCS(0), s.Policies) {
		workers.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= s.Policies {
					return
				}
				reports[i], failures[i] = s.simulation(i).Run()
				mu.Lock()
				done++
				if s.Progress != nil {
					s.Progress(done, s.Policies)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()

	total := reports[0]
	for i, err := range failures {
		switch {
		case err != nil:
			return nil, err
		case i > 0:
			total.add(reports[i])
		}
	}
	return total, nil
}

// simulation returns one of the simulations.
func (s Survey) simulation(i int) Simulation {
	seed := s.Seed + uint64(i)<<32
	return Simulation{
		Policy: randomPolicy(rand.New(rand.NewPCG(seed, 2))), Nodes: s.Nodes, Late: s.Late, Duration: s.Duration, Seed: seed,
	}
}

// randomPolicy draws a valid policy: from two days to half a year of rotation, tokens of a second to a year and more,
// reloads by the second and by the day, clocks that agree and clocks that are hours apart.
func randomPolicy(random *rand.Rand) Policy {
	// Evenly among the orders of magnitude, in whole milliseconds.
	between := func(from, to time.Duration) time.Duration {
		d := float64(from) * math.Exp(random.Float64()*math.Log(float64(to)/float64(from)))
		return max(time.Duration(d).Truncate(time.Millisecond), time.Millisecond)
	}
	maybe := func(d time.Duration) time.Duration {
		if random.IntN(4) == 0 {
			return 0
		}
		return d
	}
	const day = 24 * time.Hour
	for {
		every := between(2*day, 180*day)
		p := Policy{
			RotateEvery:   every,
			Publication:   maybe(between(time.Millisecond, every/4)),
			Reload:        between(time.Second, every/10),
			FailedReloads: random.IntN(6),
			Lifetime:      between(time.Second, 400*day),
			Skew:          maybe(between(time.Millisecond, every/20)),
			RunEvery:      maybe(between(time.Hour, every/3)),
			Grace:         maybe(between(time.Hour, 60*day)),
		}
		if p.Validate() == nil {
			return p
		}
	}
}
