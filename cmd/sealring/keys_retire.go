package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

type keysRetireCommand struct {
	ringFile
	policyFlags
	ID        string    `arg:"" help:"The key's ID, as keys list shows it."`
	OpenUntil *moment   `xor:"when" required:"" placeholder:"TIME" help:"When the key ceases to open."`
	In        *duration `xor:"when" required:"" help:"The same, from now on."`
	Force     bool      `help:"Let it close before its tokens expire: they are refused, and their holders logged out."`
}

// Run sets the end of a key that no longer seals.
func (c *keysRetireCommand) Run(env *environment) error {
	policy, err := c.policy()
	if err != nil {
		return err
	}
	report, err := c.change(false, func(d *keyfile.Document, r *changeReport) error {
		now := env.now().UTC().Truncate(time.Millisecond)
		i, err := keyOf(d, c.ID)
		if err != nil {
			return err
		}
		end := momentOf(c.OpenUntil, c.In, now)
		if end.Before(now) {
			return usageError("a key cannot close in the past; --in 0s closes it now")
		}
		if err := seals(d, c.ID, now); err != nil {
			return err
		}
		if d.Keys[i].OpenUntil.Equal(end) {
			return nil
		}
		d.Keys[i].OpenUntil = end
		if seals(d, c.ID, now) != nil {
			return fmt.Errorf("key %s had closed and would seal again; `sealring keys rotate` makes one that does", c.ID)
		}
		r.Changes = append(r.Changes, rotation.Change{Action: rotation.Closing, KeyID: c.ID, At: end,
			Text: fmt.Sprintf("key %s opens until %s", c.ID, end.Format(timeLayout))})
		r.Findings = check(d, policy, env, c.ID)
		for _, f := range r.Findings {
			if f.Severity == rotation.Failing && !c.Force {
				return fmt.Errorf("%s; people who hold such tokens would be logged out; choose a later time, or say --force", f.Text)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return env.tell(report.text("Nothing to do"), report)
}

// keyOf returns the place of a key. The ID is not said again: it may be a secret.
func keyOf(d *keyfile.Document, id string) (int, error) {
	i := slices.IndexFunc(d.Keys, func(e keyfile.Entry) bool { return e.String() == id })
	if i < 0 {
		return 0, errNoKey
	}
	return i, nil
}

var errNoKey = errors.New("the ring has no key of that ID; list those that it has with `sealring keys list`")

// seals returns an error for a key that seals now or later.
func seals(d *keyfile.Document, id string, now time.Time) error {
	for _, row := range rotation.Timeline(d, now).Rows {
		switch {
		case row.KeyID != id:
		case row.State == rotation.StatePrimary:
			return fmt.Errorf("key %s seals now: stage another, which is to seal first (`sealring keys stage`), or revoke this one", id)
		case row.State == rotation.StateStaged:
			return fmt.Errorf("key %s is to seal from %s, and retiring is for keys that no longer do; revoke it if it is not to",
				id, row.SealFrom.Format(timeLayout))
		}
	}
	return nil
}
