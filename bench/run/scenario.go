package main

import "slices"

// A scenario is one kind of work, and the systems that do it.
type scenario struct {
	name  string
	about string

	names     int    // distinct names; their first two nodes make a thousand groups
	rate      int64  // lines a second; 0 is flood, as fast as they are taken
	seconds   int    // how long a run sends
	outs      int    // destinations
	policy    string // which spreads the names over them; "" is forward
	aggregate bool   // sums of groups come out, not the lines
	each      bool   // each series is a group by itself
	statsd    bool   // counters and timers in datagrams; aggregate is set, too
	single    bool   // a line each in datagrams
	hits      int64  // so many commands of Redis clients, each a hit of one key, and no lines; 0 is lines
	pipeline  int    // how many hits a client sends before it waits for their answers
	pickleIn  bool   // frames of 500 points come in, not lines
	pickleOut bool   // and such go out
	probes    bool   // lines that say when they were sent go along
	idle      bool   // nothing is sent
	kind      string // of all rules: prefix, or inner for expressions that begin with no text; "" is a third each prefixes, globs and expressions

	entries []entry
	targets []target
}

// An entry is a row of a scenario's table: a system and how much it has to do.
type entry struct {
	label   string
	system  string // a key of the table of systems
	rules   int    // rules in the table, with the last one, which takes everything
	most    int64  // lines a second that the system can be asked for where there is a rate; 0 is any
	linger  string // of plumbago's listener; "" is the default
	asked   bool   // measured only if --systems names it: slow, or not a relay
	against string // the label that it is compared to; "" is the scenario's first peer
}

