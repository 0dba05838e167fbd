package conf

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"plumbago/carbon"
	"plumbago/ingest"
	"plumbago/ingest/statsd"
)

// listenStatsd checks what becomes of statsd's samples.
func (c *checker) listenStatsd(p Place, o *ingest.Options) {
	s := o.Statsd
	if s == nil {
		return
	}
	if _, ok := o.StatsdOptions(); !ok {
		c.fault(p, "statsd", "has no effect with protocol = "+quote(o.Protocol), "leave it out")
		return
	}
	if s.Period < time.Second {
		c.fault(p, "statsd.period", "must be at least a second", "")
	}
	if s.Keep != 0 && s.Keep < s.Period {
		c.fault(p, "statsd.keep", "must be at least the period", `"0" keeps all for ever, delete_idle nothing`)
	}
	c.statsdNames(p, s)
	c.statsdFigures(p, s)
	for i, text := range s.Repeat {
		if msg, hint := c.repeat(text); msg != "" {
			c.faultAt(p, "statsd.repeat", i, msg, hint)
		}
	}
}

// statsdNames checks what results are called.
func (c *checker) statsdNames(p Place, s *statsd.Options) {
	if !inName(s.Suffix) {
		c.fault(p, "statsd.suffix", quote(s.Suffix)+" cannot end a name", `write it like "stats" or "a.b"`)
	}
	for _, k := range []struct{ key, text string }{
		{"prefix", s.Prefix}, {"prefix_counter", s.PrefixCounter}, {"prefix_timer", s.PrefixTimer}, {"prefix_gauge", s.PrefixGauge},
		{"prefix_set", s.PrefixSet},
	} {
		key := "statsd." + k.key
		if s.Legacy && c.given(p, key) {
			c.fault(p, key, "has no effect on the old names", "write legacy = false")
			continue
		}
		if !inName(k.text) {
			c.fault(p, key, quote(k.text)+" cannot begin a name", `write it like "stats" or "a.b"`)
		}
	}
}

// inName says whether a text can be whole nodes of a name, or none.
func inName(text string) bool {
	name, err := carbon.CleanName(text)
	return text == "" || err == nil && name == text && !strings.ContainsAny(name, ";{}$")
}

// statsdFigures checks what is said of timers.
func (c *checker) statsdFigures(p Place, s *statsd.Options) {
	for i, x := range s.Percentiles {
		switch {
		case !(math.Abs(x) <= 100) || x == 0:
			c.faultAt(p, "statsd.percentiles", i, fmt.Sprintf("%v is no share in percent", x), "write it like 90, 99.9, or -10 for the highest tenth")
		case slices.Contains(s.Percentiles[:i], x):
			c.faultAt(p, "statsd.percentiles", i, fmt.Sprintf("%v is there twice", x), "")
		}
	}
	for i := range s.Histogram {
		bins := s.Histogram[i].Bins
		for j, x := range bins {
			if math.IsNaN(x) || j > 0 && !(x > bins[j-1]) {
				c.faultAt(p, item("statsd.histogram", i+1)+".bins", j, "the bounds of bins must ascend", "")
				break
			}
		}
	}
}

// repeat says what is wrong with a server that all is sent on to.
func (c *checker) repeat(text string) (msg, hint string) {
	a, msg, hint := parseAddress(text)
	switch {
	case msg != "":
		return msg, hint
	case a.scheme != "udp":
		return quote(text) + " is not udp://HOST:PORT", "what comes is sent on in datagrams"
	case a.host == "" || a.port == 0:
		return quote(text) + " is no server that could be sent to", `write it like "udp://10.0.0.2:8125"`
	}
	for i, l := range c.file.Listen {
		for _, own := range l.Address {
			if b, msg, _ := parseAddress(own); msg == "" && b.transport() == "udp" && loops(b, a.hostPort) {
				return fmt.Sprintf("%s is our own listener %s on line %d of %s", quote(text), quote(own), c.file.listen[i].Line, c.file.listen[i].File),
					"lines would come in again and again"
			}
		}
	}
	return "", ""
}

// manage checks where management commands are answered, and returns that as something that listens.
func (c *checker) manage(p Place, o *ingest.Options, all []listener) []listener {
	if o.Statsd == nil || o.Statsd.Manage == "" {
		return all
	}
	text := o.Statsd.Manage
	a, msg, hint := parseAddress(text)
	switch {
	case msg != "":
		c.fault(p, "statsd.manage", msg, hint)
		return all
	case a.scheme != "tcp":
		c.fault(p, "statsd.manage", quote(text)+" is not tcp://HOST:PORT", "")
		return all
	}
	return c.claim(p, "statsd.manage", -1, a, text, all)
}
