package conf

import (
	"fmt"
	"strings"
	"time"

	"plumbago/relay"
)

// way checks how a cluster's endpoints are reached: transport, TLS, compression.
func (c *checker) way(p Place, o *relay.ClusterOptions) {
	if o.UserTimeout < time.Second {
		c.fault(p, "user_timeout", "must be at least 1s", "")
	}
	if o.Resolve > 0 && o.Resolve < time.Second {
		c.fault(p, "resolve", "must be at least 1s, or 0 for never", "")
	}
	if o.MaxConnAge > 0 && o.MaxConnAge < time.Second {
		c.fault(p, "max_conn_age", "must be at least 1s, or 0 for no bound", "")
	}
	switch {
	case o.Protocol == "log":
		return
	case o.Transport == "udp":
		c.datagrams(p, o)
		return
	case o.TLS == nil:
		return
	}
	for _, m := range o.TLS.Mistakes() {
		c.fault(p, "tls."+m.Key, m.Msg, m.Hint)
	}
	if o.Transport == "unix" && o.TLS.ServerName == "" && !o.TLS.Insecure {
		c.fault(p, "tls.server_name", "is missing: a unix socket has no host name that its certificate could be for", "")
	}
}

// datagrams faults what only a stream can have.
func (c *checker) datagrams(p Place, o *relay.ClusterOptions) {
	const hint = `leave it out, or say transport = "tcp"`
	if o.TLS != nil {
		c.fault(p, "tls", "has no effect on datagrams", hint)
	}
	if o.Compress != "none" && !c.isKnown(p.File, p.Key+".compress") {
		c.fault(p, "compress", "has no effect on datagrams", hint)
	}
	if o.MaxConnAge > 0 {
		c.fault(p, "max_conn_age", "has no effect on datagrams", hint)
	}
	if o.Spool > 0 {
		c.fault(p, "spool", "has no effect on datagrams", hint)
	}
}

// unixEndpoint says what is wrong with an endpoint that should be the path of a socket.
func (c *checker) unixEndpoint(text string) (msg, hint string) {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		return quote(text) + " is not a path", fmt.Sprintf("write %q; how it is reached is the key transport", rest)
	}
	if _, msg, _ := parseHostPort(text); msg == "" && !strings.Contains(text, "/") {
		return quote(text) + " is HOST:PORT and not the path of a socket", `to send there say transport = "tcp"`
	}
	if text == "" || strings.HasSuffix(text, "/") {
		return quote(text) + " is no path of a socket", `write it like "/run/carbon.sock"`
	}
	if len(text) > longestPath {
		return fmt.Sprintf("%s has %d bytes; the path of a socket may have %d", quote(text), len(text), longestPath), ""
	}
	for i, l := range c.file.Listen {
		for _, own := range l.Address {
			if a, msg, _ := parseAddress(own); msg == "" && a.scheme == "unix" && a.path == text {
				return fmt.Sprintf("%s is our own listener %s on line %d of %s", quote(text), quote(own),
					c.file.listen[i].Line, c.file.listen[i].File), "points would come in again and again"
			}
		}
	}
	return "", ""
}

// trusting finds clusters that send to whoever answers.
func trusting(f *File) (ws Faults) {
	for i := range f.Cluster {
		if o := &f.Cluster[i]; o.TLS != nil && o.TLS.Insecure {
			ws = append(ws, f.fault(f.cluster[i], "tls.insecure",
				"the points go to whoever answers, with any certificate", "set ca to the certificate of the authority instead"))
		}
	}
	return ws
}
