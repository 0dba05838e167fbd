package relay

import (
	"plumbago/aggregate"
	"plumbago/relay/dest"
)

// ClusterOptions are the keys of a [[cluster]] section.
type ClusterOptions struct {
	// The name by which rules send to it.
	Name string `toml:"name"`
	// Its members: HOST:PORT for plaintext and pickle; "stdout", "stderr" or a path for a log.
	Endpoints []string `toml:"endpoints"`
	// Who among the members gets a point: "forward" sends it to all.
	Policy string `toml:"policy" enum:"forward"`
	dest.Options
}

// DefaultClusterOptions are the defaults of a [[cluster]] section; Name and Endpoints have none.
func DefaultClusterOptions() ClusterOptions {
	return ClusterOptions{Policy: "forward", Options: dest.DefaultOptions()}
}

// RuleOptions are the keys of a [[rule]] section: a match and one action.
type RuleOptions struct {
	// The names it is for, as Graphite globs over the part before any tags: "*" and "?" within a node, "{a,b}",
	// "[a-z]", and "**" for any number of nodes. Each of these is a capture: $1, $2, ... Of several globs one is enough.
	Match []string `toml:"match"`
	// Drops the sample and ends its walk.
	Drop bool `toml:"drop"`
	// The clusters to send the sample to. Its walk ends here unless stop = false.
	Send []string `toml:"send"`
	// Whether the walk ends here. By default a send rule stops it and an aggregate rule does not.
	Stop *bool `toml:"stop"`
	// Folds the sample into an aggregate.
	Aggregate *aggregate.Options `toml:"aggregate"`

	File string `toml:"-"` // the file it stands in, for messages
	Line int    `toml:"-"` // the line of its [[rule]], from 1
}
