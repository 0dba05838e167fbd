package conf

import (
	"fmt"
	"net"
	"strings"
	"time"

	"plumbago/relay"
)

// confirm checks what counts as delivered.
func (c *checker) confirm(p Place, o *relay.ClusterOptions) {
	if c.isKnown(p.File, p.Key+".confirm") {
		return
	}
	if o.Transport == "udp" && o.Confirm != "written" && c.given(p, "confirm") {
		c.fault(p, "confirm", "has no effect on datagrams: they are delivered when they are written", `leave it out, or say transport = "tcp"`)
	}
	where := fmt.Sprintf("has no effect with confirm = %q", o.Confirm)
	if o.Transport == "udp" {
		where = "has no effect on datagrams"
	}
	for _, key := range unconfirmed(o) {
		if key != "confirm" && c.given(p, key) {
			c.fault(p, key, where, "leave it out")
		}
	}
	if o.Transport == "udp" || o.Confirm == "written" {
		return
	}
	if o.ConfirmEvery < 100*time.Millisecond {
		c.fault(p, "confirm_every", "must be at least 100ms", "")
	}
	c.within(p, "confirm_bytes", o.ConfirmBytes, 64<<10, 1<<30)
}

// unconfirmed returns the keys that are not looked at, as what they concern is confirmed in another way.
func unconfirmed(o *relay.ClusterOptions) []string {
	switch {
	case o.Transport == "udp" && o.Confirm != "written":
		return []string{"confirm", "confirm_every", "confirm_bytes"}
	case o.Confirm == "written":
		return []string{"confirm_every", "confirm_bytes"}
	case o.Confirm == "window":
		return []string{"confirm_bytes"}
	}
	return nil
}

// adder returns the program that adds up what it gets and has that port.
func adder(port string) string {
	switch port {
	case "2023", "2024":
		return "carbon-aggregator"
	case "8125":
		return "statsd"
	}
	return ""
}

// repeating finds endpoints that seem to add up what they get, where a point that is sent again after a break would count
// twice.
func repeating(f *File) (ws Faults) {
	for i := range f.Cluster {
		o, p := &f.Cluster[i], f.cluster[i]
		if o.Confirm == "written" || o.Protocol == "log" || o.Protocol == "redis" || o.Transport != "tcp" || f.sources[p.File].has(p.Key+".confirm") {
			continue
		}
		for _, endpoint := range o.Endpoints {
			address, _ := relay.SplitInstance(endpoint)
			_, port, _ := net.SplitHostPort(address)
			why := ""
			switch {
			case adder(port) != "":
				why = "has the port of " + adder(port)
			case strings.Contains(o.Name+endpoint, "aggregat"), strings.Contains(o.Name+endpoint, "statsd"):
				why = "seems to be one that adds up"
			default:
				continue
			}
			ws = append(ws, f.fault(p, "confirm", fmt.Sprintf("%s %s: what is sent again after a break would count twice", quote(endpoint), why),
				`say confirm = "written" if it adds up what it gets, or confirm = "close" if not`))
			break
		}
	}
	return ws
}
