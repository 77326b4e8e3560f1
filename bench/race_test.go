//go:build race

package main

// raceDetector is whether the tests run under -race, where a sync.Pool drops some of what it is given.
const raceDetector = true
