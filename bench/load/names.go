package main

import (
	"fmt"
	"math/rand/v2"
)

// group returns the first two nodes of the names of group g, with the dot after them. No group's is the prefix of
// another's, so a rule for one matches nothing of the others.
func group(g int) string {
	sites := [...]string{"ams", "fra", "iad", "lhr", "nrt", "sfo", "waw"}
	teams := [...]string{"api", "billing", "cache", "checkout", "frontend", "ingest", "ledger", "media", "queue", "search", "store"}
	return fmt.Sprintf("%s.%s%04d.", sites[g%len(sites)], teams[g%len(teams)], g)
}

// paths returns what follows the host in a name: three or four nodes, as collectd and its kin write them.
func paths() []string {
	return []string{
		"cpu-0.percent.user-value",
		"cpu-1.percent.system-value",
		"interface-eth0.if_octets.received.bytes",
		"interface-eth1.if_packets.transmitted.count",
		"disk-nvme0n1.disk_ops.completed.read",
		"disk-sda1.disk_time.write-milliseconds",
		"df-var-lib-data.percent_bytes.used",
		"memory.buffered.resident-bytes",
		"load.shortterm.one-minute",
		"tcpconns-8080-local.connections.established.now",
		"jvm.garbage_collector.young-generation.pause",
		"http.requests.status-2xx.latency_p99",
	}
}

// names returns n distinct names, spread evenly over groups and in an order that is shuffled, but the same for the same
// seed: a relay must not profit from neighbours that are alike, and two systems must see the same stream.
func names(n, groups int, seed uint64) []string {
	tails := paths()
	all := make([]string, n)
	for i := range all {
		g, k := i%groups, i/groups
		all[i] = fmt.Sprintf("%snode%03d-prod.%s", group(g), k/len(tails), tails[(k+g)%len(tails)])
	}
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}
