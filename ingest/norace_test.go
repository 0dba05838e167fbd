//go:build !race

package ingest

// race says that the race detector is on.
const race = false
