package relay

import (
	"plumbago/aggregate"
	"plumbago/carbon/pattern"
	"plumbago/relay/dest"
)

// ClusterOptions are the keys of a [[cluster]] section.
type ClusterOptions struct {
	// The name by which rules send to it.
	Name string `toml:"name"`
	// Its members: HOST:PORT for plaintext and pickle, with =NAME behind it for a member that the rings of other relays
	// know as the instance NAME; "stdout", "stderr" or a path for a log; for "redis" a URL that
	// names a list, as in "redis://user:${REDIS_PASSWORD}@127.0.0.1:6379/0?key=system", or rediss:// over TLS.
	Endpoints []string `toml:"endpoints"`
	// Who among the members gets a point. "forward" sends it to all. "failover" sends it to the first that can be reached.
	// "any" gives each name to one of those that can be reached, always the same as long as it can. "carbon_ch",
	// "fnv1a_ch" and "jump_fnv1a_ch" place names as consistent hashing does, whether a member can be reached or not: its
	// points wait for it.
	Policy string `toml:"policy" enum:"forward|any|failover|carbon_ch|fnv1a_ch|jump_fnv1a_ch"`
	// Whose placement the hashing policies reproduce: "carbon" is Graphite's own carbon-relay, "carbon-c-relay" that
	// program, "carbon-relay-ng" its consistentHashing and "carbon-relay-ng-v2" its consistentHashing-v2. "carbon-c-relay"
	// hashes what is before a name's tags, the others the whole name.
	Ring string `toml:"ring" enum:"carbon|carbon-c-relay|carbon-relay-ng|carbon-relay-ng-v2"`
	// How many members get a copy of each point; hashing policies only.
	Replicas int `toml:"replicas"`
	// Whether copies go to distinct hosts, not only to distinct members; hashing policies only. It is true where nothing
	// else is said if ring is "carbon", as it is there, and false for the other rings, which do not know of it.
	Diverse *bool `toml:"diverse"`
	dest.Options
}

// DefaultClusterOptions are the defaults of a [[cluster]] section; Name and Endpoints have none.
func DefaultClusterOptions() ClusterOptions {
	return ClusterOptions{Policy: "forward", Ring: "carbon", Replicas: 1, Options: dest.DefaultOptions()}
}

// RuleOptions are the keys of a [[rule]] section: a match and one action.
type RuleOptions struct {
	pattern.Selection
	// Drops the sample and ends its walk.
	Drop bool `toml:"drop"`
	// The clusters to send the sample to. Its walk ends here unless stop = false.
	Send []string `toml:"send"`
	// The new name that the sample goes on with, down the rules below: $1 and ${x} are captures of the match, $0 the part
	// of the name before its tags, ${tag:dc} a tag's value; ${1|lower}, upper and flat (dots become _) change them. The
	// tags stay, but for what stands behind the first ";": "k=v" sets a tag, "k=" removes it and "*=" removes all.
	Rewrite string `toml:"rewrite" env:"-"`
	// Puts the name into "lower" or "upper" case, but for its tags; with rewrite the new name, else the sample's own.
	Map string `toml:"map" enum:"lower|upper"`
	// Whether the walk ends here. By default a send rule stops it and an aggregate rule does not.
	Stop *bool `toml:"stop"`
	// Folds the sample into an aggregate.
	Aggregate *aggregate.Options `toml:"aggregate"`

	File string `toml:"-"` // the file it stands in, for messages
	Line int    `toml:"-"` // the line of its [[rule]], from 1
}
