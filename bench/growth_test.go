package main

import (
	"math"
	"testing"
)

func TestFit(t *testing.T) {
	xs := []float64{64, 256, 1024, 4096, 1 << 20}
	ys := make([]float64, len(xs))
	for i, x := range xs {
		ys[i] = 200 + 0.5*x
	}
	l := fit(xs, ys)
	if math.Abs(l.fixed-200) > 1e-6 || math.Abs(l.slope-0.5) > 1e-9 || l.r2 < 1-1e-9 || math.Abs(l.deviation) > 1e-9 {
		t.Errorf("of a line: %+v", l)
	}

	ys[1] *= 1.2
	l = fit(xs, ys)
	if l.at != 256 || l.deviation < 0.05 || l.deviation > 0.17 || l.r2 > 0.999 {
		t.Errorf("with one point too high: %+v", l)
	}
	if math.Abs(l.slope-0.5) > 0.02 {
		t.Errorf("one small point moves the slope to %v", l.slope)
	}

	for i, x := range xs {
		ys[i] = x * x
	}
	if l := fit(xs, ys); math.Abs(l.deviation) < 0.5 {
		t.Errorf("of a square: %+v", l)
	}
}
