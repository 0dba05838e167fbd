package convert

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// A carbonDestination is one of DESTINATIONS.
type carbonDestination struct {
	text, address, instance string
}

// parseDestinations reads HOST:PORT[:INSTANCE], several with commas.
func parseDestinations(value string, at Place) (all []carbonDestination, err error) {
	for _, text := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '\n' }) {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		host, rest, ok := strings.Cut(text, ":")
		if strings.HasPrefix(text, "[") {
			host, rest, ok = strings.Cut(text[1:], "]:")
		}
		port, instance, _ := strings.Cut(rest, ":")
		if !ok || host == "" || port == "" || strings.Trim(port, "0123456789") != "" {
			return nil, &SyntaxError{At: at, Msg: fmt.Sprintf("expected HOST:PORT or HOST:PORT:INSTANCE, not %q", text)}
		}
		if instance == "None" {
			instance = ""
		}
		d := carbonDestination{text, net.JoinHostPort(host, port), instance}
		if !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all, nil
}

// clusters writes where points go, and returns what writes the rules that send them there.
func (w *carbonWriter) clusters() (route func() error, err error) {
	value, at := w.text("DESTINATIONS", "")
	all, err := parseDestinations(value, at)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, &SyntaxError{At: at, Msg: "DESTINATIONS names no destination"}
	}
	method, methodAt := w.text("RELAY_METHOD", "rules")
	if w.daemon == "aggregator" {
		method = "consistent-hashing" // whatever is set
	}
	switch method {
	case "rules":
		return w.rules(all)
	case "constant":
		w.from(at, "DESTINATIONS, all of them")
		w.cluster("carbon", all)
	default:
		w.hashing(method, methodAt, all)
	}
	return func() error {
		w.from(methodAt, "RELAY_METHOD = "+method)
		w.header("[[rule]]")
		w.key("match", "**")
		w.key("send", "carbon")
		return nil
	}, nil
}

// hashing writes a cluster with a ring.
func (w *carbonWriter) hashing(method string, at Place, all []carbonDestination) {
	w.from(at, "RELAY_METHOD = "+method)
	if method != "consistent-hashing" {
		w.gap(at, true, "RELAY_METHOD = %s: names are placed by consistent-hashing here, so many live elsewhere", method)
	}
	hash, hashAt := w.text("ROUTER_HASH_TYPE", "carbon_ch")
	policy := "carbon_ch"
	switch hash {
	case "fnv1a_ch":
		policy = hash
	case "carbon_ch", "None", "":
	default:
		w.gap(hashAt, true, "ROUTER_HASH_TYPE = %s: there is no such ring here; it is carbon_ch, so names live elsewhere", hash)
	}
	copies, _ := w.whole("REPLICATION_FACTOR", 1)
	diverse, _ := w.flag("DIVERSE_REPLICAS", true)
	w.cluster("carbon", all)
	w.key("policy", policy)
	w.key("ring", "carbon")
	w.key("replicas", min(max(copies, 1), len(all)))
	w.key("diverse", diverse)
}

// cluster writes a cluster of destinations, as far as all have it in common.
func (w *carbonWriter) cluster(name string, all []carbonDestination) {
	w.header("[[cluster]]")
	w.key("name", name)
	var endpoints []string
	for _, d := range all {
		text := d.address
		if d.instance != "" && (len(all) > 1 || name == "carbon") {
			text += "=" + d.instance
		}
		endpoints = append(endpoints, text)
	}
	w.key("endpoints", endpoints)
	protocol, at := w.text("DESTINATION_PROTOCOL", "pickle")
	switch protocol {
	case "pickle":
		w.key("protocol", "pickle")
	case "line":
		w.key("protocol", "plaintext")
	default:
		w.gap(at, true, "DESTINATION_PROTOCOL = %s: nothing here speaks it; it is pickle", protocol)
		w.key("protocol", "pickle")
	}
	if flow, _ := w.flag("USE_FLOW_CONTROL", true); flow {
		w.comment("USE_FLOW_CONTROL: senders wait while a queue is full; MAX_QUEUE_SIZE is in bytes here")
		w.key("overflow", "block")
	} else {
		w.key("overflow", "drop_newest")
	}
	w.text("MAX_QUEUE_SIZE", "")
	w.key("queue", "64MiB")
	transport, at := w.text("DESTINATION_TRANSPORT", "none")
	switch strings.ToLower(transport) {
	case "ssl":
		ca, _ := w.text("DESTINATION_SSL_CA", "")
		w.lines = append(w.lines, "tls = { ca = "+quoted(strings.ReplaceAll(ca, "${", "$${"))+" }")
	case "none", "":
	default:
		w.gap(at, true, "DESTINATION_TRANSPORT = %s: there is ssl or nothing here", transport)
	}
}

