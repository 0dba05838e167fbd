//go:build race

package carbon

// raceDetector is whether the race detector is on: it drops pooled items at random, so allocations cannot be counted.
const raceDetector = true
