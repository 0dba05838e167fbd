package convert

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// own writes what it says of itself.
func (w *carbonWriter) own() {
	prefix, at := w.text("CARBON_METRIC_PREFIX", "carbon")
	every, _ := w.whole("CARBON_METRIC_INTERVAL", 60)
	w.from(at, "carbon's own figures")
	w.comment("carbon sends its own every %d s; ours have other names below the same, and walk the rules", every)
	w.header("[self]")
	w.key("prefix", prefix+"."+map[string]string{"relay": "relays", "aggregator": "aggregator"}[w.daemon]+".{host}-"+w.instance)
	w.key("interval", time.Duration(every)*time.Second)
}

// listeners writes where it listens.
func (w *carbonWriter) listeners() {
	most, _ := w.whole("MAX_RECEIVER_CONNECTIONS", 0)
	idle, _ := w.whole("METRIC_CLIENT_IDLE_TIMEOUT", 0)
	rest := func() {
		if most > 0 {
			w.key("connections", most)
		}
		w.key("idle", time.Duration(idle)*time.Second)
	}
	address := func(kind, scheme string, without int) (string, Place) {
		host, _ := w.text(kind+"_RECEIVER_INTERFACE", "0.0.0.0")
		port, at := w.whole(kind+"_RECEIVER_PORT", without)
		if port == 0 {
			return "", at
		}
		return scheme + "://" + net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port)), at
	}
	var lines []string
	line, at := address("LINE", "tcp", 2003)
	if line != "" {
		lines = append(lines, line)
	}
	datagrams, _ := w.flag("ENABLE_UDP_LISTENER", false)
	if udp, _ := address("UDP", "udp", 2003); datagrams && udp != "" {
		lines = append(lines, udp)
	}
	if len(lines) > 0 {
		w.from(at, "LINE_RECEIVER_PORT, UDP_RECEIVER_PORT")
		w.header("[[listen]]")
		w.key("protocol", "line")
		w.key("address", lines)
		if line != "" {
			rest()
		}
	}
	frame, _ := w.whole("PICKLE_RECEIVER_MAX_LENGTH", 1<<20)
	if pickle, at := address("PICKLE", "tcp", 2004); pickle != "" {
		w.from(at, "PICKLE_RECEIVER_PORT")
		w.header("[[listen]]")
		w.key("protocol", "pickle")
		w.key("address", pickle)
		if frame > 0 {
			w.key("max_frame", frame)
		}
		rest()
	}
	if protobuf, at := address("PROTOBUF", "tcp", 0); protobuf != "" {
		w.gap(at, true, "PROTOBUF_RECEIVER_PORT: nothing here reads protobuf; let its senders send pickles")
	}
}

// limits tells of what is done to samples as they come that is not done here.
func (w *carbonWriter) limits() {
	if n, at := w.whole("MIN_TIMESTAMP_RESOLUTION", 0); n > 1 {
		w.gap(at, true, "MIN_TIMESTAMP_RESOLUTION = %d: times stay as they come here", n)
	}
	if on, at := w.flag("ENABLE_AMQP", false); on {
		w.gap(at, true, "ENABLE_AMQP: nothing here reads from AMQP")
	}
	if on, at := w.flag("TAG_RELAY_NORMALIZED", false); !on {
		w.comment("%s: tags are in canonical order here before anything is hashed, as with TAG_RELAY_NORMALIZED", at)
	}
	if on, at := w.flag("DYNAMIC_ROUTER", false); on {
		w.gap(at, true, "DYNAMIC_ROUTER: a member that is gone keeps its names here; its points wait for it, on disk with spool")
	}
	if on, at := w.flag("DESTINATION_POOL_REPLICAS", false); on {
		w.gap(at, true, "DESTINATION_POOL_REPLICAS: members of one host and instance are not one pool here")
	}
}

// lists writes the lists of names that may not come in, and that may.
func (w *carbonWriter) lists() {
	on, at := w.flag("USE_WHITELIST", false)
	black, hasBlack := w.files["blacklist"]
	white, hasWhite := w.files["whitelist"]
	switch {
	case on && !hasBlack && !hasWhite:
		w.gap(at, true, "USE_WHITELIST: neither whitelist.conf nor blacklist.conf is among the files")
		return
	case !on:
		for _, f := range []Source{black, white} {
			if f.Name != "" {
				w.gap(Place{f.Name, 1}, false, "USE_WHITELIST is not on in %s, so carbon does not read this", w.section.at.File)
			}
		}
		return
	}
	if texts := w.list(black); len(texts) > 0 {
		w.from(Place{black.Name, 1}, "names that may not come in")
		w.header("[[rule]]")
		w.raw("regex", texts)
		w.key("drop", true)
	}
	if texts := w.list(white); len(texts) > 0 {
		w.from(Place{white.Name, 1}, "all names but those that may")
		w.comment("this drops our own figures, too, if they are not in the list")
		w.header("[[rule]]")
		w.not(texts)
		w.key("drop", true)
	}
}

// list reads the expressions of a list.
func (w *carbonWriter) list(f Source) (texts []string) {
	for _, l := range plainLines(f) {
		e, err := pythonExpr(l.text, false)
		if err != nil {
			w.gap(l.at, true, "%v", err)
			continue
		}
		texts = append(texts, e.text)
	}
	return texts
}
