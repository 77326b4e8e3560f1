package rotation_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/rotation"
)

// The sums of the package documentation, written out.
func TestPolicyArithmetic(t *testing.T) {
	now := at(0)
	for _, test := range []struct {
		name      string
		got, want time.Duration
	}{
		{"Propagation", policy.Propagation(), 5*time.Minute + 3*10*time.Minute},
		{"Lead", policy.Lead(), 35*time.Minute + 30*time.Second + day},
		{"EarliestSealFrom", policy.EarliestSealFrom(now).Sub(now), 35*time.Minute + 30*time.Second},
		{"EarliestOpenUntil", policy.EarliestOpenUntil(now).Sub(now), 10*day + time.Minute},
		{"EarliestRemoval", policy.EarliestRemoval(now).Sub(now), 35*time.Minute + 30*time.Second + 5*day},
	} {
		if test.got != test.want {
			t.Errorf("%s is %v, want %v", test.name, test.got, test.want)
		}
	}

	often := policy
	often.RunEvery = 0
	if got, want := often.Lead(), 35*time.Minute+30*time.Second+3*day; got != want {
		t.Errorf("without RunEvery, Lead is %v, want %v", got, want)
	}
}

func TestValidate(t *testing.T) {
	if err := policy.Validate(); err != nil {
		t.Fatal(err)
	}
	least := rotation.Policy{RotateEvery: time.Minute, Reload: time.Second, Lifetime: time.Millisecond}
	if err := least.Validate(); err != nil {
		t.Errorf("the least there is: %v", err)
	}
	for _, test := range []struct {
		name, says string
		change     func(*rotation.Policy)
	}{
		{"nothing", "set Policy.RotateEvery", func(p *rotation.Policy) { *p = rotation.Policy{} }},
		{"no reload", "set Policy.Reload", func(p *rotation.Policy) { p.Reload = 0 }},
		{"no lifetime", "set Policy.Lifetime", func(p *rotation.Policy) { p.Lifetime = 0 }},
		{"negative skew", "Policy.Skew is not whole milliseconds", func(p *rotation.Policy) { p.Skew = -time.Second }},
		{"negative grace", "Policy.Grace", func(p *rotation.Policy) { p.Grace = -1 }},
		{"half a millisecond", "Policy.Lifetime is not whole milliseconds", func(p *rotation.Policy) { p.Lifetime += time.Microsecond }},
		{"eleven years", "Policy.Lifetime is longer than ten years", func(p *rotation.Policy) { p.Lifetime = 11 * 365 * day }},
		{"the longest Duration", "Policy.Publication is longer", func(p *rotation.Policy) { p.Publication = (1<<63 - 1) / time.Millisecond * time.Millisecond }},
		{"failing less than never", "Policy.FailedReloads", func(p *rotation.Policy) { p.FailedReloads = -1 }},
		{"failing for ever", "Policy.FailedReloads", func(p *rotation.Policy) { p.FailedReloads = 1 << 30 }},
		{"reloads that take too long", "FailedReloads is longer than ten years",
			func(p *rotation.Policy) { p.Reload, p.FailedReloads = 300*day, 1000 }},
		{"rotating before nodes know", "rotate less often", func(p *rotation.Policy) { p.RotateEvery = p.Lead() }},
		{"too many keys", "has room for 900", func(p *rotation.Policy) {
			*p = rotation.Policy{RotateEvery: time.Hour, Reload: time.Second, Lifetime: 40 * day}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := policy
			test.change(&p)
			err := p.Validate()
			if !errors.Is(err, sealring.ErrConfig) || !strings.Contains(err.Error(), test.says) ||
				strings.Count(err.Error(), "sealring: ") != 1 {
				t.Errorf("error %v, want it to say %q", err, test.says)
			}
		})
	}
}

// The number of keys that Validate foretells is not exceeded, so that Next never fails for want of room.
func TestKeysStayBelowTheBound(t *testing.T) {
	p := rotation.Policy{RotateEvery: time.Hour, Reload: time.Minute, Lifetime: 8 * day, RunEvery: 30 * time.Minute}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	newKey := numbered(t)
	d, _ := mustNext(t, nil, p, at(0), newKey)
	most := 0
	for now := at(0); now.Before(at(15)); now = now.Add(p.RunEvery) {
		d, _ = mustNext(t, d, p, now, newKey)
		most = max(most, len(d.Keys))
	}
	if want := 3 + int((p.Lifetime+p.Propagation()+p.RunEvery)/p.RotateEvery); most > want || most < want-3 {
		t.Errorf("up to %d keys, want about %d", most, want)
	}
}
