// Package sketch holds what can be said of very many values in little memory: Quantiles, for percentiles, and Distinct, for the number of
// different values; and Values, for all that statsd says of a timer. Values come in one at a time, answers come out; a sketch has one owner and no lock.
//
// The first two forget order and keep what does not depend on it. Parts that were filled apart, in another shard, slice or process, merge into
// exactly the sketch that one of them would have been had it got all the values: the same answers and the same encoded bytes, whatever the
// order of the merges. So roll-ups merge sketches and never average percentiles, and snapshots can be joined.
//
// All are exact while they are small: Quantiles up to 64 values, Distinct up to 1,024 different ones, Values up to 1,024 values.
package sketch
