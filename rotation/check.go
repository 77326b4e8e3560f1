package rotation

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/keyfile"
)

// A Code names what a Finding is about. Codes are for programs, and stay what they are.
type Code string

// The codes of Check. Beside each, what happens to a fleet that goes on; the tests of this package have a fleet for each.
const (
	// BadPolicy: Policy.Validate refuses the policy. Next and Simulation refuse it too.
	BadPolicy Code = "bad-policy"
	// BadDocument: nodes do not load the document. They stay with the one that they have; one that starts has no keys.
	BadDocument Code = "bad-document"
	// ClockBehind: a key was made later than now. Keys that are staged by this clock seal before nodes know them.
	ClockBehind Code = "clock-behind"
	// NoPrimary: no key seals now. Sealing fails.
	NoPrimary Code = "no-primary"
	// NoPrimarySoon: there will be a time at which no key seals, by the slowest clock maybe now. Sealing fails then.
	NoPrimarySoon Code = "no-primary-soon"
	// SealsEarly: a key seals before every node knows it. Nodes that do not refuse its tokens.
	SealsEarly Code = "seals-early"
	// ClosesEarly: a key closes before the tokens that it seals expire. They are good for less long than they should be,
	// or refused.
	ClosesEarly Code = "closes-early"
	// DisabledEarly: a key was disabled before the tokens that it sealed expired. They are refused.
	DisabledEarly Code = "disabled-early"
	// Overdue: a key seals for longer than RotateEvery, by more than a run of Next.
	Overdue Code = "overdue"
	// FarAhead: a key is staged for later than the policy looks ahead. It will be old when it seals, and a key that is
	// due before it may be missing.
	FarAhead Code = "far-ahead"
)

// A Severity is how bad a finding is.
type Severity string

// The severities, worst first.
const (
	// Failing: tokens are lost or cannot be sealed, or will be unless somebody acts.
	Failing Severity = "failing"
	// Warning: a promise of the policy is broken, and nobody is logged out for it; or somebody has been, on purpose.
	Warning Severity = "warning"
)

// Codes are all the codes there are.
var Codes = []Code{
	BadPolicy, BadDocument, ClockBehind, NoPrimary, NoPrimarySoon, SealsEarly, ClosesEarly, DisabledEarly, Overdue, FarAhead,
}

// severities has every code.
var severities = map[Code]Severity{
	BadPolicy: Failing, BadDocument: Failing, ClockBehind: Failing, NoPrimary: Failing, NoPrimarySoon: Failing,
	SealsEarly: Failing, ClosesEarly: Failing, DisabledEarly: Warning, Overdue: Warning, FarAhead: Warning,
}

// A Finding is one thing that is wrong with a document.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	// KeyID is the key that it is about; empty where it is about the whole.
	KeyID string `json:"key_id,omitempty"`
	// At is when it comes to effect; zero where it has.
	At time.Time `json:"at,omitzero"`
	// Text says what is wrong and what to do.
	Text string `json:"text"`
}

// Check returns what is wrong with a document under a policy at a moment, worst first. If it finds nothing, and Next or
// people whose documents Check finds nothing wrong with go on from there, no node refuses a genuine token before it has
// expired, and none fails to seal. A nil document is one without keys.
func Check(document *keyfile.Document, policy Policy, now time.Time) []Finding {
	if err := policy.Validate(); err != nil {
		return []Finding{{Code: BadPolicy, Severity: Failing, Text: "the policy cannot be kept: " + failure.Detail(err)}}
	}
	if !inRange(now) {
		return []Finding{{Code: ClockBehind, Severity: Failing, Text: "the clock is outside the years 1970 to 9999; set it"}}
	}
	if document == nil {
		document = new(keyfile.Document)
	}
	m, err := newModel(document)
	if err != nil {
		return []Finding{{Code: BadDocument, Severity: Failing,
			Text: "nodes do not load this document and stay with what they have: " + failure.Detail(err)}}
	}
	c := &checker{policy: policy, now: now.UnixMilli(), skew: policy.Skew.Milliseconds(), model: m}
	c.checkPrimary()
	for i := range m.keys {
		c.checkKey(&m.keys[i])
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return cmp.Compare(a.Severity, b.Severity) })
	return c.findings
}

type checker struct {
	policy    Policy
	now, skew int64
	model     *model
	findings  []Finding
}

func (c *checker) find(code Code, keyID string, at int64, format string, args ...any) {
	f := Finding{Code: code, Severity: severities[code], KeyID: keyID, Text: fmt.Sprintf(format, args...)}
	if at > c.now {
		f.At = toTime(at)
	}
	c.findings = append(c.findings, f)
}

