package rotation_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

func TestRevoke(t *testing.T) {
	a, b, c := window{id: "a", created: 1}, window{id: "b", created: 20, sealFrom: 21}, window{id: "c", created: 50, sealFrom: 51}
	for _, test := range []struct {
		name    string
		windows []window
		id      string
		now     float64
		want    []string
	}{
		{"the only key", []window{a}, "a", 5, []string{
			"tokens-refused a 2026-01-02", "until-reload a", "sealing-fails"}},
		{"the primary key", []window{a, b}, "b", 25, []string{
			"tokens-refused b 2026-01-22", "until-reload b", "other-primary a"}},
		{"the primary key, and the one before closes", []window{{id: "a", created: 1, openUntil: 32}, b}, "b", 25, []string{
			"tokens-refused b 2026-01-22", "until-reload b", "other-primary a", "sealing-fails 2026-02-02", "primary-closes a 2026-02-02"}},
		{"the primary key, and the one before is closed", []window{{id: "a", created: 1, openUntil: 32}, b}, "b", 40, []string{
			"tokens-refused b 2026-01-22", "until-reload b", "sealing-fails"}},
		{"the primary key, and another is staged", []window{a, b, c}, "b", 50.5, []string{
			"tokens-refused b 2026-01-22", "until-reload b", "other-primary a"}},
		{"a key that opens", []window{a, b}, "a", 25, []string{"tokens-refused a 2026-01-02", "until-reload a"}},
		{"a staged key", []window{a, b}, "b", 20.5, []string{"no-tokens b"}},
		{"a staged key that is needed", []window{{id: "a", created: 1, openUntil: 32}, b}, "b", 20.5, []string{
			"no-tokens b", "sealing-fails 2026-02-02", "primary-closes a 2026-02-02"}},
		{"a closed key", []window{{id: "a", created: 1, openUntil: 32}, b}, "a", 40, []string{"no-tokens a"}},
		{"a disabled key", []window{{id: "a", created: 1, disabled: true}, b}, "a", 40, []string{"nothing-changes a"}},
		{"a key where none seals", []window{{id: "a", created: 1, sealFrom: 9}}, "a", 5, []string{"no-tokens a", "sealing-fails"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := document(t, test.windows...)
			before := content(d)
			revoked, consequences, err := rotation.Revoke(d, test.id, at(test.now))
			if err != nil {
				t.Fatal(err)
			}
			same(t, content(d), before)
			var got []string
			for _, c := range consequences {
				s := string(c.Effect)
				if c.KeyID != "" {
					s += " " + c.KeyID
				}
				if !c.At.IsZero() {
					s += " " + c.At.Format(time.DateOnly)
				}
				got = append(got, s)
				if c.Text == "" {
					t.Errorf("%s says nothing", c.Effect)
				}
			}
			same(t, got, test.want)

			if !entry(t, revoked, test.id).Disabled {
				t.Error("the key is not disabled")
			}
			changed := test.want[0] != "nothing-changes a"
			if (revoked.Generation == d.Generation+1) != changed {
				t.Errorf("generation %d", revoked.Generation)
			}
			// Whatever was revoked, Next goes on from there.
			checkNext(t, revoked, policy, at(test.now))
		})
	}
}

func TestRevokeRefuses(t *testing.T) {
	last := document(t, window{id: "a", created: 1})
	last.Generation = 1<<53 - 1
	for _, test := range []struct {
		name, id, says string
		document       *keyfile.Document
	}{
		{"no document", "a", "generation", nil},
		{"an ID that it does not have", "b", "no key of that ID", document(t, window{id: "a", created: 1})},
		{"what nodes refuse", "a", "same time", document(t, window{id: "a", created: 1}, window{id: "b", created: 1})},
		{"the last generation", "a", "last generation", last},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, consequences, err := rotation.Revoke(test.document, test.id, at(5))
			if !errors.Is(err, sealring.ErrKeyring) || !strings.Contains(err.Error(), test.says) || d != nil || consequences != nil {
				t.Errorf("%v, %v, error %v", d, consequences, err)
			}
		})
	}
	// A typed secret in place of an ID does not come back in the error.
	pasted := secret(t, "a").Reveal()
	if _, _, err := rotation.Revoke(document(t, window{id: "a", created: 1}), pasted, at(5)); err == nil || strings.Contains(err.Error(), pasted[5:13]) {
		t.Errorf("error %v", err)
	}
}

// What Revoke tells happens: the tokens of the key are refused, and those of others are not.
func TestConsequencesHappen(t *testing.T) {
	a, b := window{id: "a", created: 1}, window{id: "b", created: 20, sealFrom: 21}
	d := document(t, a, b)
	revoked, _, err := rotation.Revoke(d, "b", at(25))
	if err != nil {
		t.Fatal(err)
	}
	next, _ := mustNext(t, revoked, policy, at(25), numbered(t))
	report, err := rotation.Simulation{Policy: policy, Nodes: 100, Start: at(20), Duration: 20 * day, Publications: []rotation.Publication{
		{At: at(20), Document: d}, {At: at(25), Document: next},
	}}.Run()
	if err != nil {
		t.Fatal(err)
	}
	if report.Refused == 0 || report.Failed > 0 {
		t.Errorf("\n%s", report.Text())
	}
	for _, l := range report.Losses {
		if l.KeyID != "b" {
			t.Errorf("lost %+v", l)
		}
	}
}
