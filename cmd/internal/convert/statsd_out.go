package convert

import (
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
)

// backendNames returns the backends that are used.
func (w *statsdWriter) backendNames() (all []string) {
	x, ok := w.in(w.v, "backends")
	if !ok {
		return []string{"graphite"}
	}
	for _, b := range x.list {
		all = append(all, strings.TrimSuffix(path.Base(b.text), ".js"))
	}
	return all
}

// has says whether a backend is used.
func (w *statsdWriter) has(backend string) bool { return slices.Contains(w.backendNames(), backend) }

// backends writes a cluster for each backend, and returns their names.
func (w *statsdWriter) backends() (send []string) {
	x, _ := w.in(w.v, "backends")
	at := x.at
	if at.Line == 0 {
		at = w.v.at
	}
	for _, b := range w.backendNames() {
		switch b {
		case "graphite":
			if w.graphite() {
				send = append(send, "graphite")
			}
		case "console":
			w.from(at, "backend console")
			w.header("[[cluster]]")
			w.key("name", "console")
			w.key("protocol", "log")
			w.key("endpoints", "stdout")
			send = append(send, "console")
		case "repeater": // it is among the keys of the listener
		default:
			w.gap(at, true, "backend %s: nothing here is like it", b)
		}
	}
	if len(send) == 0 {
		w.gap(at, true, "no backend is left that what is flushed could go to, so it is dropped")
	}
	return send
}

// graphite writes the cluster of that name, if a host is given.
func (w *statsdWriter) graphite() bool {
	host := w.text(w.v, "graphiteHost", "")
	port := w.whole(w.v, "graphitePort", 2003)
	pickle := w.whole(w.v, "graphitePicklePort", 2004)
	protocol := w.text(w.v, "graphiteProtocol", "text")
	x, ok := w.v.get("graphiteHost")
	if !ok || host == "" {
		w.gap(w.v.at, true, "the backend graphite has no graphiteHost")
		return false
	}
	w.from(x.at, "graphiteHost")
	w.header("[[cluster]]")
	w.key("name", "graphite")
	if protocol == "pickle" {
		w.key("protocol", "pickle")
		port = pickle
	}
	w.key("endpoints", net.JoinHostPort(host, strconv.Itoa(port)))
	w.comment("statsd drops a flush that Graphite does not take; here it waits")
	w.key("queue", "64MiB")
	return true
}

// unread names the keys that nothing here stands for.
func (w *statsdWriter) unread() {
	known := []string{"debug", "dumpMessages", "prefixStats", "keyFlush", "log", "title", "healthStatus", "automaticConfigReload", "debugInterval",
		"dieOnUncaughtError", "percentThreshold"}
	var left []string
	for i, k := range w.v.keys {
		switch {
		case slices.Contains(w.read, k):
		case slices.Contains(known, k):
			left = append(left, k)
		default:
			w.gap(w.v.list[i].at, true, "%s: it is not known here; a backend of its own may read it", k)
		}
	}
	if len(left) > 0 {
		w.blank()
		w.gap(w.v.at, false, "%s: these have no counterpart here, and none changes where points go (plumbago top, tap and bad show what is going on)", strings.Join(left, ", "))
	}
	g, _ := w.v.get("graphite")
	for i, k := range g.keys {
		if !slices.Contains(w.read, k) {
			w.gap(g.list[i].at, true, "graphite.%s: it is not known here", k)
		}
	}
}
