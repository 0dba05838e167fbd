// Package dest gets frames to one endpoint: over TCP or UDP to a carbon, or into a log.
//
// Frames come in by Push, which never waits; they leave in order. A destination's goroutine owns its connection and
// its retry clock; its queue, bounded in bytes, and its counts are under one lock, so that its part of the ledger holds
// exactly whenever it is read.
package dest
