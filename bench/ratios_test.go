package main

import (
	"slices"
	"strings"
	"testing"
)

func TestPrintRatios(t *testing.T) {
	m := &measured{Rows: []measuredRow{
		{Name: "seal/F", Size: 256, Most: 0.9, Value: 0.9049},
		{Name: "open/F", Size: 16384, Most: 0.8, Value: 0.9},
		{Name: "far/F", Size: 64, Most: 1, Value: 1.26},
		{Name: "known/F", Size: 64, Most: 0.25, Missed: 0.6, Value: 0.61, Note: "half"},
		{Name: "known-worse/F", Size: 64, Least: 3, Missed: 2.5, Value: 1.9},
		{Name: "wish/F", Size: 256, Most: 0.5, Stretch: true, Value: 0.9},
		{Name: "wish-fulfilled/F", Size: 256, Most: 0.5, Stretch: true, Value: 0.4},
		{Name: "peer/ours", Size: 256, Value: 12.345, Note: "no clock"},
	}}
	var out strings.Builder
	worse := printRatios(&out, m)
	const want = `
ratio seal/F                                           256    0.90   <=0.90 ok
ratio open/F                                         16384    0.90   <=0.80 SHORT
ratio far/F                                             64    1.26   <=1.00 SHORT
ratio known/F                                           64    0.61   <=0.25 SHORT  # half; known to miss its bar; guarded at <=0.60
ratio known-worse/F                                     64    1.90   >=3.00 SHORT  # known to miss its bar; guarded at >=2.50
ratio wish/F                                           256    0.90   <=0.50 stretch
ratio wish-fulfilled/F                                 256    0.40   <=0.50 ok
ratio peer/ours                                        256   12.35        - ok  # no clock
5 rows with a bar: 1 ok, 4 SHORT, of which 3 by more than 25 %
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	if !slices.Equal(worse, []string{"far/F", "known-worse/F"}) {
		t.Errorf("the guard complains of %v", worse)
	}
}

func TestSummaryOfNothingShort(t *testing.T) {
	m := &measured{Rows: []measuredRow{{Most: 1, Value: 1}, {Value: 1}}}
	if got := m.summary(); got != "1 rows with a bar: 1 ok, 0 SHORT" {
		t.Error(got)
	}
}

// TestKnown is that what is recorded as missed is a row, with a bar that the record misses.
func TestKnown(t *testing.T) {
	rows := map[string]row{}
	for _, make := range []func() (*group, error){valueGroup, valuePeersGroup} {
		g, err := make()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range g.rows {
			rows[r.name] = r
		}
	}
	for _, known := range []map[string]float64{missedValues, missedPeers} {
		for name, value := range known {
			if r, ok := rows[name]; !ok || r.missed != value || r.bar.excess(value) <= 0 {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}
