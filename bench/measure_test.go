package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func TestMedianOverProcesses(t *testing.T) {
	process := func(v float64) *measured {
		return &measured{
			Rows:       []measuredRow{{Name: "a", Value: v}, {Name: "b", Value: -v}},
			Candidates: []measuredCandidate{{Name: "c", NsPerCall: 10 * v, Allocations: 1}},
			Series:     []measuredSeries{{Name: "s", X: []float64{1, 2}, Ns: []float64{v, 2 * v}}},
			Memory:     []held{{"m", 100 * v}},
			Python:     "3",
		}
	}
	got := median([]*measured{process(3), process(1), process(2)})
	if want := process(2); !reflect.DeepEqual(got, want) {
		t.Errorf("median %+v, want %+v", got, want)
	}
	if got := median([]*measured{process(7)}); !reflect.DeepEqual(got, process(7)) {
		t.Errorf("median of one %+v", got)
	}
}

func TestJoin(t *testing.T) {
	m := &measured{Rows: []measuredRow{{Name: "a"}}}
	m.join(&measured{Rows: []measuredRow{{Name: "b"}}, Candidates: []measuredCandidate{{Name: "c"}},
		Series: []measuredSeries{{Name: "s"}}, Memory: []held{{Name: "m"}}, Python: "3"})
	m.join(&measured{})
	if len(m.Rows) != 2 || len(m.Candidates) != 1 || len(m.Series) != 1 || len(m.Memory) != 1 || m.Python != "3" {
		t.Errorf("%+v", m)
	}
}

// TestMeasureOnce measures for one round, which says nothing but that all of it works.
func TestMeasureOnce(t *testing.T) {
	var out bytes.Buffer
	if err := measureOnce(&out, []string{"keyring", "growth-keys", "memory"}, &options{rounds: 1}); err != nil {
		t.Fatal(err)
	}
	var m measured
	if err := json.Unmarshal(out.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Rows) != 2 || len(m.Series) != 3 || len(m.Memory) != 7 {
		t.Fatalf("%d rows, %d series, %d kinds of memory", len(m.Rows), len(m.Series), len(m.Memory))
	}
	for _, s := range m.Series {
		if len(s.X) != len(growthKeys) || len(s.Ns) != len(s.X) || slices.Min(s.Ns) <= 0 {
			t.Errorf("%+v", s)
		}
	}
	for _, h := range m.Memory {
		if h.Bytes < 100 || h.Bytes > 20_000 {
			t.Errorf("%s: %v bytes", h.Name, h.Bytes)
		}
	}
}

func TestAllocated(t *testing.T) {
	allocations, size := allocated(func(n int) {
		for range n {
			kept = make([]byte, 1000)
			kept = make([]byte, 24)
		}
	})
	if allocations != 2 || size != 1024+24 {
		t.Errorf("%v allocations of %v bytes", allocations, size)
	}
}

var kept []byte

func TestChosen(t *testing.T) {
	for _, test := range []struct {
		o    options
		want []string
	}{
		{options{only: "peers"}, []string{"peers-256", "peers-value"}},
		{options{only: "peers", python: "python3"}, []string{"peers-256", "peers-value", "peers-python"}},
		{options{only: "growth"}, nil},
		{options{only: "growth", report: "."}, []string{"growth-size", "growth-keys"}},
	} {
		if got := test.o.chosen(); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v, want %v", test.o, got, test.want)
		}
	}
}