// scenarios returns all there are.
func scenarios() []scenario {
	plumbago := entry{label: "plumbago", system: "plumbago", rules: 1}
	base := entry{label: "plumbago, base", system: "base", rules: 1}
	relay := entry{label: "carbon-c-relay", system: "carbon-c-relay", rules: 1}
	untuned := entry{label: "carbon-c-relay, defaults", system: "carbon-c-relay-defaults", rules: 1}
	python := entry{label: "carbon-relay", system: "carbon-relay", rules: 1, most: 20000, asked: true}
	floor := entry{label: "copy", system: "copy", rules: 1}
	floor10 := entry{label: "copy, 10 ms", system: "copy-10ms", rules: 1}
	crashing := relay // at a million series
	crashing.asked = true
	direct := entry{label: "no relay", system: "direct", rules: 1, asked: true}

	atOnce := entry{label: "plumbago, linger 0", system: "plumbago", rules: 1, linger: "0"}
	hundred := func(e entry) entry { e.rules = 100; return e }
	pythonPickle := python
	pythonPickle.asked = false

	forward := []entry{relay, plumbago, base, untuned, floor, python, direct}
	paced := []entry{relay, plumbago, base, untuned, floor, floor10, python, direct}
	spread := []entry{relay, plumbago, base, floor, python}
	spreadPaced := []entry{relay, plumbago, base, floor, floor10, python}

	node := entry{label: "statsd (node)", system: "statsd", rules: 1, most: 25000}
	counted := []entry{node, plumbago, base}

	redis := entry{label: "redis", system: "redis", rules: 1}
	hit := []entry{redis, plumbago, base}

	return []scenario{
		{name: "A-flood", about: "one destination, as fast as it goes", names: 100000, outs: 1, seconds: 5, entries: forward,
			targets: []target{
				atLeast("lines/s", delivered, 7).timesOf("carbon-c-relay"),
				atMost("CPU", perMillion, 0.11).timesOf("carbon-c-relay"),
				atMost("CPU", perMillion, 1.6).timesOf("copy"),
				atMost("peak MiB", peak, 64),
				atMost("lost %", lost, 0),
			}},
		{name: "A-100k", about: "one destination, 100,000 lines a second", names: 100000, rate: 100000, outs: 1, seconds: 5, entries: paced,
			targets: []target{
				atMost("CPU", perMillion, 0.55).timesOf("carbon-c-relay"),
				atMost("lost %", lost, 0),
			}},
		{name: "B-flood", about: "carbon_ch over four destinations, as fast as it goes", names: 100000, outs: 4, policy: "carbon_ch", seconds: 5, entries: spread,
			targets: []target{
				atLeast("lines/s", delivered, 4).timesOf("carbon-c-relay"),
				atMost("CPU", perMillion, 0.18).timesOf("carbon-c-relay"),
				atMost("lost %", lost, 0),
			}},
		{name: "B-100k", about: "carbon_ch over four destinations, 100,000 lines a second", names: 100000, rate: 100000, outs: 4, policy: "carbon_ch", seconds: 5, entries: spreadPaced,
			targets: []target{
				atMost("CPU", perMillion, 0.48).timesOf("carbon-c-relay"),
				atMost("lost %", lost, 0),
			}},
		{name: "C-flood", about: "1, 100 and 1,000 rules, a third of each kind, over the same stream, as fast as it goes", names: 100000, outs: 1, seconds: 5, entries: tables(),
			targets: []target{
				atMost("CPU", perMillion, 1.25).with("plumbago, 1000 rules").timesOf("plumbago, 1 rule"),
			}},
		{name: "C-100k", about: "1, 100 and 1,000 rules, a third of each kind, over the same stream, 100,000 lines a second", names: 100000, rate: 100000, outs: 1, seconds: 5, entries: tables()},
		{name: "C1-100k", about: "99 prefixes, and a rule for the rest, 100,000 lines a second", names: 100000, rate: 100000, outs: 1, kind: "prefix", seconds: 5, entries: []entry{hundred(relay), hundred(plumbago), hundred(base)},
			targets: []target{
				atMost("CPU", perMillion, 0.45).timesOf("carbon-c-relay"),
				atMost("lost %", lost, 0),
			}},
		{name: "C2-20k", about: "99 expressions that look inside names, and a rule for the rest, 20,000 lines a second", names: 100000, rate: 20000, outs: 1, kind: "inner", seconds: 8, entries: []entry{hundred(relay), hundred(plumbago), hundred(base)},
			targets: []target{
				atMost("CPU", perMillion, 0.15).timesOf("carbon-c-relay"),
				atMost("lost %", lost, 0),
			}},
		{name: "D-100k", about: "10,000 series into 1,000 sums, averages and maxima of 10 s, 100,000 lines a second", names: 10000, rate: 100000, outs: 1, aggregate: true, seconds: 12, entries: []entry{relay, plumbago, base},
			targets: []target{
				atMost("CPU", perMillion, 0.13).timesOf("carbon-c-relay"),
				atMost("lag s", lag, 3),
				atMost("lost %", lost, 0),
			}},
		{name: "D-flood", about: "the same as fast as it goes", names: 10000, outs: 1, aggregate: true, seconds: 12, entries: []entry{relay, plumbago, base},
			targets: []target{
				atMost("CPU", perMillion, 0.13).timesOf("carbon-c-relay"),
				atMost("lag s", lag, 3),
				atMost("lost %", lost, 0),
			}},
		{name: "G-100k", about: "100,000 series, the sum and maximum of 10 s of each, 100,000 lines a second", names: 100000, rate: 100000, outs: 1, aggregate: true, each: true, seconds: 12, entries: []entry{relay, plumbago, base}},
		{name: "G-1m", about: "1,000,000 series, the sum and maximum of 10 s of each, 100,000 lines a second", names: 1000000, rate: 100000, outs: 1, aggregate: true, each: true, seconds: 22, entries: []entry{plumbago, base, crashing},
			targets: []target{
				atMost("peak MiB", peak, 400),
				atMost("CPU s/M", perMillion, 2.5),
				atMost("lost %", lost, 0),
			}},
		{name: "E-50k", about: "5,000 counters and 5,000 timers of statsd, some 20 lines a datagram, 50,000 lines a second", names: 10000, rate: 50000, outs: 1, aggregate: true, statsd: true, seconds: 22, entries: counted},
		{name: "E-single", about: "the same with a line a datagram, 25,000 a second", names: 10000, rate: 25000, outs: 1, aggregate: true, statsd: true, single: true, seconds: 22, entries: counted},
		{name: "E-most", about: "the same, packed, 1,500,000 lines a second", names: 10000, rate: 1500000, outs: 1, aggregate: true, statsd: true, seconds: 12, entries: counted},
		{name: "E-mostsingle", about: "the same with a line a datagram, 400,000 a second", names: 10000, rate: 400000, outs: 1, aggregate: true, statsd: true, single: true, seconds: 12, entries: counted},
		{name: "R-pipelined", about: "3,000,000 hits of one key by redis-benchmark, 50 in a pipeline: TAHIT here, INCR in a Redis", hits: 3000000, pipeline: 50, outs: 1, seconds: 5, entries: hit},
		{name: "R-single", about: "200,000 hits of one key by redis-benchmark, each waited for: TAHIT here, INCR in a Redis", hits: 200000, pipeline: 1, outs: 1, seconds: 5, entries: hit},
		{name: "H-flood", about: "pickle in, lines out, as fast as it goes", names: 100000, outs: 1, pickleIn: true, seconds: 5, entries: []entry{pythonPickle, plumbago, base},
			targets: []target{
				atMost("CPU s/M", perMillion, 0.5),
				atMost("lost %", lost, 0),
			}},
		{name: "H-100k", about: "pickle in, lines out, 100,000 points a second", names: 100000, rate: 100000, outs: 1, pickleIn: true, seconds: 5, entries: []entry{pythonPickle, plumbago, base},
			targets: []target{
				atMost("CPU s/M", perMillion, 1.5),
				atMost("lost %", lost, 0),
			}},
		{name: "H-out", about: "lines in, pickle out, as fast as it goes", names: 100000, outs: 1, pickleOut: true, seconds: 5, entries: []entry{plumbago, base},
			targets: []target{
				atMost("CPU s/M", perMillion, 0.5),
				atMost("lost %", lost, 0),
			}},
		{name: "I-idle", about: "one route and nothing to do", outs: 1, idle: true, seconds: 10, entries: []entry{relay, plumbago, base, floor},
			targets: []target{
				atMost("resident MiB", peak, 15),
				atMost("CPU ms/s", millisPerSecond, 0.5),
				atMost("wake-ups/s", wakeUps, 5),
			}},
		{name: "J-idle", about: "a probe every 10 ms beside 1,000 lines a second", names: 1000, rate: 1000, outs: 1, probes: true, seconds: 5, entries: []entry{relay, plumbago, atOnce, base, floor},
			targets: []target{
				atMost("p50 ms", p50, 6),
				atMost("p99 ms", p99, 15),
				atMost("p99 ms", p99, 3).with("plumbago, linger 0"),
				atMost("lost %", lost, 0),
			}},
		{name: "J-half", about: "a probe every 10 ms beside 200,000 lines a second", names: 100000, rate: 200000, outs: 1, probes: true, seconds: 5, entries: []entry{relay, plumbago, base, floor},
			targets: []target{
				atMost("p50 ms", p50, 6),
				atMost("p99 ms", p99, 15),
				atMost("lost %", lost, 0),
			}},
	}
}

