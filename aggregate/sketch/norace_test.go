//go:build !race

package sketch

const (
	raceEnabled = false
	many        = 1_000_000 // values of a large test
)
