//go:build race

package sessions_test

// raceDetector is whether the tests run under -race, where a sync.Pool drops some of what it is given.
const raceDetector = true
