package main

import (
	"math"
	"testing"
)

func TestBar(t *testing.T) {
	for _, test := range []struct {
		bar    bar
		text   string
		value  float64
		excess float64
	}{
		{atMost(0.9), "<=0.90", 0.9, 0},
		{atMost(0.9), "<=0.90", 0.904, 0}, // what is compared is what is printed
		{atMost(0.9), "<=0.90", 0.906, 0.0111},
		{atMost(0.9), "<=0.90", 0.45, -0.5},
		{atMost(0.8), "<=0.80", 1, 0.25},
		{atLeast(4), ">=4.00", 3.996, 0},
		{atLeast(4), ">=4.00", 2, 1},
		{atLeast(4), ">=4.00", 8, -0.5},
		{atLeast(4), ">=4.00", 0, math.Inf(1)},
		{bar{}, "-", 100, 0},
	} {
		if got := test.bar.String(); got != test.text {
			t.Errorf("%v prints as %s, want %s", test.bar, got, test.text)
		}
		got := test.bar.excess(test.value)
		if math.Abs(got-test.excess) > 0.0001 {
			t.Errorf("%v at %v: excess %v, want %v", test.bar, test.value, got, test.excess)
		}
	}
	if got := atMost(0.25).at(0.6); got != atMost(0.6) {
		t.Errorf("moved to %v", got)
	}
	if got := atLeast(3).at(2); got != atLeast(2) {
		t.Errorf("moved to %v", got)
	}
}
