package conf

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"plumbago/relay"
	"plumbago/relay/dest"
	"plumbago/relay/ring"
)

// clusters checks the [[cluster]] sections.
func (c *checker) clusters() {
	first := map[string]Place{}
	for i := range c.file.Cluster {
		o, p := &c.file.Cluster[i], c.file.cluster[i]
		before, taken := first[o.Name]
		switch {
		case o.Name == "":
			c.missing(p, "name", "has no name", "")
		case strings.ContainsFunc(o.Name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
			c.fault(p, "name", quote(o.Name)+" holds a blank or a control character", "")
		case taken:
			c.fault(p, "name", "there are two clusters "+quote(o.Name),
				fmt.Sprintf("the other is on line %d of %s", before.Line, before.File))
		default:
			first[o.Name] = p
		}
		c.clusterSizes(p, o)
		c.spool(p, o)
		c.placement(p, o)
		if c.isKnown(p.File, p.Key+".protocol") {
			continue // what else should hold depends on it
		}
		for _, key := range idle(o) {
			if c.given(p, key) {
				c.fault(p, key, "has no effect on a cluster with protocol "+quote(o.Protocol), "leave it out")
			}
		}
		c.way(p, o)
		if o.Protocol != "log" && o.Protocol != "redis" {
			c.confirm(p, o)
		}
		c.endpoints(p, o)
	}
}

func (c *checker) clusterSizes(p Place, o *relay.ClusterOptions) {
	c.within(p, "batch", o.Batch, 1<<10, 64<<10)
	if o.Queue < o.Batch {
		c.fault(p, "queue", fmt.Sprintf("%s is less than one batch of %s", bytes(o.Queue), bytes(o.Batch)), "")
	}
	if o.ConnectTimeout == 0 {
		c.fault(p, "connect_timeout", "must be more than 0", "")
	}
	if o.WriteTimeout == 0 {
		c.fault(p, "write_timeout", "must be more than 0", "")
	}
	const example = `write it like ["100ms", "30s"]`
	switch r := o.Reconnect; {
	case len(r) != 2:
		c.fault(p, "reconnect", "must be two durations, the shortest and the longest pause", example)
	case r[0] == 0:
		c.fault(p, "reconnect", "the shortest pause must be more than 0", example)
	case r[0] > r[1]:
		c.fault(p, "reconnect", "the shortest pause is longer than the longest", example)
	}
}

// endpoints checks the members of a cluster.
func (c *checker) endpoints(p Place, o *relay.ClusterOptions) {
	if len(o.Endpoints) == 0 {
		c.missing(p, "endpoints", "has no endpoints", "")
	}
	address := func(text string) string {
		if o.Protocol != "log" && o.Protocol != "redis" && o.Transport != "unix" {
			text, _ = relay.SplitInstance(text)
		}
		return text
	}
	for i, text := range o.Endpoints {
		var msg, hint string
		switch {
		case slices.ContainsFunc(o.Endpoints[:i], func(before string) bool { return address(before) == address(text) }):
			msg = quote(dest.Shown(text)) + " is there twice"
		case o.Protocol == "log":
			msg, hint = logEndpoint(text, o.Layout)
		case sink(p, text), c.isKnown(p.File, p.Key+".transport"):
		case o.Protocol == "redis":
			msg, hint = c.listEndpoint(text)
		case o.Transport == "unix":
			msg, hint = c.unixEndpoint(text)
		default:
			msg, hint = c.carbonEndpoint(text, o)
		}
		if msg != "" {
			c.faultAt(p, "endpoints", i, msg, hint)
		}
	}
}

// placement checks how a cluster's policy picks among its members.
func (c *checker) placement(p Place, o *relay.ClusterOptions) {
	for _, key := range []string{"policy", "endpoints", "ring"} {
		if c.isKnown(p.File, p.Key+"."+key) {
			return
		}
	}
	const only = "only the policies carbon_ch, fnv1a_ch and jump_fnv1a_ch place copies"
	options, hashing := o.RingOptions()
	switch n := len(o.Endpoints); {
	case o.Replicas < 1:
		c.fault(p, "replicas", fmt.Sprintf("must be at least 1, not %d", o.Replicas), "")
	case !hashing && o.Replicas > 1:
		c.fault(p, "replicas", "has no effect on a cluster with policy "+quote(o.Policy), only)
	case !hashing && o.Diverse != nil:
		c.fault(p, "diverse", "has no effect on a cluster with policy "+quote(o.Policy), only)
	case n == 0 || !hashing:
	case o.Replicas > n:
		c.fault(p, "replicas", fmt.Sprintf("asks for %d copies, but there are %d members", o.Replicas, n), "")
	default:
		if _, err := ring.New(options, o.Members()); err != nil {
			c.fault(p, "endpoints", fmt.Sprintf("no ring %s with policy %s: %v", quote(o.Ring), quote(o.Policy), errors.Unwrap(err)), "")
		}
	}
}

// sink says whether an endpoint is one of a story's: sink:NAME, in the configuration that a story file holds.
func sink(p Place, endpoint string) bool {
	return filepath.Ext(p.File) == ".story" && strings.HasPrefix(endpoint, "sink:")
}

// carbonEndpoint says what is wrong with an endpoint of a plaintext or pickle cluster.
func (c *checker) carbonEndpoint(text string, o *relay.ClusterOptions) (msg, hint string) {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		return quote(text) + " is not HOST:PORT", fmt.Sprintf("write %q; how it is reached is the key transport", rest)
	}
	whole := text
	if text, instance := relay.SplitInstance(text); instance == "" && text != whole {
		return quote(whole) + " has an empty instance", fmt.Sprintf("write %q", text)
	}
	text, _ = relay.SplitInstance(text)
	if text == "stdout" || text == "stderr" || strings.HasPrefix(text, "/") {
		hint = `to write there say protocol = "log"`
		if text[0] == '/' {
			hint += `; if it is a socket say transport = "unix"`
		}
		return quote(text) + " is not HOST:PORT", hint
	}
	hp, msg, hint := parseHostPort(text)
	switch {
	case msg != "":
		return quote(text) + " " + msg, hint
	case hp.host == "":
		return quote(text) + " has no host", fmt.Sprintf("write %q for this machine", "127.0.0.1"+text)
	case hp.port == 0:
		return quote(text) + " has the port 0, which nothing listens on", ""
	}
	for i, l := range c.file.Listen {
		for _, own := range l.Address {
			if a, msg, _ := parseAddress(own); msg == "" && a.transport() == o.Transport && loops(a, hp) {
				return fmt.Sprintf("%s is our own listener %s on line %d of %s", quote(text), quote(own),
					c.file.listen[i].Line, c.file.listen[i].File), "points would come in again and again"
			}
		}
	}
	return "", ""
}

