package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/rotation"
)

type keysSimulateCommand struct {
	ringFlag
	policyFlags
	drawingFlags
	Nodes    int     `default:"1000" help:"How many nodes keep to the policy."`
	Late     int     `default:"0" help:"How many more fail to reload for longer than it allows; what they cause is counted apart."`
	Years    float64 `default:"3" help:"How many years to simulate."`
	Policies int     `default:"0" help:"Simulate so many policies that are drawn by lot, in place of this one and of a ring."`
	Seed     uint64  `default:"1" help:"Another seed is another run."`
}

const (
	maxYears = 100
	// maxNodes and maxPolicies are those of package rotation.
	maxNodes    = 100_000
	maxPolicies = 1_000_000
	// maxTimes is how many times a simulation may remember, one for every node and document: 800 MB of them.
	maxTimes = 100_000_000
	// leastRotation is the least RotateEvery that a survey draws.
	leastRotation = 2 * 24 * time.Hour
)

// Run lets a fleet live. Whoever it logs out is a failure.
func (c *keysSimulateCommand) Run(env *environment) error {
	if !(c.Years > 0 && c.Years <= maxYears) { // NaN is not
		return usageError(fmt.Sprintf("--years: more than 0, and at most %d", maxYears))
	}
	if c.Nodes < 2 || c.Late < 0 || c.Late > maxNodes || c.Nodes > maxNodes-c.Late {
		return usageError(fmt.Sprintf("--nodes: from 2 to %d, with --late", maxNodes))
	}
	if c.Policies < 0 || c.Policies > maxPolicies {
		return usageError(fmt.Sprintf("--policies: from 0 to %d", maxPolicies))
	}
	report, err := c.simulate(env)
	if err != nil {
		return err
	}
	if err := c.draw(report.SVG); err != nil {
		return err
	}
	if err := env.tell(strings.TrimSuffix(report.Text(), "\n"), report); err != nil {
		return err
	}
	if report.Failed > 0 || report.Refused > 0 {
		return errShown
	}
	return nil
}

func (c *keysSimulateCommand) simulate(env *environment) (*rotation.Report, error) {
	policy, err := c.policy()
	if err != nil {
		return nil, err
	}
	duration := time.Duration(c.Years * 365 * 24 * float64(time.Hour)).Truncate(time.Millisecond)
	every := leastRotation
	if c.Policies == 0 {
		every = time.Duration(c.RotateEvery)
	}
	// A key is staged, closed and removed: three documents, fewer where that falls together.
	if documents := 3 * (1 + float64(duration)/float64(every)); documents*float64(c.Nodes+c.Late) > maxTimes {
		return nil, usageError("too many nodes, or too many years for so short a --rotate-every: it would take too much memory")
	}
	if c.Policies > 0 {
		if c.Ring != nil {
			return nil, usageError("--policies begins every simulation with a new ring; leave out --ring")
		}
		report, err := rotation.Survey{Policies: c.Policies, Nodes: c.Nodes, Late: c.Late, Duration: duration, Seed: c.Seed,
			Progress: env.progress}.Run()
		return report, simulationError(err)
	}
	s := rotation.Simulation{Policy: policy, Nodes: c.Nodes, Late: c.Late, Duration: duration, Seed: c.Seed,
		Start: env.now().UTC().Truncate(time.Millisecond)}
	// A policy can be tried before there is a ring.
	if c.Ring != nil || env.getenv(ringVariable) != "" {
		if s.Document, err = c.document(env, noInput); err != nil {
			return nil, err
		}
	}
	report, err := s.Run()
	return report, simulationError(err)
}

// simulationError tells an error in the terms of the command. It is one of the ring or the clock: the flags are checked.
func simulationError(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(policyTerms.Replace(failure.Detail(err)))
}

// progress says at every tenth how far a survey is, to people.
func (env *environment) progress(done, all int) {
	if !env.json && done*10/all != (done-1)*10/all {
		fmt.Fprintf(env.stderr, "sealring: %d of %d policies\n", done, all)
	}
}
