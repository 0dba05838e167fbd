package convert

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

func inf() float64 { return math.Inf(1) }

// A statsdWriter writes the reference statsd's configuration in our words.
type statsdWriter struct {
	*script
	v      jsValue
	read   []string
	wrong  error
	period time.Duration
}

// convertStatsd writes the configuration of node's statsd.
func convertStatsd(s *script, sources []Source, _ Options) error {
	if len(sources) > 1 {
		return fmt.Errorf("%s: statsd has one file", sources[1].Name)
	}
	v, err := parseJS(sources[0])
	if err != nil {
		return err
	}
	w := &statsdWriter{script: s, v: v}
	w.from(v.at, "what statsd sends of itself (statsd.*, prefixStats)")
	w.gap(v.at, false, "statsd's own figures, statsd.*: ours are in /metrics and /api/status; an interval in [self] would send them, under other names")
	w.header("[self]")
	w.key("interval", time.Duration(0))
	w.listen()
	send := w.backends()
	w.from(v.at, "all that is flushed")
	w.header("[[rule]]")
	w.key("match", "**")
	if len(send) > 0 {
		w.key("send", send)
	} else {
		w.key("drop", true)
	}
	w.unread()
	return w.wrong
}

func (w *statsdWriter) fault(at Place, format string, args ...any) {
	if w.wrong == nil {
		w.wrong = &SyntaxError{At: at, Msg: fmt.Sprintf(format, args...)}
	}
}

// in looks a key up, and notes that it was.
func (w *statsdWriter) in(v jsValue, key string) (jsValue, bool) {
	w.read = append(w.read, key)
	return v.get(key)
}

func (w *statsdWriter) text(v jsValue, key, without string) string {
	x, ok := w.in(v, key)
	switch {
	case !ok:
		return without
	case x.kind == 'n':
		return number(x.num)
	case x.kind != 's':
		w.fault(x.at, "%s is a text", key)
	}
	return x.text
}

func (w *statsdWriter) whole(v jsValue, key string, without int) int {
	x, ok := w.in(v, key)
	f := x.num
	if ok && x.kind == 's' {
		var err error
		if f, err = strconv.ParseFloat(x.text, 64); err != nil {
			f = -1
		}
	}
	switch {
	case !ok:
		return without
	case x.kind != 'n' && x.kind != 's', f < 0, f > 1<<31, f != math.Trunc(f):
		w.fault(x.at, "%s is a whole number", key)
		return without
	}
	return int(f)
}

// flag says what JavaScript takes a value for.
func (w *statsdWriter) flag(v jsValue, key string, without bool) bool {
	x, ok := w.in(v, key)
	if !ok {
		return without
	}
	switch x.kind {
	case 'b':
		return x.yes
	case 'n':
		return x.num != 0
	case 's':
		return x.text != ""
	}
	return true
}

// listen writes the listener with all that concerns statsd.
func (w *statsdWriter) listen() {
	w.from(w.v.at, "where it listens, and what it computes")
	w.header("[[listen]]")
	w.key("protocol", "statsd")
	addresses := w.addresses()
	w.key("address", addresses)
	flush, at := w.whole(w.v, "flushInterval", 10000), w.v.at
	if flush < 1000 {
		w.fault(at, "flushInterval: plumbago flushes once a second at most, not every %d ms", flush)
	}
	w.period = time.Duration(flush) * time.Millisecond
	w.header("[listen.statsd]")
	w.comment("intervals are multiples of it in Unix time, and do not begin when the daemon does")
	w.key("period", w.period)
	w.names()
	percent := []float64{90}
	if x, ok := w.in(w.v, "percentThreshold"); ok {
		percent = w.numbers(x, "percentThreshold")
	}
	w.key("percentiles", percent)
	w.key("flush_counts", w.flag(w.v, "flush_counts", true))
	w.timers()
	w.idle()
	host, port := w.text(w.v, "mgmt_address", ""), w.whole(w.v, "mgmt_port", 8126)
	w.comment("it has no password: keep it from others")
	w.key("manage", "tcp://"+net.JoinHostPort(host, strconv.Itoa(port)))
	w.repeat()
	w.histogram()
	if !w.flag(w.v, "keyNameSanitize", true) {
		w.gap(w.v.at, true, "keyNameSanitize: false: names are always made clean here")
	}
}

