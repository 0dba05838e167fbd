package convert

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// What a file of carbon-relay-ng says.
type (
	ngConfig struct {
		tree        map[string]any
		at          Place
		blocks      []ngBlock
		rewriters   []ngRewriter
		aggregators []ngAggregator
		routes      []ngRoute
		left        []ngLeft
	}
	ngMatcher struct{ prefix, notPrefix, sub, notSub, regex, notRegex string }
	ngBlock   struct {
		at Place
		m  ngMatcher
	}
	ngRewriter struct {
		at            Place
		old, new, not string
		max           int
	}
	ngAggregator struct {
		at             Place
		function       string
		format         string
		m              ngMatcher
		interval, wait int
		dropRaw        bool
	}
	ngRoute struct {
		at           Place
		key, kind    string
		m            ngMatcher
		destinations []ngDestination
	}
	ngDestination struct {
		at                Place
		address, instance string
		m                 ngMatcher
		pickle, spool     bool
		others            []string // options that nothing here stands for
	}
	// An ngLeft is what cannot be read as any of these.
	ngLeft struct {
		at   Place
		text string
	}
)

// parseNG reads a file. Like the program it first replaces variables, of which there are few; other dollars stay, without braces.
func parseNG(f Source) (*ngConfig, error) {
	text := os.Expand(f.Text, func(name string) string {
		if name == "HOST" {
			host, _ := os.Hostname()
			host, _, _ = strings.Cut(host, ".")
			return host
		}
		return "$" + name
	})
	c := &ngConfig{at: Place{f.Name, 1}}
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		var e toml.ParseError
		if errors.As(err, &e) {
			return nil, &SyntaxError{Place{f.Name, max(e.Position.Line, 1)}, e.Position.Col, e.Message}
		}
		return nil, &SyntaxError{At: c.at, Msg: err.Error()}
	}
	c.tree = lowered(tree)
	r := &ngReader{c: c, lines: strings.Split(text, "\n")}
	r.read()
	return c, r.err
}

// lowered returns a table with its keys in lower case, as the program compares them.
func lowered(tree map[string]any) map[string]any {
	low := map[string]any{}
	for k, v := range tree {
		switch t := v.(type) {
		case map[string]any:
			v = lowered(t)
		case []map[string]any:
			list := make([]map[string]any, len(t))
			for i := range t {
				list[i] = lowered(t[i])
			}
			v = list
		}
		low[strings.ToLower(k)] = v
	}
	return low
}

// An ngReader makes the parts of a configuration from its tables. It keeps the first mistake.
type ngReader struct {
	c     *ngConfig
	lines []string
	err   error
}

func (r *ngReader) wrong(at Place, format string, args ...any) {
	if r.err == nil {
		r.err = &SyntaxError{At: at, Msg: fmt.Sprintf(format, args...)}
	}
}

// section finds the n-th header of a list of tables, from 0.
func (r *ngReader) section(name string, n int) Place {
	for i, line := range r.lines {
		line = strings.ToLower(strings.Join(strings.Fields(line), ""))
		if strings.HasPrefix(line, "[["+name+"]]") {
			if n == 0 {
				return Place{r.c.at.File, i + 1}
			}
			n--
		}
	}
	return r.c.at
}

