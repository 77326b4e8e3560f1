package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

type keysStageCommand struct {
	ringFile
	policyFlags
	SealFrom *moment   `xor:"when" placeholder:"TIME" help:"When the key begins to seal; without it, once every node knows the key."`
	In       *duration `xor:"when" help:"The same, from now on."`
	Force    bool      `help:"Let it seal before every node knows it: those that do not refuse its tokens, and log people out."`
	ID       *string   `name:"id" help:"A name for the key in place of the one that follows from its secret."`
	Comment  string    `help:"A comment for people, kept beside the key."`
}

// Run adds a fresh key that seals later.
func (c *keysStageCommand) Run(env *environment) error {
	policy, err := c.policy()
	if err != nil {
		return err
	}
	if c.ID != nil && !envelope.ValidKeyID(*c.ID) {
		return errKeyID
	}
	report, err := c.change(false, func(d *keyfile.Document, r *changeReport) error {
		// The time of the lock: another writer may have taken some.
		now := env.now().UTC().Truncate(time.Millisecond)
		if err := clockBehind(d, policy, now); err != nil && !c.Force {
			return err
		}
		e := keyfile.Entry{Key: sealring.GenerateKey(), Created: now, Comment: c.Comment}
		if c.ID != nil {
			e.ID = *c.ID
		}
		known := policy.EarliestSealFrom(now)
		if e.SealFrom = momentOf(c.SealFrom, c.In, now); e.SealFrom.IsZero() {
			e.SealFrom = known
		}
		switch {
		case e.SealFrom.Before(now):
			return usageError("a key cannot begin to seal before it is made; --in 0s --force lets it seal at once")
		case e.SealFrom.Before(known) && !c.Force:
			return fmt.Errorf("not every node knows a key before %s, %v from now (%v until all have the document, %v between "+
				"their clocks): those that do not refuse what it seals, and log people out; let it seal later, or say --force",
				known.Format(timeLayout), known.Sub(now), policy.Propagation(), policy.Skew)
		}
		d.Keys = append(d.Keys, e)
		r.Changes = append(r.Changes, rotation.Change{Action: rotation.Staged, KeyID: e.String(), At: e.SealFrom,
			Text: fmt.Sprintf("key %s is new, and seals from %s", e, e.SealFrom.Format(timeLayout))})
		r.Findings = check(d, policy, env, e.String())
		return nil
	})
	if err != nil {
		return err
	}
	return env.tell(report.text(""), report)
}

// clockBehind refuses a clock by which a key would seal before nodes know it: that of a document made later than now.
func clockBehind(d *keyfile.Document, policy rotation.Policy, now time.Time) error {
	for _, f := range rotation.Check(d, policy, now) {
		if f.Code == rotation.ClockBehind {
			return errors.New(policyTerms.Replace(f.Text) + "; or say --force")
		}
	}
	return nil
}
