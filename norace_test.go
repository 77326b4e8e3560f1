//go:build !race

package sealring_test

const raceDetector = false
