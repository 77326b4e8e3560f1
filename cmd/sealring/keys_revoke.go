package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

type keysRevokeCommand struct {
	ringFile
	policyFlags
	ID     string `arg:"" help:"The key's ID, as keys list shows it."`
	DryRun bool   `xor:"write" help:"Only say what would follow."`
	Yes    bool   `xor:"write" help:"Do it. Without it the consequences are told, and the exit code is 1."`
}

var errNotYet = errors.New("nothing is written: read the consequences, and say --yes")

// revoked is the action of a key that is disabled.
const revoked rotation.Action = "revoked"

// Run takes a key out of use now, with another in its place where it is needed.
func (c *keysRevokeCommand) Run(env *environment) error {
	policy, err := c.policy()
	if err != nil {
		return err
	}
	report, err := c.change(!c.Yes, func(d *keyfile.Document, r *changeReport) error {
		if _, err := keyOf(d, c.ID); err != nil {
			return err
		}
		without, consequences, err := rotation.Revoke(d, c.ID, env.now())
		if err != nil {
			return err
		}
		r.Consequences = consequences
		if without.Generation == d.Generation {
			return nil
		}
		r.Changes = append(r.Changes, rotation.Change{Action: revoked, KeyID: c.ID,
			Text: fmt.Sprintf("key %s neither seals nor opens any more", c.ID)})
		d.Keys = without.Keys
		// In the same step: where no key seals, nodes stay with the document before, and so with this key.
		replaced, changes, err := next(without, policy, env)
		if err != nil {
			// A leaked key goes whatever keeps the next one from coming.
			r.Consequences = append(r.Consequences, rotation.Consequence{Effect: "no-rotation",
				Text: "the next keys are not planned: " + err.Error()})
			return r.replaceNow(d, env.now())
		}
		d.Keys = replaced.Keys
		r.Changes = append(r.Changes, changes...)
		r.dropAverted()
		return nil
	})
	if err != nil {
		return err
	}
	if err := env.tell(report.text("Nothing to do"), report); err != nil {
		return err
	}
	if len(report.Changes) > 0 && !c.Yes && !c.DryRun {
		return errNotYet
	}
	return nil
}

// replaceNow adds a key that seals at once where no other one does: nodes would not take the document, and so the leaked key
// would stay in force.
func (r *changeReport) replaceNow(d *keyfile.Document, now time.Time) error {
	ring, err := sealring.NewKeyring(d.SealringKeys()...)
	if err != nil {
		return err
	}
	if _, ok := ring.Primary(now); ok {
		return nil
	}
	now = now.UTC().Truncate(time.Millisecond)
	e := keyfile.Entry{Key: sealring.GenerateKey(), Created: now}
	e.SealFrom = now
	d.Keys = append(d.Keys, e)
	r.Changes = append(r.Changes, rotation.Change{Action: rotation.Staged, KeyID: e.String(), At: now,
		Text: fmt.Sprintf("key %s is new, and seals at once, since no other key does", e)})
	r.dropAverted()
	return nil
}

// dropAverted leaves out that sealing fails where the same step stages a key, of which the report tells.
func (r *changeReport) dropAverted() {
	staged := func(c rotation.Change) bool { return c.Action == rotation.Staged }
	if slices.ContainsFunc(r.Changes, staged) {
		r.Consequences = slices.DeleteFunc(r.Consequences, func(c rotation.Consequence) bool { return c.Effect == rotation.SealingFails })
	}
}
