package conf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbago/carbon/pattern"
	"plumbago/ingest"
)

// listenLimits checks who may use a listener, and how much.
func (c *checker) listenLimits(p Place, o *ingest.Options) {
	for i, text := range o.Allow {
		if msg, hint := prefix(text); msg != "" {
			c.faultAt(p, "allow", i, msg, hint)
		}
	}
	for i, text := range o.ProxyFrom {
		if msg, hint := prefix(text); msg != "" {
			c.faultAt(p, "proxy_from", i, msg, hint)
		}
	}
	if o.ProxyFrom != nil && !o.ProxyProtocol {
		c.fault(p, "proxy_from", "has no effect without proxy_protocol = true", "")
	}
	switch most := c.file.Limits.Connections; {
	case o.Connections < 0:
		c.fault(p, "connections", "must be 0 or more", "0 leaves it to connections in [limits]")
	case o.Connections > most:
		c.fault(p, "connections", fmt.Sprintf("is more than all listeners may have, which is %d", most),
			"raise connections in [limits]")
	}
	if o.Rate < 0 || o.Rate > ingest.MaxRate {
		c.fault(p, "rate", fmt.Sprintf("must be from 0 to %d samples a second", ingest.MaxRate), "0 is no limit")
	}
	if o.Linger > time.Second {
		c.fault(p, "linger", "must be at most 1s", `"0" reads and hands on at once`)
	}
	c.listenTLS(p, o)
	c.pointless(p, o)
}

// listenTLS checks that there is a certificate where one is needed, and that it can be used.
func (c *checker) listenTLS(p Place, o *ingest.Options) {
	for i, text := range o.Address {
		if strings.HasPrefix(text, "tls://") && o.TLS == nil {
			c.faultAt(p, "address", i, quote(text)+" needs a certificate",
				`write tls = { cert = "/etc/plumbago/cert.pem", key = "/etc/plumbago/key.pem" }`)
			break
		}
	}
	if o.TLS == nil || c.isKnown(p.File, p.Key+".tls") {
		return
	}
	for _, m := range o.TLS.Mistakes() {
		c.fault(p, "tls."+m.Key, m.Msg, m.Hint)
	}
}

// listenSources checks what concerns listeners that do not listen but look, at files or at lists in Redis, and that only they do.
func (c *checker) listenSources(p Place, o *ingest.Options) {
	looks := o.Protocol == "mmstats" || o.Protocol == "redis"
	for i, text := range o.Address {
		a, msg, _ := parseAddress(text)
		goes := map[string]string{"file": "mmstats", "redis": "redis", "rediss": "redis"}[a.scheme]
		if msg != "" || goes == o.Protocol || goes == "" && !looks {
			continue
		}
		hint := map[string]string{"mmstats": `write it like "file:///tmp/*.mmstats"`, "redis": `write it like "redis://127.0.0.1:6379/0?key=system"`}[o.Protocol]
		if !looks {
			hint = fmt.Sprintf("%s:// goes with protocol = %q", a.scheme, goes)
		}
		c.faultAt(p, "address", i, fmt.Sprintf("%s does not go with protocol = %q", quote(text), o.Protocol), hint)
	}
	if o.Period != nil && !looks {
		c.fault(p, "period", `has no effect without protocol = "mmstats" or "redis"`, "leave it out")
	}
	if o.Ack != nil && o.Protocol != "redis" {
		c.fault(p, "ack", `has no effect without protocol = "redis"`, "leave it out")
	}
	switch {
	case o.Period == nil:
	case o.Protocol == "mmstats" && *o.Period < time.Second:
		c.fault(p, "period", "must be at least a second", "samples leave with whole seconds")
	case o.Protocol == "redis" && *o.Period <= 0:
		c.fault(p, "period", "must be more than 0", "")
	}
	c.listenFiles(p, o)
}

// listenFiles checks how files are made into samples.
func (c *checker) listenFiles(p Place, o *ingest.Options) {
	switch {
	case o.Mmstats == nil:
		return
	case o.Protocol != "mmstats":
		c.fault(p, "mmstats", `has no effect without protocol = "mmstats"`, "leave it out")
		return
	}
	for i, text := range o.Mmstats.Gauges {
		if _, err := pattern.Compile(text); err != nil {
			c.faultAt(p, "mmstats.gauges", i, err.Error(), "")
		}
	}
	if m := o.Mmstats.Mistake(); m != "" {
		c.fault(p, "mmstats.name", m, "")
	}
}

// listenEvents checks what concerns Redis clients that signal events.
func (c *checker) listenEvents(p Place, o *ingest.Options) {
	if o.Protocol != "resp" {
		if o.Resp != nil {
			c.fault(p, "resp", `has no effect without protocol = "resp"`, "leave it out")
		}
		return
	}
	for i, text := range o.Address {
		if a, msg, _ := parseAddress(text); msg == "" && (a.scheme == "udp" || a.scheme == "unixgram") {
			c.faultAt(p, "address", i, quote(text)+" has no connections, and RESP needs them", `write it like "tcp://127.0.0.1:6380"`)
		}
	}
	if o.Compress != "none" {
		c.fault(p, "compress", "does not go with RESP, which no client compresses", "leave it out")
	}
	if o.Resp == nil {
		return
	}
	if key, msg := o.Resp.Check(); key != "" {
		c.fault(p, "resp."+key, msg, "")
	}
}

// pointless finds keys that have no effect on any address of a listener. Setting one is a fault, since somebody counts
// on it.
func (c *checker) pointless(p Place, o *ingest.Options) {
	if len(o.Address) == 0 || c.isKnown(p.File, p.Key+".address") {
		return
	}
	for _, k := range []struct {
		key, schemes string
		set          bool
	}{
		{"allow", "tcp, udp, tls", o.Allow != nil},
		{"rate", "tcp, udp, tls", o.Rate != 0},
		{"idle", "tcp, tls", o.Idle != nil},
		{"connections", "tcp, tls, unix", o.Connections != 0},
		{"proxy_protocol", "tcp, tls, unix", o.ProxyProtocol},
		{"compress", "tcp, tls, unix", o.Compress != "none"},
		{"tls", "tls", o.TLS != nil},
	} {
		has := func(address string) bool {
			scheme, _, _ := strings.Cut(address, "://")
			return slices.Contains(strings.Split(k.schemes, ", "), scheme)
		}
		if k.set && !slices.ContainsFunc(o.Address, has) {
			c.fault(p, k.key, "has no effect: this listener has no address of "+anyOf(k.schemes), "leave it out")
		}
	}
}

// anyOf writes a list as what any of is meant: a, b or c.
func anyOf(list string) string {
	if i := strings.LastIndex(list, ", "); i >= 0 {
		return list[:i] + " or " + list[i+2:]
	}
	return list
}

// prefix says what is wrong with an address or a range of addresses.
func prefix(text string) (msg, hint string) {
	_, err := ingest.ParsePrefix(text)
	if err == nil {
		return "", ""
	}
	msg = quote(text) + strings.TrimPrefix(err.Error(), fmt.Sprintf("%q", text))
	if hp, bad, _ := parseHostPort(text); bad == "" && hp.host != "" {
		return msg, "leave out the port"
	}
	return msg, `write it like "10.0.0.0/8", "192.0.2.7" or "::1"`
}
