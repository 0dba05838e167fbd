// Package transport is what carbon streams travel in besides TCP itself: TLS and compression, both ways.
//
// TLS: a Server or a Client is made of the keys of a tls table and makes handshakes. It reads its files again when they
// change (files.go), without touching a connection that is up, and its errors are sentences (explain.go).
//
// Compression: a Writer takes batches and flushes each; a Reader gives what they held, in pieces, with bounded memory
// whatever comes in. gzip, lz4 (frames), snappy (the framing format, and raw blocks one after another) and zstd.
//
// A Server and a Client may be used by many goroutines; a Writer or Reader belongs to one.
package transport
