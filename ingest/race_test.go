//go:build race

package ingest

// race says that the race detector is on: it allocates, and has pools forget.
const race = true
