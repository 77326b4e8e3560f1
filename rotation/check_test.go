package rotation_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/rotation"
)

func TestCheck(t *testing.T) {
	a := window{id: "a", created: 1}
	b := window{id: "b", created: 20, sealFrom: 21}
	closed := func(until float64) window { return window{id: "a", created: 1, openUntil: until} }
	for _, test := range []struct {
		name    string
		windows []window
		now     float64
		want    []rotation.Code
	}{
		{"one key", []window{a}, 5, nil},
		{"one key of this moment", []window{a}, 1, nil},
		{"mid-rotation", []window{a, b}, 20.5, nil},
		{"superseded", []window{a, b}, 25, nil},
		{"superseded and closing", []window{closed(31.1), b}, 25, nil},
		{"closed", []window{closed(31.1), b}, 35, nil},
		{"no keys", nil, 5, []rotation.Code{rotation.BadDocument}},
		{"a tie", []window{a, {id: "b", created: 1}}, 5, []rotation.Code{rotation.BadDocument}},
		{"all keys seal later", []window{{id: "a", created: 1, sealFrom: 9}}, 5, []rotation.Code{rotation.NoPrimary}},
		{"all keys disabled", []window{{id: "a", created: 1, disabled: true}}, 5, []rotation.Code{rotation.DisabledEarly, rotation.NoPrimary}},
		{"the newest key just closed", []window{a, {id: "b", created: 2, sealFrom: 3, openUntil: 5}}, 5,
			[]rotation.Code{rotation.ClosesEarly, rotation.NoPrimary}},
		{"the newest key closed long ago", []window{{id: "a", created: 1, openUntil: 10}}, 25, []rotation.Code{rotation.NoPrimary}},
		{"closes with no other", []window{closed(25)}, 5, []rotation.Code{rotation.ClosesEarly, rotation.NoPrimarySoon}},
		{"closes before the next one seals", []window{closed(20.9), b}, 20.5, []rotation.Code{rotation.ClosesEarly, rotation.NoPrimarySoon}},
		{"closes with the next one", []window{closed(21), b}, 20.5, []rotation.Code{rotation.ClosesEarly}},
		{"closed early, and all tokens expired since", []window{closed(22), b}, 31.1, nil},
		{"seals at once", []window{a, {id: "b", created: 5, sealFrom: 5}}, 5, []rotation.Code{rotation.SealsEarly}},
		{"sealed at once, and every node knows by now", []window{a, {id: "b", created: 5, sealFrom: 5}}, 5.1, nil},
		{"is to seal at once, after another that is newer", []window{a, {id: "b", created: 5, sealFrom: 5.001}, {id: "c", created: 5, sealFrom: 5.0005}}, 5,
			[]rotation.Code{rotation.SealsEarly}},
		{"a new key without SealFrom seals only once there is no other", []window{{id: "a", created: 5}, {id: "b", created: 1, sealFrom: 2}}, 5, nil},
		{"disabled while staged", []window{a, {id: "b", created: 4, sealFrom: 9, disabled: true}}, 5, nil},
		{"disabled", []window{a, {id: "b", created: 2, sealFrom: 3, disabled: true}}, 5, []rotation.Code{rotation.DisabledEarly}},
		{"disabled, superseded since", []window{{id: "a", created: 1, disabled: true}, b}, 31, []rotation.Code{rotation.DisabledEarly}},
		{"disabled, and all tokens expired since", []window{{id: "a", created: 1, disabled: true}, b}, 31.1, nil},
		{"disabled and closed", []window{{id: "a", created: 1, openUntil: 25, disabled: true}, b}, 26, nil},
		{"on time", []window{a}, 31.9, nil},
		{"a run late", []window{a}, 32, []rotation.Code{rotation.Overdue}},
		{"late, and the next one is staged", []window{a, {id: "b", created: 40, sealFrom: 41}}, 40, []rotation.Code{rotation.Overdue}},
		{"the next one is staged late, and there is time to mend it", []window{a, {id: "b", created: 20, sealFrom: 40}}, 20, nil},
		{"staged for another year", []window{a, {id: "b", created: 20, sealFrom: 386}}, 20, []rotation.Code{rotation.FarAhead}},
		{"made in the future", []window{a, {id: "b", created: 21, sealFrom: 22}}, 20, []rotation.Code{rotation.ClockBehind}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := document(t, test.windows...)
			before := content(d)
			findings := rotation.Check(d, policy, at(test.now))
			if got := codes(findings); !slices.Equal(got, test.want) {
				t.Errorf("found %v, want %v", findings, test.want)
			}
			same(t, content(d), before)
			for i, f := range findings {
				if f.Text == "" || f.Severity == "" || i > 0 && f.Severity < findings[i-1].Severity {
					t.Errorf("finding %d is %+v", i, f)
				}
				if !f.At.IsZero() && !f.At.After(at(test.now)) {
					t.Errorf("%s at %v is not to come", f.Code, f.At)
				}
			}
		})
	}
	if got := codes(rotation.Check(nil, policy, at(1))); !slices.Equal(got, []rotation.Code{rotation.BadDocument}) {
		t.Errorf("no document: found %v", got)
	}
	if got := codes(rotation.Check(document(t, a), policy, time.Time{})); !slices.Equal(got, []rotation.Code{rotation.ClockBehind}) {
		t.Errorf("no time: found %v", got)
	}
}

// The JSON is pinned: programs read it.
func TestFindingJSON(t *testing.T) {
	d := document(t, window{id: "a", created: 1, openUntil: 25}, window{id: "b", created: 2, sealFrom: 2.5, disabled: true})
	text, err := json.MarshalIndent(rotation.Check(d, policy, at(5)), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "code": "no-primary-soon",
    "severity": "failing",
    "at": "2026-01-26T00:00:00Z",
    "text": "from 2026-01-26T00:00:00.000Z on no key seals, so that sealing fails: stage one that does"
  },
  {
    "code": "closes-early",
    "severity": "failing",
    "key_id": "a",
    "at": "2026-01-26T00:00:00Z",
    "text": "key a closes at 2026-01-26T00:00:00.000Z and no other seals before: tokens end with it, though they should live for 240h0m0s; stage a key, and let this one close later"
  },
  {
    "code": "disabled-early",
    "severity": "warning",
    "key_id": "b",
    "text": "key b is disabled, and tokens that it sealed may live until a newer key has sealed for as long as tokens live: they are refused; if the key has not leaked, enable it until then"
  }
]`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// A finding never shows a secret.
func TestFindingsHoldNoSecret(t *testing.T) {
	d := document(t, window{id: "a", created: 1}, window{id: "b", created: 1})
	d.Keys[1].Secret = d.Keys[0].Secret
	text, err := json.Marshal(rotation.Check(d, policy, at(5)))
	if err != nil || strings.Contains(string(text), strings.TrimPrefix(d.Keys[0].Secret.Reveal(), "srk1_")[:8]) {
		t.Errorf("%s, error %v", text, err)
	}
}
