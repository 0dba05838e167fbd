package convert

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// A way is how hosts are reached; those of a cluster share one here.
type way struct {
	proto, transport, tls, cert, key string
}

func (w *relayWriter) cluster(c relayCluster) {
	w.from(c.at, "cluster "+c.name)
	w.warnOf(c)
	if c.kind == "file" {
		w.header("[[cluster]]")
		w.key("name", c.name)
		w.key("protocol", "log")
		var paths []string
		for _, h := range c.hosts {
			paths = append(paths, h.text)
		}
		w.key("endpoints", paths)
		return
	}
	var ways []way
	members := map[way][]string{}
	for _, h := range c.hosts {
		if h.kind == "syslog" {
			w.gap(h.at, true, "%s type syslog: nothing here speaks it; the member is left out", h.text)
			continue
		}
		by := way{h.proto, h.transport, h.tls, h.cert, h.key}
		if len(members[by]) == 0 {
			ways = append(ways, by)
		}
		members[by] = append(members[by], endpoint(h.text))
	}
	if len(ways) > 1 && c.kind != "forward" {
		w.gap(c.at, true, "cluster %s: its members are reached in different ways, and those of a cluster share one here: only those reached like the first are in it", c.name)
		ways = ways[:1]
	}
	if len(ways) == 0 {
		ways = []way{{proto: "tcp", transport: "plain"}}
	}
	for i, by := range ways {
		name := c.name
		for n := 2; i > 0 && w.clusters[name]; n++ {
			name = fmt.Sprintf("%s-%d", c.name, n) // a cluster for each way, and all get what the one got
		}
		w.clusters[name] = true
		w.split[c.name] = append(w.split[c.name], name)
		w.header("[[cluster]]")
		w.key("name", name)
		w.policy(c)
		w.key("endpoints", members[by])
		w.wayOf(by)
	}
}

func (w *relayWriter) policy(c relayCluster) {
	switch c.kind {
	case "forward", "failover":
		w.key("policy", c.kind)
	case "any_of":
		w.comment("a name stays with one member here, too, but it may be another one than carbon-c-relay's")
		w.key("policy", "any")
	default:
		w.key("policy", c.kind)
		w.key("ring", "carbon-c-relay")
		w.key("replicas", c.replicas)
	}
}

// sends writes which clusters something goes to.
func (w *relayWriter) sends(names []string) {
	var all []string
	for _, n := range names {
		parts := w.split[n]
		if parts == nil {
			parts = []string{n}
		}
		for _, p := range parts {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	w.key("send", all)
}

func (w *relayWriter) warnOf(c relayCluster) {
	if c.useall {
		w.gap(c.at, true, "useall: a name with several addresses is one member here; write each address as a member")
	}
	if c.dynamic {
		w.gap(c.at, true, "dynamic: what waits for a member that is gone is not given to others here; it waits, on disk with spool")
	}
	if c.ip {
		w.gap(c.at, true, "file ip: the log does not say who sent a line; plumbago tap does")
	}
}

// wayOf writes how the members are reached.
func (w *relayWriter) wayOf(by way) {
	if by.proto == "udp" {
		w.key("transport", "udp")
	}
	if by.transport != "plain" {
		w.key("compress", by.transport)
	}
	if by.tls == "" {
		return
	}
	w.header("[cluster.tls]")
	if by.tls == "mtls" {
		w.key("cert", by.cert)
		w.key("key", by.key)
	}
}

// endpoint writes HOST[:PORT][=INSTANCE] with its port.
func endpoint(text string) string {
	address, instance, has := strings.Cut(text, "=")
	host, port := splitPort(address)
	text = net.JoinHostPort(host, port)
	if has {
		text += "=" + instance
	}
	return text
}
