//go:build !race

package sessions_test

const raceDetector = false
