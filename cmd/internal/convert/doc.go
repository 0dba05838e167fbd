// Package convert writes other relays' configurations as plumbago's.
//
// The files of carbon-c-relay, graphite's carbon, carbon-relay-ng or statsd come in as text, and one TOML text goes out that
// conf has found no fault in. Each language has a reader, which knows the words of the other program and nothing of ours, and
// a writer, which says the same in our words. What cannot be said becomes a Gap: a comment at its place, and a line for whoever
// called. A gap that matters changes where points go or what is computed. Nothing is left out without one.
package convert