// addresses returns where it listens: servers, or one that the top says.
func (w *statsdWriter) addresses() (all []string) {
	one := func(v jsValue) {
		kind := w.text(v, "server", "./servers/udp")
		host, port := w.text(v, "address", ""), w.whole(v, "port", 8125)
		address := net.JoinHostPort(host, strconv.Itoa(port))
		if host == "0.0.0.0" && w.flag(v, "address_ipv6", false) {
			address = net.JoinHostPort("", strconv.Itoa(port))
		}
		socket := w.text(v, "socket", "")
		w.in(v, "socket_mod")
		switch {
		case strings.Contains(kind, "tcp") && socket != "":
			all = append(all, "unix://"+socket)
		case strings.Contains(kind, "tcp"):
			all = append(all, "tcp://"+address)
		case strings.Contains(kind, "udp"):
			all = append(all, "udp://"+address)
		default:
			w.gap(v.at, true, "server %q: nothing here is like it", kind)
		}
	}
	servers, ok := w.in(w.v, "servers")
	if !ok || servers.kind != '[' || len(servers.list) == 0 {
		one(w.v)
		return all
	}
	for _, s := range servers.list {
		one(s)
	}
	w.read = append(w.read, "server", "address", "port")
	return all
}

// names writes what results are called.
func (w *statsdWriter) names() {
	g, _ := w.in(w.v, "graphite")
	legacy := w.flag(g, "legacyNamespace", true)
	w.key("legacy", legacy)
	for _, k := range []struct{ theirs, ours, without string }{
		{"globalPrefix", "prefix", "stats"}, {"prefixCounter", "prefix_counter", "counters"}, {"prefixTimer", "prefix_timer", "timers"},
		{"prefixGauge", "prefix_gauge", "gauges"}, {"prefixSet", "prefix_set", "sets"},
	} {
		if value := w.text(g, k.theirs, k.without); !legacy {
			w.key(k.ours, value)
		}
	}
	if suffix := w.text(g, "globalSuffix", ""); suffix != "" {
		w.key("suffix", suffix)
	}
}

// numbers reads a number, or a list of some.
func (w *statsdWriter) numbers(v jsValue, key string) (all []float64) {
	list := []jsValue{v}
	if v.kind == '[' {
		list = v.list
	}
	for _, x := range list {
		f := x.num
		if x.kind == 's' {
			var err error
			if f, err = strconv.ParseFloat(x.text, 64); err != nil {
				w.fault(x.at, "%s holds a text that is no number", key)
			}
		} else if x.kind != 'n' {
			w.fault(x.at, "%s is a number or a list of some", key)
		}
		all = append(all, f)
	}
	return all
}

// timers writes which figures of timers are flushed.
func (w *statsdWriter) timers() {
	x, ok := w.in(w.v, "calculatedTimerMetrics")
	if !ok || x.kind != '[' || len(x.list) == 0 {
		return
	}
	var all []string
	for _, m := range x.list {
		all = append(all, m.text)
	}
	w.key("calculated_timer_metrics", all)
}

// idle writes what is not flushed when nothing came.
func (w *statsdWriter) idle() {
	all := w.flag(w.v, "deleteIdleStats", false)
	var types []string
	for _, k := range [][2]string{{"deleteCounters", "counters"}, {"deleteGauges", "gauges"}, {"deleteSets", "sets"}, {"deleteTimers", "timers"}} {
		if w.flag(w.v, k[0], all) {
			types = append(types, k[1])
		}
	}
	if n := w.whole(w.v, "gaugesMaxTTL", 1); n > 1 && slices.Contains(types, "gauges") {
		w.gap(w.v.at, true, "gaugesMaxTTL: gauges go after one interval without samples here; without \"gauges\" in delete_idle, keep = %q keeps all types for so long", span(time.Duration(n)*w.period))
	}
	if len(types) > 0 {
		w.key("delete_idle", types)
	}
}

// repeat writes the servers that get all that comes, too.
func (w *statsdWriter) repeat() {
	x, ok := w.in(w.v, "repeater")
	protocol := w.text(w.v, "repeaterProtocol", "udp4")
	if !ok || !w.has("repeater") {
		return
	}
	var all []string
	for _, r := range x.list {
		all = append(all, "udp://"+net.JoinHostPort(w.text(r, "host", ""), strconv.Itoa(w.whole(r, "port", 8125))))
	}
	if strings.HasPrefix(protocol, "tcp") {
		w.gap(x.at, true, "repeaterProtocol %s: it is repeated by UDP here", protocol)
	}
	if len(all) > 0 {
		w.key("repeat", all)
	}
}

func (w *statsdWriter) histogram() {
	x, ok := w.in(w.v, "histogram")
	if !ok {
		return
	}
	if x.kind != '[' {
		w.fault(x.at, "histogram is a list of objects")
	}
	for _, h := range x.list {
		bins, _ := h.get("bins")
		var bounds []float64
		for _, b := range bins.list {
			if b.kind == 's' && b.text == "inf" {
				bounds = append(bounds, inf())
				continue
			}
			bounds = append(bounds, w.numbers(b, "bins")...)
		}
		w.header("[[listen.statsd.histogram]]")
		w.key("metric", w.text(h, "metric", ""))
		if len(bounds) > 0 {
			w.key("bins", bounds)
		}
	}
}
