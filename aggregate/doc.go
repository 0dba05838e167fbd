// Package aggregate is what samples add up to: slices of series, kept by shards, emitted as points.
//
// Samples come in as blocks (Samples), each for one shard, already bound to the series they belong to (Bind). What goes
// out are batches of results, handed to the shard's Outlet. A series belongs to one shard, and a shard's state to its
// goroutine; whoever wants to look asks it (Ask).
//
// # Who waits for whom
//
// Waiting goes one way: reader, worker, shard, destination, network. A worker may wait for room in a shard's inbox; a
// shard never waits for a worker nor for another shard: what it derives for another shard goes onto that shard's derived
// list, which is never full. Every wait also answers the waiter's asks. That is the whole proof against deadlock.
//
// # When a slice leaves
//
// Slices are [k*period, (k+1)*period) in Unix time. A slice opens with its first sample and is emitted, once and
// complete, at max(its end, arrival of its last sample) + wait, at the latest grace after max(its end, arrival of its
// first sample). It is kept for grace; a sample that comes for it meanwhile is merged and, wait later, the whole slice
// is emitted again. Then it is freed, and the horizon of its series moves to its end: a sample before the horizon is
// late. So no slice is ever emitted from its late samples alone.
//
// A slice of a higher tier is emitted once its end + wait is past and no slice below it is open. A correction goes up as
// its difference. Windows over a tier are emitted with each of its slices, and again with each correction they hold.
package aggregate
