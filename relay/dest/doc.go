// Package dest gets frames to one endpoint: over TCP, UDP or a unix socket to a carbon, into a list of a Redis, or into a log.
//
// Frames come in by Push, which never waits; they leave in order. A destination's goroutine owns its wire and its retry
// clock; its queue, bounded in bytes, and its counts are under one lock, so that its part of the ledger holds exactly
// whenever it is read. No state of an endpoint delays another, or the caller of Push.
//
// dest.go is the life of a destination, queue.go what waits and what it counts for (parcel.go, ring.go), trail.go what
// was written and is not proven to have arrived, prove.go and pace.go how and when that is proven, retry.go when to try
// again, status.go what people are told. Four wires, of which choose.go makes one, know how bytes travel and nothing
// else: conn.go a stream, which is one link after the other (link.go), each a socket (socket.go) with or without TLS
// and a compressor, and the next made ahead (ahead.go); packet.go datagrams; both are made by a route (route.go) and
// made anew when their turn is over (turn.go); pushes.go commands to a Redis, for the records of list.go; log.go files,
// with output.go for one file, tree.go for a directory of them, and layout.go, jumpscale.go and senf.go for what the
// lines look like. A wire is lent parcels, marks what became of each, and gives them back: the queue then counts them,
// keeps them until they are proven, or keeps what is not done for the next attempt.
package dest
