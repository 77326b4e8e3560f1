package main

import (
	"strings"
	"time"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/rotation"
)

// policyFlags are what a fleet keeps to, with the defaults of a Watcher and a codec that nobody has told otherwise.
type policyFlags struct {
	RotateEvery    duration `group:"Policy" default:"30d" help:"How long a key seals before the next one does."`
	RunEvery       duration `group:"Policy" default:"0s" help:"The longest time between two runs of keys rotate; 0s for a tenth of --rotate-every."`
	Publication    duration `group:"Policy" default:"5m" help:"The longest time from writing a document until every node can read it."`
	ReloadInterval duration `group:"Policy" default:"1m" help:"The longest time between two attempts of a node to read it."`
	FailedReloads  int      `group:"Policy" default:"5" help:"How many of those may fail in a row."`
	Lifetime       duration `group:"Policy" default:"30d" help:"The longest lifetime of a token: the largest TTL of your codecs."`
	Skew           duration `group:"Policy" default:"10s" help:"How far any two clocks may be apart; no more than the codecs' leeway."`
	Grace          duration `group:"Policy" default:"0s" help:"How much longer than it must a closed key stays in the document."`
}

// policy returns the policy, or why nobody could keep to it.
func (f *policyFlags) policy() (rotation.Policy, error) {
	p := rotation.Policy{
		RotateEvery:   time.Duration(f.RotateEvery),
		RunEvery:      time.Duration(f.RunEvery),
		Publication:   time.Duration(f.Publication),
		Reload:        time.Duration(f.ReloadInterval),
		FailedReloads: f.FailedReloads,
		Lifetime:      time.Duration(f.Lifetime),
		Skew:          time.Duration(f.Skew),
		Grace:         time.Duration(f.Grace),
	}
	if err := p.Validate(); err != nil {
		return rotation.Policy{}, usageError(policyTerms.Replace(failure.Detail(err)))
	}
	return p, nil
}

// policyTerms are what package rotation says of policies and keys, in the terms of flags and documents.
var policyTerms = strings.NewReplacer(
	"Policy.RotateEvery", "--rotate-every", "RotateEvery", "--rotate-every",
	"Policy.RunEvery", "--run-every", "RunEvery", "--run-every",
	"Policy.Publication", "--publication",
	"Policy.Reload", "--reload-interval",
	"Policy.FailedReloads", "--failed-reloads", "FailedReloads", "--failed-reloads",
	"Policy.Lifetime", "--lifetime",
	"Policy.Skew", "--skew",
	"Policy.Grace", "--grace",
	"this Policy", "this policy",
	"(Propagation + Skew", "(propagation + --skew", "Propagation + Skew", "the propagation and --skew",
	"SealFrom", "seal_from", "OpenUntil", "open_until", "Created", "created",
	"Simulation.Nodes", "--nodes", "Simulation.Late", "--late", "Simulation.Duration", "--years", "Survey.Policies", "--policies",
)
