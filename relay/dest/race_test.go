//go:build race

package dest

// raceOn says that the race detector is on, under which pools drop items at random and allocations are not countable.
const raceOn = true
