// Package ingest takes samples in: it listens, reads, cuts what it read into batches of whole messages and has them
// decoded. What comes in is bytes from sockets; what goes out is batches of points, handed to a carbon.Sink.
//
// A reader goroutine owns its socket and the unfinished tail of its stream; it may wait for its worker. A Worker owns
// its sink (a relay's lane) and decodes for all the connections it was given; a connection stays with its worker, so
// the samples of one client never overtake each other. The package knows neither the relay nor the aggregator.
package ingest