// rules writes a cluster for each destination, and returns what writes relay-rules.conf.
func (w *carbonWriter) rules(all []carbonDestination) (func() error, error) {
	f, ok := w.files["relay-rules"]
	if !ok {
		_, at := w.text("RELAY_METHOD", "rules")
		return nil, &SyntaxError{At: at, Msg: "RELAY_METHOD is rules, but relay-rules.conf is not among the files"}
	}
	sections, err := parseINI(f)
	if err != nil {
		return nil, err
	}
	_, at := w.text("DESTINATIONS", "")
	w.from(at, "DESTINATIONS, each by itself, so that rules can name them")
	for _, d := range all {
		w.cluster(d.text, []carbonDestination{d})
	}
	return func() error { return w.relayRules(f, sections, all) }, nil
}

// relayRules writes the rules in their order; the default is the last one wherever it stands.
func (w *carbonWriter) relayRules(f Source, sections []iniSection, all []carbonDestination) error {
	var standard *iniSection
	for i := range sections {
		s := &sections[i]
		value, at, has := s.get("destinations")
		if !has {
			return &SyntaxError{At: s.at, Msg: fmt.Sprintf("[%s] has no destinations", s.name)}
		}
		pattern, patternAt, is := s.get("pattern")
		if !is {
			if on, onAt, ok := s.get("default"); !ok {
				return &SyntaxError{At: s.at, Msg: fmt.Sprintf("[%s] has neither a pattern nor default = true", s.name)}
			} else if !pythonTrue(on) {
				continue
			} else if standard != nil {
				return &SyntaxError{At: onAt, Msg: "there is a default already: [" + standard.name + "]"}
			}
			standard = s
			continue
		}
		to, err := w.destinations(value, at, all)
		if err != nil {
			return err
		}
		on, _, _ := s.get("continue")
		w.from(s.at, "["+s.name+"]")
		e, err := pythonExpr(pattern, true)
		if err != nil {
			w.gap(patternAt, true, "%v", err)
			continue
		}
		w.relayRule([]string{e.text}, to, pythonTrue(on))
	}
	if standard == nil {
		return &SyntaxError{At: Place{f.Name, 1}, Msg: "no section has default = true"}
	}
	value, at, _ := standard.get("destinations")
	to, err := w.destinations(value, at, all)
	if err != nil {
		return err
	}
	w.from(standard.at, "["+standard.name+"], the default")
	w.relayRule(nil, to, false)
	return nil
}

func pythonTrue(text string) bool {
	return slices.Contains([]string{"1", "yes", "true", "on"}, strings.ToLower(text))
}

// destinations returns the names of the clusters for some destinations.
func (w *carbonWriter) destinations(value string, at Place, all []carbonDestination) (names []string, err error) {
	wanted, err := parseDestinations(value, at)
	if err != nil {
		return nil, err
	}
	for _, d := range wanted {
		i := slices.IndexFunc(all, func(o carbonDestination) bool { return o.address == d.address && o.instance == d.instance })
		if i < 0 {
			w.gap(at, false, "%s is not in DESTINATIONS, so carbon sends nothing there, and neither do we", d.text)
			continue
		}
		names = append(names, all[i].text)
	}
	return names, nil
}

func (w *carbonWriter) relayRule(texts, to []string, on bool) {
	if len(to) == 0 && on {
		return
	}
	w.header("[[rule]]")
	if texts == nil {
		w.key("match", "**")
	} else {
		w.raw("regex", texts)
	}
	if len(to) == 0 {
		w.key("drop", true)
		return
	}
	w.key("send", to)
	if on {
		w.key("stop", false)
	}
}
