package convert

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// convertRelay writes carbon-c-relay's configuration.
func convertRelay(s *script, sources []Source, o Options) error {
	var all []any
	for _, f := range sources {
		if err := parseRelay(f, o.Files, nil, &all); err != nil {
			return err
		}
	}
	w := &relayWriter{script: s, clusters: map[string]bool{}, split: map[string][]string{}}
	for _, st := range all {
		if c, ok := st.(relayCluster); ok {
			if w.clusters[c.name] || c.name == "blackhole" {
				return &SyntaxError{At: c.at, Msg: fmt.Sprintf("there is a cluster %q already", c.name)}
			}
			w.clusters[c.name] = true
		}
	}
	s.comment("What carbon-c-relay's command line says (-p -q -b -c -m ...) is not in these files: see docs/convert.md.")
	s.comment("Its queues hold 25,000 points (-q), ours 64 MiB; it makes _ of what it does not allow in names (-c), here other characters stay.")
	if err := w.settings(all); err != nil {
		return err
	}
	for _, st := range all {
		if c, ok := st.(relayCluster); ok {
			w.cluster(c)
		}
	}
	w.statistics(all)
	for _, st := range all {
		var err error
		switch st := st.(type) {
		case relayMatch:
			err = w.match(st)
		case relayRewrite:
			w.rewrite(st)
		case relayAggregate:
			err = w.aggregate(st)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A relayWriter writes statements in our words.
type relayWriter struct {
	*script
	clusters map[string]bool
	split    map[string][]string // clusters that became several
	above    []rule              // the rules so far
}

// A rule is what was written of a statement, for those below it.
type rule struct {
	at    Place
	exprs []*expr // none is every name
}

// known refuses names of clusters that there are not.
func (w *relayWriter) known(at Place, names []string) error {
	for _, n := range names {
		if n != "blackhole" && !w.clusters[n] {
			return &SyntaxError{At: at, Msg: fmt.Sprintf("there is no cluster %q", n)}
		}
	}
	return nil
}

// settings writes the listeners, and what it sends of its own figures.
func (w *relayWriter) settings(all []any) error {
	listens := false
	own := relayStatistics{at: w.first, every: 60, prefix: `carbon.relays.\.1`}
	what := "no statistics: carbon-c-relay sends its own all the same"
	for _, st := range all {
		switch st := st.(type) {
		case relayListen:
			listens = true
		case relayStatistics:
			if err := w.known(st.at, st.send); err != nil {
				return err
			}
			own, what = st, "statistics"
		}
	}
	w.from(own.at, what)
	prefix, exact := hostPrefix(own.prefix)
	if !exact {
		w.gap(own.at, false, "statistics prefix %q: our own figures are called %s", own.prefix, prefix)
	}
	if own.reset {
		w.gap(own.at, true, "reset counters after interval: our own counters never begin again; perSecond() or derivative() in Graphite makes the same of them")
	}
	w.header("[self]")
	w.key("compat", "carbon-c-relay")
	w.key("prefix", prefix)
	w.key("interval", time.Duration(own.every)*time.Second)
	for _, st := range all {
		if l, ok := st.(relayListen); ok {
			w.listen(l)
		}
	}
	if !listens {
		w.from(w.first, "no listen: carbon-c-relay listens here (-p)")
		w.header("[[listen]]")
		w.key("address", []string{"tcp://:2003", "udp://:2003", "unix:///tmp/.s.carbon-c-relay.2003"})
	}
	return nil
}

// hostPrefix writes a prefix with groups of the host's name.
func hostPrefix(template string) (prefix string, exact bool) {
	var b strings.Builder
	exact = true
	for _, p := range relayPieces(template) {
		switch {
		case p.group == 0:
			b.WriteString(p.text)
		case p.group == 1 || p.group == 2: // the whole name, or the part before its first dot: ours is the latter
			b.WriteString("{host}")
			exact = exact && (p.group == 2 || slices.Contains(p.filters, "flat"))
		default:
			exact = false
		}
	}
	return strings.Trim(b.String(), "."), exact
}

func (w *relayWriter) listen(l relayListen) {
	var streams, datagrams []string
	for _, s := range l.sockets {
		address := s[0]
		if _, err := strconv.Atoi(address); err == nil {
			address = ":" + address
		} else if s[1] != "unix" {
			host, port := splitPort(address)
			address = net.JoinHostPort(host, port)
		}
		scheme := s[1]
		if scheme == "tcp" && l.tls != "" {
			scheme = "tls"
		}
		if scheme == "udp" {
			datagrams = append(datagrams, "udp://"+address)
		} else {
			streams = append(streams, scheme+"://"+address)
		}
	}
	w.from(l.at, "listen")
	if l.tls == "" && l.transport == "plain" {
		streams, datagrams = append(streams, datagrams...), nil
	}
	if len(streams) > 0 {
		w.header("[[listen]]")
		w.key("address", streams)
		if l.transport != "plain" {
			w.key("compress", l.transport)
		}
		w.listenTLS(l)
	}
	if len(datagrams) > 0 {
		w.header("[[listen]]")
		w.key("address", datagrams)
	}
}

func (w *relayWriter) listenTLS(l relayListen) {
	if l.tls == "" {
		return
	}
	oldest := ""
	for i := 0; i < len(l.options); i += 2 {
		name, value := l.options[i], l.options[i+1]
		switch {
		case name == "protomin" && (value == "tls1.2" || value == "tls1.3"):
			oldest = strings.TrimPrefix(value, "tls")
		default:
			w.gap(l.at, false, "%s %s: which protocols and ciphers there are is Go's choice, but for min_version", name, value)
		}
	}
	if l.tls == "mtls" {
		w.gap(l.at, true, "mtls: clients need no certificate here until client_ca in [listen.tls] names the authorities (carbon-c-relay takes those of -C)")
	}
	w.header("[listen.tls]")
	w.key("cert", l.cert)
	if oldest != "" {
		w.key("min_version", oldest)
	}
}

// splitPort cuts an address into host and port, which is 2003 where there is none.
func splitPort(text string) (host, port string) {
	if h, p, err := net.SplitHostPort(text); err == nil {
		return h, p
	}
	if strings.Count(text, ":") > 1 && !strings.HasPrefix(text, "[") { // the last colon is the port's
		at := strings.LastIndexByte(text, ':')
		return text[:at], text[at+1:]
	}
	return strings.Trim(text, "[]"), "2003"
}
