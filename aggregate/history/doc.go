// Package history is the recent points of named series, bounded: what the aggregates emitted in the last hour, say.
//
// Points come in one at a time, for a series that was opened under a label; what goes out is each series with the points
// that are kept of it. A Store has one owner, who writes it and is asked for it, so it needs no lock: each shard of the
// aggregates has one. All that they share is the Room, which bounds how many series they keep together.
//
// How far a series reaches back is counted from its newest point, so that a replay of last week is kept like anything
// else. A kept point takes 16 bytes, and a series about 300 bytes more.
package history
