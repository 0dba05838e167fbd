package convert

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// What a file of carbon-c-relay says, statement by statement.
type (
	relayCluster struct {
		at       Place
		name     string
		kind     string
		useall   bool
		dynamic  bool
		ip       bool
		replicas int
		hosts    []relayHost
	}
	relayHost struct {
		at        Place
		text      string // a path where the cluster writes files
		proto     string
		kind      string
		transport string
		tls       string // "", "ssl" or "mtls"
		cert, key string
	}
	relayMatch struct {
		at       Place
		exprs    []word // none is every name
		validate string
		invalid  string // log or drop
		using    string
		send     []string
		stop     bool
	}
	relayRewrite struct {
		at   Place
		expr word
		into word
	}
	relayAggregate struct {
		at            Place
		exprs         []word
		every, expire int
		stamp         string
		compute       []relayCompute
		send          []string
		stop          bool
	}
	relayCompute struct {
		at       Place
		function string
		into     word
	}
	relayStatistics struct {
		at     Place
		every  int
		reset  bool
		prefix string
		send   []string
		stop   bool
	}
	relayListen struct {
		at        Place
		transport string
		tls       string
		cert      string
		options   []string // of TLS, name and value in turns
		sockets   [][2]string
	}
)

// A relayParser reads statements.
type relayParser struct {
	words []word
	i     int
	end   word // stands for the end of the file
	files Files
	open  []string // files that are being read, the outermost first
	all   *[]any
}

// parseRelay appends the statements of a file to all, those of files that it includes at their place.
func parseRelay(source Source, files Files, open []string, all *[]any) error {
	words, err := relayWords(source.Name, source.Text)
	if err != nil {
		return err
	}
	last := Place{source.Name, 1 + strings.Count(strings.TrimRight(source.Text, "\n"), "\n")}
	p := &relayParser{words: words, end: word{at: last}, files: files, open: append(open, source.Name), all: all}
	for p.i < len(p.words) {
		if err := p.statement(); err != nil {
			return err
		}
	}
	return nil
}

func (p *relayParser) peek() word {
	if p.i < len(p.words) {
		return p.words[p.i]
	}
	return p.end
}

func (p *relayParser) next() word {
	w := p.peek()
	p.i++
	return w
}

// accept takes the next words if they are these.
func (p *relayParser) accept(keywords ...string) bool {
	if p.i+len(keywords) > len(p.words) {
		return false
	}
	for i, k := range keywords {
		if !p.words[p.i+i].is(k) {
			return false
		}
	}
	p.i += len(keywords)
	return true
}

func (p *relayParser) wrong(want string) error {
	w := p.peek()
	return &SyntaxError{w.at, w.column, fmt.Sprintf("expected %s, not %s", want, w.show())}
}

func (p *relayParser) expect(keywords ...string) error {
	for _, k := range keywords {
		if !p.accept(k) {
			return p.wrong(strconv.Quote(k))
		}
	}
	return nil
}

// text takes a word that is no end of a statement.
func (p *relayParser) text(want string) (word, error) {
	if w := p.peek(); w.text == "" || w.is(";") {
		return w, p.wrong(want)
	}
	return p.next(), nil
}

// number takes a whole number from 1 on.
func (p *relayParser) number(want string) (int, error) {
	n, err := strconv.Atoi(p.peek().text)
	if err != nil || n < 1 || n > 1<<16 {
		return 0, p.wrong(want)
	}
	p.i++
	return n, nil
}

// choice takes one of some keywords.
func (p *relayParser) choice(keywords ...string) (string, error) {
	if w := p.peek(); w.is(keywords...) {
		return p.next().text, nil
	}
	return "", p.wrong("one of " + strings.Join(keywords, ", "))
}