// checkPrimary finds the times without a primary key.
func (c *checker) checkPrimary() {
	if c.model.primary(c.now) == nil {
		c.find(NoPrimary, "", c.now, "no key seals now, so that sealing fails: add one that does (`sealring keys rotate`)")
		return
	}
	for _, t := range c.model.moments(c.now - c.skew) {
		if c.model.primary(t) != nil {
			continue
		}
		if t <= c.now {
			c.find(NoPrimarySoon, "", t, "a node whose clock is behind by Policy.Skew has no key that seals: let SealFrom be "+
				"earlier, or the key before it close later")
		} else {
			c.find(NoPrimarySoon, "", t, "from %s on no key seals, so that sealing fails: stage one that does", formatTime(t))
		}
		return
	}
}

// moments returns a moment and those after it at which the primary key may change, in their order.
func (m *model) moments(from int64) []int64 {
	moments := []int64{from}
	for _, i := range m.order {
		for _, t := range []int64{m.keys[i].sealFrom, m.keys[i].openUntil} {
			if from < t && t < farFuture {
				moments = append(moments, t)
			}
		}
	}
	slices.Sort(moments)
	return slices.Compact(moments)
}

func (c *checker) checkKey(k *key) {
	if k.created > c.now+c.skew {
		c.find(ClockBehind, k.id, k.created, "key %s was made at %s, which is later than now by more than Policy.Skew: set the "+
			"clock, this one or the one that it was made by", k.id, formatTime(k.created))
	}
	if k.disabled {
		c.checkDisabled(k)
		return
	}
	c.checkSealFrom(k)
	c.checkOpenUntil(k)
	c.checkAge(k)
}

// checkDisabled finds a key that sealed what has not expired yet.
func (c *checker) checkDisabled(k *key) {
	end := min(c.model.superseded(k, c.policy)+c.policy.overlap().Milliseconds(), k.openUntil)
	if k.start()-c.skew > c.now || c.now >= end {
		return
	}
	until := "until a newer key has sealed for as long as tokens live"
	if end != farFuture {
		until = "until " + formatTime(end)
	}
	c.find(DisabledEarly, k.id, c.now, "key %s is disabled, and tokens that it sealed may live %s: they are refused; if the "+
		"key has not leaked, enable it until then", k.id, until)
}

// checkSealFrom finds a key that seals before every node knows it, and one that does so in a future beyond the policy.
func (c *checker) checkSealFrom(k *key) {
	known := c.policy.EarliestSealFrom(toTime(k.created)).UnixMilli()
	// Where it is the first key, there was no node before it.
	first := !slices.ContainsFunc(c.model.keys, func(other key) bool { return other.created < k.created })
	if k.sealFrom < known && c.now < known && !first && c.model.primary(max(c.now, k.sealFrom)) == k {
		c.find(SealsEarly, k.id, k.sealFrom, "key %s seals from %s, and until %s nodes may not know it and refuse its tokens: let "+
			"SealFrom be Propagation + Skew later than Created", k.id, sealText(k), formatTime(known))
	}
	if ahead := (c.policy.RotateEvery + c.policy.Lead()).Milliseconds() + c.skew; k.sealFrom > c.now+ahead {
		c.find(FarAhead, k.id, k.sealFrom, "key %s seals from %s, further ahead than RotateEvery and the time to stage a key: see "+
			"that the year is right, and stage it later", k.id, formatTime(k.sealFrom))
	}
}

func sealText(k *key) string {
	if k.sealFrom == farPast {
		return "the beginning"
	}
	return formatTime(k.sealFrom)
}

// checkOpenUntil finds a key whose tokens would live longer than it.
func (c *checker) checkOpenUntil(k *key) {
	if k.openUntil == farFuture {
		return
	}
	end, overlap := c.model.superseded(k, c.policy), c.policy.overlap().Milliseconds()
	// What it sealed last, before it closed or another key did, is good until then at most.
	if k.openUntil >= end+overlap || c.now >= min(end, k.openUntil)+overlap {
		return
	}
	if end == farFuture {
		c.find(ClosesEarly, k.id, k.openUntil, "key %s closes at %s and no other seals before: tokens end with it, though they "+
			"should live for %v; stage a key, and let this one close later", k.id, formatTime(k.openUntil), c.policy.Lifetime)
		return
	}
	c.find(ClosesEarly, k.id, k.openUntil, "key %s closes at %s, and the tokens that it seals expire up to %s: let OpenUntil be "+
		"that or later", k.id, formatTime(k.openUntil), formatTime(end+overlap))
}

// checkAge finds a primary key that has sealed for too long, or will have before another can.
func (c *checker) checkAge(k *key) {
	if c.model.primary(c.now) != k {
		return
	}
	overdue := c.model.overdue(k, c.policy)
	next := c.model.successor(k)
	if next != nil && next.sealFrom <= overdue || c.policy.EarliestSealFrom(toTime(c.now)).UnixMilli() <= overdue {
		return
	}
	todo := "stage one now, and see that rotation runs (`sealring keys rotate`)"
	if next != nil {
		todo = fmt.Sprintf("key %s is to from %s; see that rotation runs", next.id, formatTime(next.sealFrom))
	}
	c.find(Overdue, k.id, overdue, "key %s seals since %s, and no other does in time for RotateEvery: %s", k.id,
		formatTime(k.start()), todo)
}