// listEndpoint says what is wrong with an endpoint of a cluster that pushes records to lists in Redis.
func (c *checker) listEndpoint(text string) (msg, hint string) {
	shown := quote(dest.Shown(text))
	list, err := dest.ParseList(text)
	if err != nil {
		return shown + " is no list: " + err.Error(), `write it like "redis://127.0.0.1:6379/0?key=system"`
	}
	hp, msg, hint := parseHostPort(list.Address)
	if msg != "" {
		return shown + " " + msg, hint
	}
	for i, l := range c.file.Listen {
		for _, own := range l.Address {
			a, msg, _ := parseAddress(own)
			if msg != "" {
				continue
			}
			where := fmt.Sprintf("line %d of %s", c.file.listen[i].Line, c.file.listen[i].File)
			from, err := dest.ParseList(own)
			switch {
			case err == nil && from.Address == list.Address && from.DB == list.DB && from.Key == list.Key:
				return fmt.Sprintf("%s is the list that our own listener on %s takes records out of", shown, where), "points would come in again and again"
			case a.transport() == "tcp" && loops(a, hp):
				return fmt.Sprintf("%s is our own listener %s on %s", shown, quote(own), where), ""
			}
		}
	}
	return "", ""
}

// loops says whether what is sent to hp arrives at our own listener a.
func loops(a address, hp hostPort) bool {
	if a.path != "" || a.port != hp.port {
		return false
	}
	to := hp.ip()
	if to.IsUnspecified() { // to the system that is this machine
		to = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	switch at := a.ip(); {
	case a.host == hp.host:
		return true
	case a.host == "" || at.IsUnspecified():
		return to.IsValid() && machine(to)
	default:
		return to.IsValid() && to == at
	}
}

// logEndpoint says what is wrong with an endpoint of a log.
func logEndpoint(text, layout string) (msg, hint string) {
	if text == "stdout" || text == "stderr" {
		return "", ""
	}
	if text == "" || text == "-" {
		return quote(text) + " is no file", `write "stdout", "stderr" or a path`
	}
	if lower := strings.ToLower(text); lower == "stdout" || lower == "stderr" {
		return quote(text) + " is neither a standard stream nor a path", didYouMean(lower)
	}
	if _, msg, _ := parseHostPort(text); msg == "" || strings.Contains(text, "://") {
		return quote(text) + " is neither stdout, stderr nor a path",
			`to send there say protocol = "plaintext"; a file of that name is "./` + text + `"`
	}
	if strings.HasSuffix(text, "/") && layout != "jumpscale" {
		return quote(text) + " is a directory", `only layout = "jumpscale" writes a tree of files`
	}
	return "", ""
}
