//go:build race

package carbon

// pickleRace says that the race detector slows down and allocates.
const pickleRace = true
