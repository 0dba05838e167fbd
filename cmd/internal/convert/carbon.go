package convert

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A carbonWriter writes one of carbon's daemons in our words.
type carbonWriter struct {
	*script
	files    map[string]Source
	daemon   string // relay or aggregator
	instance string
	section  iniSection // what the daemon reads of carbon.conf
	read     []string   // the keys that were asked for
	wrong    error      // the first value that could not be read
}

// convertCarbon writes the configuration of graphite's carbon-relay or carbon-aggregator.
func convertCarbon(s *script, sources []Source, o Options) error {
	w := &carbonWriter{script: s, files: map[string]Source{}}
	for _, f := range sources {
		kind := kindOf(f)
		switch _, twice := w.files[kind]; {
		case kind == "":
			return fmt.Errorf("%s: which of carbon's files is this? Give it its usual name (carbon.conf, relay-rules.conf, aggregation-rules.conf, rewrite-rules.conf, blacklist.conf, whitelist.conf)", f.Name)
		case twice:
			return fmt.Errorf("%s: there is a %s.conf already: %s", f.Name, kind, w.files[kind].Name)
		}
		w.files[kind] = f
	}
	main, ok := w.files["carbon"]
	if !ok {
		return errors.New("carbon.conf is not among the files: it says where carbon listens and what its destinations are")
	}
	sections, err := parseINI(main)
	if err != nil {
		return err
	}
	if err := w.choose(main, sections, o.Daemon); err != nil {
		return err
	}
	return w.write()
}

// choose finds the section that is meant, and joins that of its instance to it.
func (w *carbonWriter) choose(main Source, sections []iniSection, want string) error {
	find := func(name string) *iniSection {
		for i := range sections {
			if sections[i].name == name {
				return &sections[i]
			}
		}
		return nil
	}
	w.daemon, w.instance, _ = strings.Cut(want, ":")
	if want == "" {
		_, aggregation := w.files["aggregation-rules"]
		_, rules := w.files["relay-rules"]
		relay, aggregator := find("relay") != nil, find("aggregator") != nil
		switch {
		case aggregation && rules:
			return errors.New("there are rules of carbon-relay and of carbon-aggregator, which are two daemons: convert each with --daemon relay and --daemon aggregator, without the other's rules")
		case aggregator && (aggregation || !relay):
			w.daemon = "aggregator"
		case relay:
			w.daemon = "relay"
		default:
			return fmt.Errorf("%s has neither a [relay] nor an [aggregator]: carbon-cache stores points, which plumbago leaves to it", main.Name)
		}
		if relay && aggregator {
			s := find(map[string]string{"relay": "aggregator", "aggregator": "relay"}[w.daemon])
			w.gap(s.at, false, "[%s] is another daemon's: convert it by itself, with --daemon %s", s.name, s.name)
		}
	}
	if w.daemon != "relay" && w.daemon != "aggregator" {
		return fmt.Errorf("there is no daemon %q to convert, but relay and aggregator", w.daemon)
	}
	base := find(w.daemon)
	if base == nil {
		return fmt.Errorf("%s has no [%s]", main.Name, w.daemon)
	}
	w.section = *base
	if w.instance != "" {
		own := find(want)
		if own == nil {
			return fmt.Errorf("%s has no [%s]", main.Name, want)
		}
		w.section.keys = append(slices.Clone(base.keys), own.keys...)
	}
	for _, s := range sections {
		if strings.HasPrefix(s.name, w.daemon+":") && s.name != want {
			w.gap(s.at, false, "[%s] is another daemon's: convert it by itself, with --daemon %s", s.name, s.name)
		}
	}
	if w.instance == "" {
		w.instance = "a"
	}
	return nil
}

// write writes all of it.
func (w *carbonWriter) write() error {
	w.own()
	w.listeners()
	w.limits()
	if w.wrong != nil {
		return w.wrong
	}
	for _, kind := range []string{"storage-schemas", "storage-aggregation"} {
		if f, ok := w.files[kind]; ok {
			w.gap(Place{f.Name, 1}, false, "it is carbon-cache's, which goes on to read it")
		}
	}
	route, err := w.clusters()
	if err == nil {
		err = w.wrong
	}
	if err != nil {
		return err
	}
	w.lists()
	if w.daemon == "aggregator" {
		if err := w.aggregator(route); err != nil {
			return err
		}
	} else {
		for _, kind := range []string{"aggregation-rules", "rewrite-rules"} {
			if f, ok := w.files[kind]; ok {
				w.gap(Place{f.Name, 1}, false, "carbon-relay does not read it")
			}
		}
		if err := route(); err != nil {
			return err
		}
	}
	w.unread()
	return w.wrong
}

// text returns a key's value, and where it stands.
func (w *carbonWriter) text(key, without string) (string, Place) {
	w.read = append(w.read, key)
	if value, at, ok := w.section.get(key); ok {
		return value, at
	}
	return without, w.section.at
}

// flag returns a key that is true or false.
func (w *carbonWriter) flag(key string, without bool) (bool, Place) {
	value, at := w.text(key, strconv.FormatBool(without))
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true, at
	case "false", "no", "off", "0", "none", "":
		return false, at
	}
	w.fault(at, "%s is true or false, not %q", key, value)
	return without, at
}

// whole returns a key that is a whole number; "inf" and None are 0.
func (w *carbonWriter) whole(key string, without int) (int, Place) {
	value, at := w.text(key, strconv.Itoa(without))
	switch strings.ToLower(value) {
	case "inf", "none", "":
		return 0, at
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f < 0 || f > 1<<40 {
		w.fault(at, "%s is a number, not %q", key, value)
		return without, at
	}
	return int(f), at
}

func (w *carbonWriter) fault(at Place, format string, args ...any) {
	if w.wrong == nil {
		w.wrong = &SyntaxError{At: at, Msg: fmt.Sprintf(format, args...)}
	}
}

// unread names the keys that nothing here stands for.
func (w *carbonWriter) unread() {
	var names []string
	at := Place{}
	for _, k := range w.section.keys {
		if !slices.Contains(w.read, k.name) && !slices.Contains(names, k.name) {
			names = append(names, k.name)
			if at.Line == 0 {
				at = k.at
			}
		}
	}
	if len(names) > 0 {
		w.blank()
		w.gap(at, false, "%s: these have no counterpart here, and none changes where points go", strings.Join(names, ", "))
	}
}
