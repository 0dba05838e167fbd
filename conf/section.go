package conf

import (
	"reflect"

	"plumbago/aggregate"
	"plumbago/aggregate/history"
	"plumbago/carbon/transport"
	"plumbago/ingest"
	"plumbago/ingest/events"
	"plumbago/ingest/statsd"
	"plumbago/relay"
)

// A kind is one kind of section.
type kind struct {
	path  string // without indexes
	where string // how to say that something is in it
	of    reflect.Type
}

// sections returns every kind of section in the order in which they are written.
func sections() []kind {
	return []kind{
		{"", "at the top of the file", reflect.TypeFor[File]()},
		{"log", "in [log]", reflect.TypeFor[Log]()},
		{"admin", "in [admin]", reflect.TypeFor[Admin]()},
		{"admin.tls", "in [admin.tls]", reflect.TypeFor[transport.ServerTLS]()},
		{"state", "in [state]", reflect.TypeFor[State]()},
		{"self", "in [self]", reflect.TypeFor[Self]()},
		{"history", "in [history]", reflect.TypeFor[history.Options]()},
		{"limits", "in [limits]", reflect.TypeFor[Limits]()},
		{"listen", "in [[listen]]", reflect.TypeFor[ingest.Options]()},
		{"listen.tls", "in [listen.tls]", reflect.TypeFor[transport.ServerTLS]()},
		{"listen.resp", "in [listen.resp]", reflect.TypeFor[events.Options]()},
		{"listen.mmstats", "in [listen.mmstats]", reflect.TypeFor[ingest.FilesOptions]()},
		{"listen.statsd", "in [listen.statsd]", reflect.TypeFor[statsd.Options]()},
		{"listen.statsd.histogram", "in [[listen.statsd.histogram]]", reflect.TypeFor[statsd.Histogram]()},
		{"cluster", "in [[cluster]]", reflect.TypeFor[relay.ClusterOptions]()},
		{"cluster.tls", "in [cluster.tls]", reflect.TypeFor[transport.ClientTLS]()},
		{"rule", "in [[rule]]", reflect.TypeFor[relay.RuleOptions]()},
		{"rule.aggregate", "in [rule.aggregate]", reflect.TypeFor[aggregate.Options]()},
		{"rule.aggregate.output", "in [[rule.aggregate.output]]", reflect.TypeFor[aggregate.OutputOptions]()},
	}
}

// absent returns the keys of a rule that it was not given and that cannot be written as they then are.
func absent(o *relay.RuleOptions) (keys []string) {
	if !o.Drop {
		keys = append(keys, "drop")
	}
	if o.Rewrite == "" {
		keys = append(keys, "rewrite")
	}
	if o.Map == "" {
		keys = append(keys, "map")
	}
	return keys
}

// inherited returns the keys of an aggregate's output that are left to the aggregate.
func inherited(o *aggregate.OutputOptions) (keys []string) {
	if o.Period == 0 {
		keys = append(keys, "period")
	}
	if o.As == "" {
		keys = append(keys, "as")
	}
	return keys
}

// idle returns the keys of a cluster that have no effect with its protocol. Setting one is a fault, since somebody
// counts on it.
func idle(o *relay.ClusterOptions) []string {
	switch o.Protocol {
	case "log":
		return []string{"transport", "tls", "compress", "connect_timeout", "write_timeout", "user_timeout", "resolve", "max_conn_age", "spool", "spool_age",
			"spool_sync", "replay", "confirm", "confirm_every", "confirm_bytes"}
	case "redis":
		return []string{"layout", "types", "transport", "compress", "confirm", "confirm_every", "confirm_bytes"}
	case "pickle":
		return []string{"layout", "types"}
	}
	return []string{"layout"}
}

// unasked returns the keys of a cluster that its policy does not look at. They may be given: nobody can count on a ring,
// or on one copy, that is not there.
func unasked(o *relay.ClusterOptions) []string {
	switch _, hashing := o.RingOptions(); {
	case hashing:
		return nil
	case o.Policy == "any":
		return []string{"replicas"}
	}
	return []string{"ring", "replicas"}
}