// holding finds the line that a text stands on.
func (r *ngReader) holding(text string) Place {
	if len(text) > 0 {
		for i, line := range r.lines {
			if strings.Contains(line, text) || strings.Contains(strings.ReplaceAll(line, `\\`, `\`), text) {
				return Place{r.c.at.File, i + 1}
			}
		}
	}
	return r.c.at
}

func (r *ngReader) read() {
	if init, ok := r.c.tree["init"].(map[string]any); ok {
		for _, cmd := range r.texts(init["cmds"], "init.cmds") {
			r.command(cmd)
		}
	}
	for _, key := range []string{"blocklist", "blacklist"} {
		for _, entry := range r.texts(r.c.tree[key], key) {
			method, text, _ := strings.Cut(entry, " ")
			r.block(r.holding(entry), method, strings.TrimSpace(text))
		}
	}
	for i, t := range r.tables("aggregation") {
		at := r.section("aggregation", i)
		a := ngAggregator{at: at, function: r.text(at, t, "function"), format: r.text(at, t, "format"), m: r.matcher(at, t),
			interval: r.whole(at, t, "interval", 0), wait: r.whole(at, t, "wait", 0), dropRaw: r.flag(at, t, "dropraw")}
		r.c.aggregators = append(r.c.aggregators, a)
	}
	for i, t := range r.tables("rewriter") {
		at := r.section("rewriter", i)
		r.c.rewriters = append(r.c.rewriters, ngRewriter{at, r.text(at, t, "old"), r.text(at, t, "new"), r.text(at, t, "not"), r.whole(at, t, "max", 0)})
	}
	for i, t := range r.tables("route") {
		at := r.section("route", i)
		route := ngRoute{at: at, key: r.text(at, t, "key"), kind: r.text(at, t, "type"), m: r.matcher(at, t)}
		for _, text := range r.texts(t["destinations"], "destinations") {
			route.destinations = append(route.destinations, r.destination(r.holding(text), text))
		}
		r.c.routes = append(r.c.routes, route)
	}
}

func (r *ngReader) tables(name string) []map[string]any {
	list, _ := r.c.tree[name].([]map[string]any)
	return list
}

func (r *ngReader) texts(value any, key string) (all []string) {
	list, ok := value.([]any)
	if !ok && value != nil {
		r.wrong(r.c.at, "%s is a list of texts", key)
	}
	for _, v := range list {
		text, ok := v.(string)
		if !ok {
			r.wrong(r.c.at, "%s is a list of texts", key)
		}
		all = append(all, text)
	}
	return all
}

func (r *ngReader) text(at Place, t map[string]any, key string) string {
	text, ok := t[key].(string)
	if !ok && t[key] != nil {
		r.wrong(at, "%s is a text", key)
	}
	return text
}

func (r *ngReader) whole(at Place, t map[string]any, key string, without int) int {
	n, ok := t[key].(int64)
	switch {
	case t[key] == nil:
		return without
	case !ok || n < -1 || n > 1<<30:
		r.wrong(at, "%s is a whole number", key)
	}
	return int(n)
}

func (r *ngReader) flag(at Place, t map[string]any, key string) bool {
	b, ok := t[key].(bool)
	if !ok && t[key] != nil {
		r.wrong(at, "%s is true or false", key)
	}
	return b
}

func (r *ngReader) matcher(at Place, t map[string]any) ngMatcher {
	sub := r.text(at, t, "sub")
	if sub == "" {
		sub = r.text(at, t, "substr")
	}
	return ngMatcher{r.text(at, t, "prefix"), r.text(at, t, "notprefix"), sub, r.text(at, t, "notsub"), r.text(at, t, "regex"), r.text(at, t, "notregex")}
}

func (r *ngReader) block(at Place, method, text string) {
	b := ngBlock{at: at}
	if !b.m.set(method, text) || text == "" {
		r.wrong(at, "expected prefix, notPrefix, sub, notSub, regex or notRegex, and a pattern, not %q", method+" "+text)
	}
	r.c.blocks = append(r.c.blocks, b)
}

// set sets what an option of a matcher says.
func (m *ngMatcher) set(name, text string) bool {
	to, ok := map[string]*string{"prefix": &m.prefix, "notPrefix": &m.notPrefix, "sub": &m.sub, "substr": &m.sub, "notSub": &m.notSub,
		"regex": &m.regex, "notRegex": &m.notRegex}[name]
	if ok {
		*to = text
	}
	return ok
}

// destination reads HOST:PORT[:INSTANCE] and options.
func (r *ngReader) destination(at Place, text string) (d ngDestination) {
	d.at = at
	words := strings.Fields(text)
	if len(words) == 0 {
		r.wrong(at, "expected HOST:PORT and options, not %q", text)
		return d
	}
	parts := strings.Split(words[0], ":")
	switch n := len(parts); {
	case n == 2:
		d.address = words[0]
	case n > 2 && strings.HasSuffix(parts[n-2], "]"), n > 3 && strings.HasPrefix(words[0], "["):
		d.address = words[0] // an IPv6 address in brackets
	case n == 3:
		d.address, d.instance = parts[0]+":"+parts[1], parts[2]
	default:
		r.wrong(at, "expected HOST:PORT or HOST:PORT:INSTANCE, not %q", words[0])
	}
	for _, w := range words[1:] {
		name, value, ok := strings.Cut(w, "=")
		switch {
		case !ok:
			r.wrong(at, "expected an option NAME=VALUE, not %q", w)
		case d.m.set(name, value):
		case name == "pickle" || name == "spool":
			on, err := strconv.ParseBool(value)
			if err != nil {
				r.wrong(at, "%s is true or false, not %q", name, value)
			}
			if name == "pickle" {
				d.pickle = on
			} else {
				d.spool = on
			}
		default:
			d.others = append(d.others, w)
		}
	}
	return d
}

// command reads one of the commands that are run at the start.
func (r *ngReader) command(text string) {
	at := r.holding(text)
	words := strings.Fields(text)
	switch {
	case len(words) == 0:
		return
	case (words[0] == "addBlock" || words[0] == "addBlack") && len(words) == 3:
		r.block(at, words[1], words[2])
		return
	case words[0] == "addRewriter" && len(words) == 4:
		if most, err := strconv.Atoi(words[3]); err == nil {
			r.c.rewriters = append(r.c.rewriters, ngRewriter{at: at, old: words[1], new: words[2], max: most})
			return
		}
	case words[0] == "addAgg":
		if a, ok := ngAggregatorOf(at, words[1:]); ok {
			r.c.aggregators = append(r.c.aggregators, a)
			return
		}
	case words[0] == "addRoute" && len(words) >= 3:
		parts := strings.Split(text, "  ")
		head := strings.Fields(parts[0])
		route := ngRoute{at: at}
		good := len(head) >= 3
		if good {
			route.kind, route.key = head[1], head[2]
			for _, w := range head[3:] {
				name, value, _ := strings.Cut(w, "=")
				good = good && route.m.set(name, value)
			}
		}
		for _, p := range parts[1:] {
			if strings.TrimSpace(p) != "" {
				route.destinations = append(route.destinations, r.destination(at, p))
			}
		}
		if good {
			r.c.routes = append(r.c.routes, route)
			return
		}
	}
	r.c.left = append(r.c.left, ngLeft{at, text})
}

// ngAggregatorOf reads FUNC [REGEX] [option=...] FORMAT INTERVAL WAIT [option=...].
func ngAggregatorOf(at Place, words []string) (a ngAggregator, ok bool) {
	a.at = at
	var plain []string
	for _, w := range words {
		name, value, has := strings.Cut(w, "=")
		switch {
		case has && a.m.set(name, value), has && name == "cache":
		case has && name == "dropRaw":
			a.dropRaw = value == "true"
		default:
			plain = append(plain, w)
		}
	}
	if len(plain) == 5 && a.m.regex == "" {
		a.m.regex = plain[1]
		plain = append(plain[:1], plain[2:]...)
	}
	if len(plain) != 4 {
		return a, false
	}
	a.function, a.format = plain[0], plain[1]
	var err1, err2 error
	a.interval, err1 = strconv.Atoi(plain[2])
	a.wait, err2 = strconv.Atoi(plain[3])
	return a, err1 == nil && err2 == nil
}
