package main

import (
	"fmt"
	"math"

	"github.com/sealring/sealring/bench/internal/paired"
)

// A group is what is measured together, round by round, and the rows that come of it.
type group struct {
	candidates []paired.Candidate
	rows       []row
	tokens     map[string]int      // how long a candidate's token is, in bytes
	notes      map[string]string   // what a candidate does less or more than an envelope
	known      []measuredCandidate // what was measured elsewhere: by Python
	python     string              // its version
	series     []series
	parallel   bool // its candidates run on several processors
	longSlots  int  // how many times the slots are as long, and the rounds as few; 0 means once
	memory     []held
}

// makes says how long the token is that a candidate makes.
func (g *group) makes(name string, size int) {
	if g.tokens == nil {
		g.tokens = map[string]int{}
	}
	g.tokens[name] = size
}

// describe says what a candidate does less or more than an envelope.
func (g *group) describe(name, note string) {
	if g.notes == nil {
		g.notes = map[string]string{}
	}
	g.notes[name] = note
}

func (g *group) add(name string, check func() error, run func(n int)) {
	g.candidates = append(g.candidates, paired.Candidate{Name: name, Check: check, Run: run})
}

// A row is one number, of what some candidates of a group took, and the bar that it is held against.
type row struct {
	name string
	size int // bytes of payload
	bar  bar
	note string // what the other side does less or more; empty where both do the same
	// stretch is true where the bar is a wish: to miss it is no failure.
	stretch bool
	// missed is the value that stands in for the bar where -guard asks, for a row that is known to miss its bar: it shall
	// not get worse. 0 where the bar itself is guarded. Why it is missed stands beside it.
	missed float64
	of     []string
	// value makes the number of what one call of each candidate in of took within a round; nil divides the first by the
	// second.
	value func(ns []float64) float64
}

// A bar is what a row must not exceed (most) or must reach (least); both 0 where a row is for information.
type bar struct{ most, least float64 }

func atMost(limit float64) bar  { return bar{most: limit} }
func atLeast(limit float64) bar { return bar{least: limit} }

func (b bar) String() string {
	switch {
	case b.most != 0:
		return fmt.Sprintf("<=%.2f", b.most)
	case b.least != 0:
		return fmt.Sprintf(">=%.2f", b.least)
	}
	return "-"
}

// excess is how far a value is from the bar, as a share of it: 0.25 is a quarter on the wrong side, 0 or less is no
// failure. What is compared is what is printed.
func (b bar) excess(value float64) float64 {
	value = math.Round(value*100) / 100
	switch {
	case b.most != 0:
		return value/b.most - 1
	case b.least != 0:
		return b.least/value - 1
	}
	return 0
}

// at is the bar at another value.
func (b bar) at(value float64) bar {
	if b.most != 0 {
		return atMost(value)
	}
	return atLeast(value)
}

func ratio(name string, size int, b bar, numerator, denominator string) row {
	return row{name: name, size: size, bar: b, of: []string{numerator, denominator}}
}

func (r *row) measure(s *paired.Samples) float64 {
	if r.value == nil {
		return s.Ratio(r.of[0], r.of[1])
	}
	return s.Median(r.of, r.value)
}