func (p *relayParser) statement() error {
	kind, err := p.choice("cluster", "match", "rewrite", "aggregate", "statistics", "send", "listen", "include")
	if err != nil {
		return err
	}
	at := p.words[p.i-1].at
	read := map[string]func(Place) (any, error){
		"cluster": p.cluster, "match": p.match, "rewrite": p.rewrite, "aggregate": p.aggregate,
		"statistics": p.statistics, "send": p.sendStatistics, "listen": p.listen,
	}[kind]
	if read == nil {
		return p.include(at)
	}
	s, err := read(at)
	if err != nil {
		return err
	}
	*p.all = append(*p.all, s)
	return p.expect(";")
}

// include reads the files that a path or glob stands for.
func (p *relayParser) include(at Place) error {
	w, err := p.text("a path")
	if err != nil {
		return err
	}
	if err := p.expect(";"); err != nil {
		return err
	}
	fault := func(format string, args ...any) error {
		return &SyntaxError{at, w.column, fmt.Sprintf(format, args...)}
	}
	var paths []string
	for _, pattern := range []string{w.text, filepath.Join(filepath.Dir(at.File), w.text)} {
		if paths, err = p.files.Glob(pattern); err != nil {
			return fault("%q is no glob", w.text)
		} else if len(paths) > 0 {
			break
		}
	}
	if len(paths) == 0 {
		return fault("there is no file %q to include", w.text)
	}
	for _, path := range paths {
		for _, outer := range p.open {
			if filepath.Clean(outer) == filepath.Clean(path) {
				return fault("%s includes itself", path)
			}
		}
		text, err := p.files.Read(path)
		if err != nil {
			return fault("including %s: %v", path, err)
		}
		if err := parseRelay(Source{path, string(text)}, p.files, p.open, p.all); err != nil {
			return err
		}
	}
	return nil
}

func (p *relayParser) cluster(at Place) (any, error) {
	name, err := p.text("a cluster's name")
	if err != nil {
		return nil, err
	}
	c := relayCluster{at: at, name: name.text, replicas: 1}
	c.kind, err = p.choice("forward", "any_of", "failover", "carbon_ch", "fnv1a_ch", "jump_fnv1a_ch", "file")
	if err != nil {
		return nil, err
	}
	switch c.kind {
	case "file":
		c.ip = p.accept("ip")
	case "forward", "any_of", "failover":
		c.useall = p.accept("useall")
	default:
		if p.accept("replication") {
			if c.replicas, err = p.number("a number of copies"); err != nil {
				return nil, err
			}
		}
		c.dynamic = p.accept("dynamic")
	}
	for !p.peek().is(";") {
		h, err := p.host()
		if err != nil {
			return nil, err
		}
		c.hosts = append(c.hosts, h)
	}
	if len(c.hosts) == 0 {
		return nil, p.wrong("a host")
	}
	return c, nil
}

// transport takes a compression, which older versions leave out before ssl.
func (p *relayParser) transport() (string, error) {
	if p.peek().is("ssl", "mtls") {
		return "plain", nil
	}
	return p.choice("plain", "gzip", "lz4", "snappy")
}

func (p *relayParser) host() (h relayHost, err error) {
	w, err := p.text("a host")
	if err != nil {
		return h, err
	}
	h = relayHost{at: w.at, text: w.text, proto: "tcp", kind: "linemode", transport: "plain"}
	if p.accept("proto") {
		if h.proto, err = p.choice("tcp", "udp"); err != nil {
			return h, err
		}
	}
	if p.accept("type") {
		if h.kind, err = p.choice("linemode", "syslog"); err != nil {
			return h, err
		}
	}
	if p.accept("transport") {
		if h.transport, err = p.transport(); err != nil {
			return h, err
		}
		if p.accept("ssl") {
			h.tls = "ssl"
		} else if p.accept("mtls") {
			h.tls = "mtls"
			for _, to := range []*string{&h.cert, &h.key} {
				w, err := p.text("the path of a certificate, and of its key")
				if err != nil {
					return h, err
				}
				*to = w.text
			}
		}
	}
	return h, nil
}
