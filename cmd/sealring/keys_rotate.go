package main

import (
	"github.com/sealring/sealring/keyfile"
)

type keysRotateCommand struct {
	ringFile
	policyFlags
	DryRun bool `help:"Only say what would change."`
}

// Run does what is due by now, which most of the time is nothing.
func (c *keysRotateCommand) Run(env *environment) error {
	policy, err := c.policy()
	if err != nil {
		return err
	}
	report, err := c.change(c.DryRun, func(d *keyfile.Document, r *changeReport) error {
		rotated, changes, err := next(d, policy, env)
		if err != nil {
			return err
		}
		d.Keys = rotated.Keys
		r.Changes = append(r.Changes, changes...)
		return nil
	})
	if err != nil {
		return err
	}
	return env.tell(report.text("Nothing to do"), report)
}
