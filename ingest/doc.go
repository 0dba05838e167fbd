// Package ingest takes samples in: it listens, reads, cuts what it read into batches of whole messages and has them
// decoded. What comes in is bytes from sockets; what goes out is batches of points, handed to a carbon.Sink.
//
// An acceptor owns a listening socket. A reader goroutine owns its connection and the unfinished tail of its stream, or
// a datagram socket; it may wait for its worker, and holds no batch while it waits for anything. A Worker owns its sink
// (a relay's lane) and decodes for all the readers it was given; a connection stays with its worker, so the samples of
// one client never overtake each other. The package knows neither the relay nor the aggregator.
//
// It stops in the order of the data. A Listener's Close first has the kernel take no more, then accepts the connections
// that wait, reads what has arrived on each, hands it to the workers and closes them; after it a Worker's Close decodes
// what is in its inbox, flushes its sink and ends. Sockets that were inherited are left as they are: what waits in them belongs
// to the process that gets them next.
package ingest