// tables returns the entries of scenario C: what counts is how a system with many rules compares to itself with one.
func tables() []entry {
	return []entry{
		{label: "carbon-c-relay, 1 rule", system: "carbon-c-relay", rules: 1, against: "carbon-c-relay, 1 rule"},
		{label: "carbon-c-relay, 100 rules", system: "carbon-c-relay", rules: 100, against: "carbon-c-relay, 1 rule"},
		{label: "carbon-c-relay, 1000 rules", system: "carbon-c-relay", rules: 1000, most: 10000, against: "carbon-c-relay, 1 rule"},
		{label: "plumbago, 1 rule", system: "plumbago", rules: 1, against: "plumbago, 1 rule"},
		{label: "plumbago, 100 rules", system: "plumbago", rules: 100, against: "plumbago, 1 rule"},
		{label: "plumbago, 1000 rules", system: "plumbago", rules: 1000, against: "plumbago, 1 rule"},
	}
}

// find returns the scenarios of a name: one, or all whose name begins with it and a dash, or all that have targets.
func find(name string) (found []scenario) {
	for _, s := range scenarios() {
		if name == "all" || name == "targets" && s.targets != nil || s.name == name || len(s.name) > len(name) && s.name[:len(name)+1] == name+"-" {
			found = append(found, s)
		}
	}
	return found
}

// chosen keeps the entries of the systems that were asked for: all but the unusual if none was named.
func (s *scenario) chosen(systems []string, base bool) {
	s.entries = slices.DeleteFunc(slices.Clone(s.entries), func(e entry) bool {
		if e.system == "base" {
			return !base
		}
		if len(systems) == 0 {
			return e.asked
		}
		return !slices.Contains(systems, e.system)
	})
}

// baseline returns the label of the entry that e is compared to.
func (s *scenario) baseline(e entry) string {
	if e.against != "" {
		return e.against
	}
	return s.entries[0].label
}
