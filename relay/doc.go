// Package relay decides where points go: the Table of ordered rules, and the lanes that apply it.
//
// Batches come in by Lane.Accept; frames go out to destinations, and samples to the shards of an aggregate.Aggregator.
// A Table never changes once it is compiled. A Lane has one owner (a worker or a shard) and remembers what the Table
// said of each name, so that a rule is asked once a name and not once a line.
package relay
