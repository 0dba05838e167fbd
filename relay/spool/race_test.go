//go:build race

package spool

// raceOn says that the race detector is on, under which allocations are not countable.
const raceOn = true
