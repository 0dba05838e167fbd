//go:build race

package sketch

const (
	raceEnabled = true
	many        = 50_000 // the detector is slow, and nothing here is concurrent
)
