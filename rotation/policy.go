package rotation

import (
	"fmt"
	"time"

	"github.com/sealring/sealring/internal/failure"
)

const (
	// maxPart is the longest that each duration of a policy may be: sums of them stay far from what a Duration holds.
	maxPart = 10 * 365 * 24 * time.Hour
	// maxFailedReloads keeps Propagation in bounds; a node that fails so often is not one to wait for.
	maxFailedReloads = 1000
	// maxKeys is how many keys a ring document may have; format.md, Section 15.
	maxKeys = 1000
	// spareKeys are left free for keys that people add, and for those that are revoked.
	spareKeys = 100
)

// A Policy is what a fleet promises, and what its users were promised: every duration is whole milliseconds. The package
// documentation has the arithmetic that follows from it.
type Policy struct {
	// RotateEvery is how long a key seals before the next one does.
	RotateEvery time.Duration
	// Publication is the longest time from writing a document until every node could read it: 0 where they read one
	// file, more where it is copied or cached.
	Publication time.Duration
	// Reload is the longest time between two attempts of a node to read the document.
	Reload time.Duration
	// FailedReloads is how many attempts in a row may fail. A node that fails more often must stop serving.
	FailedReloads int
	// Lifetime is the longest lifetime that a token has: Options.TTL of the codec that has the longest.
	Lifetime time.Duration
	// Skew is how far any two clocks may be apart, those of the nodes and the one by which Next is run. Options.Leeway of
	// the codecs must not be below it.
	Skew time.Duration
	// RunEvery is the longest time between two runs of Next. 0 means a tenth of RotateEvery.
	RunEvery time.Duration
	// Grace is how much longer than it must a closed key stays in the document.
	Grace time.Duration
}

// Propagation returns the longest time from writing a document until every node has it.
func (p Policy) Propagation() time.Duration {
	return p.Publication + p.Reload*time.Duration(1+p.FailedReloads)
}

// runEvery returns RunEvery or its default, in whole milliseconds.
func (p Policy) runEvery() time.Duration {
	if p.RunEvery > 0 {
		return p.RunEvery
	}
	return max(p.RotateEvery/10, time.Millisecond).Truncate(time.Millisecond)
}

// Lead returns how long before it is to seal Next stages a key.
func (p Policy) Lead() time.Duration { return p.Propagation() + p.Skew + p.runEvery() }

// EarliestSealFrom returns when a key that is staged at a moment may seal: when every node knows it, by the fastest clock.
func (p Policy) EarliestSealFrom(staged time.Time) time.Time {
	return staged.Add(p.Propagation() + p.Skew)
}

// EarliestOpenUntil returns when a key may close whose successor seals from a moment: when the last token that it sealed
// has expired by every clock.
func (p Policy) EarliestOpenUntil(superseded time.Time) time.Time { return superseded.Add(p.overlap()) }

// overlap is how long a key opens after the next one seals.
func (p Policy) overlap() time.Duration { return p.Skew + p.Lifetime + p.Skew }

// EarliestRemoval returns when a key that closes at a moment may leave the document.
func (p Policy) EarliestRemoval(openUntil time.Time) time.Time { return openUntil.Add(p.retention()) }

// retention is how long a key stays in the document after it has closed.
func (p Policy) retention() time.Duration { return p.Propagation() + p.Skew + p.Grace }

// Validate returns nil if a fleet can keep to the policy, and otherwise an error of class sealring.ErrConfig that says
// what to change.
func (p Policy) Validate() error {
	for _, part := range []struct {
		name     string
		duration time.Duration
		required bool
	}{
		{"RotateEvery", p.RotateEvery, true},
		{"Publication", p.Publication, false},
		{"Reload", p.Reload, true},
		{"Lifetime", p.Lifetime, true},
		{"Skew", p.Skew, false},
		{"RunEvery", p.RunEvery, false},
		{"Grace", p.Grace, false},
	} {
		switch d := part.duration; {
		case d == 0 && part.required:
			return refused("set Policy.%s", part.name)
		case d < 0 || d%time.Millisecond != 0:
			return refused("Policy.%s is not whole milliseconds from 0 on", part.name)
		case d > maxPart:
			return refused("Policy.%s is longer than ten years", part.name)
		}
	}
	if p.FailedReloads < 0 || p.FailedReloads > maxFailedReloads {
		return refused("Policy.FailedReloads is not from 0 to %d", maxFailedReloads)
	}
	// Divided, not multiplied: the product may be longer than a Duration can be.
	if p.Reload > maxPart/time.Duration(1+p.FailedReloads) {
		return refused("Policy.Reload with its FailedReloads is longer than ten years")
	}

	// A key that is staged before the last one seals would be staged behind a key that may still be revoked.
	if p.RotateEvery <= p.Lead() {
		return refused("Policy.RotateEvery is %v, and a key is staged %v before it seals (Propagation + Skew + RunEvery); "+
			"rotate less often, or reload and run more often", p.RotateEvery, p.Lead())
	}
	if keys := 3 + (p.overlap()+p.retention()+p.runEvery())/p.RotateEvery; keys > maxKeys-spareKeys {
		return refused("a document would hold %d keys under this Policy, and has room for %d; rotate less often, or let "+
			"tokens live less long", keys, maxKeys-spareKeys)
	}
	return nil
}

func refused(format string, args ...any) error {
	return failure.Config.With(fmt.Sprintf(format, args...))
}
