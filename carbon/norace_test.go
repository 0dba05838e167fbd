//go:build !race

package carbon

const raceDetector = false
