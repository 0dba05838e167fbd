package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// A system is a program that can be measured. An empty one stands for none: the lines go straight to the sink.
type system struct {
	settings  string   // what is not its default, for the report
	program   string   // a name on the PATH, or a path
	version   []string // a command that prints its version
	forward   string   // the file in bench/peers that is its configuration; "" if it needs none
	aggregate string   // the same for sums of groups; "" if it cannot
	statsd    string   // the same for counters and timers; "" if it cannot
	hits      string   // the same for hits of Redis clients; "" if it cannot
	hit       []string // the command that is one
	pickle    bool     // whether it takes pickle
	check     []string // arguments that make it check its configuration; nil if it cannot
	args      []string // arguments that make it run
}

// table returns what can be measured. Arguments may use the fields of a work, as the configurations do.
func (b *bench) table() map[string]system {
	relay := system{
		settings: "-q 4000000 -b 25000", program: "carbon-c-relay", version: []string{"carbon-c-relay", "-v"},
		forward: "carbon-c-relay-forward.conf", aggregate: "carbon-c-relay-aggregate.conf",
		check: []string{"-f", "{{.Conf}}", "-t"}, args: []string{"-f", "{{.Conf}}", "-q", "4000000", "-b", "25000"},
	}
	untuned := relay
	untuned.settings, untuned.args = "none", []string{"-f", "{{.Conf}}"}
	ours := system{
		settings: "none", program: b.program("plumbago"), version: []string{b.program("plumbago"), "version"},
		pickle: true, forward: "plumbago-forward.toml", aggregate: "plumbago-aggregate.toml", statsd: "plumbago-statsd.toml",
		hits: "plumbago-hits.toml", hit: []string{"TAHIT", "3600", "1", strconv.FormatInt(time.Now().Unix(), 10), "hits"},
		check: []string{"check", "-c", "{{.Conf}}"}, args: []string{"run", "-c", "{{.Conf}}"},
	}
	base := ours
	base.program, base.version = b.program("plumbago-base"), []string{b.program("plumbago-base"), "version"}
	floor := system{
		settings: "none", program: b.program("copy"),
		args: []string{"-listen", "{{.In}}", "-to", "{{join .Out}}"},
	}
	floor10 := floor
	floor10.settings, floor10.args = "-wait 10ms", append([]string{"-wait", "10ms"}, floor.args...)
	return map[string]system{
		"plumbago":                ours,
		"base":                    base,
		"carbon-c-relay":          relay,
		"carbon-c-relay-defaults": untuned,
		"carbon-relay": {
			settings: "MAX_QUEUE_SIZE 100000, lines out, consistent hashing also for one destination",
			program:  "carbon-relay", forward: "carbon-relay.conf", pickle: true,
			version: []string{"dpkg-query", "-W", "graphite-carbon"},
			args:    []string{"--nodaemon", "--config={{.Conf}}", "--pidfile={{.Dir}}/pid", "start"},
		},
		"statsd": {
			settings: "legacyNamespace false", program: "node", statsd: "statsd.js", version: []string{"node", "-p", "'statsd ' + require('" + reference("package.json") + "').version + ' on node ' + process.version"},
			args: []string{reference("stats.js"), "{{.Conf}}"},
		},
		"redis": {
			settings: "no persistence", program: "redis-server", version: []string{"redis-server", "--version"},
			hits: "redis.conf", hit: []string{"INCR", "hits"}, args: []string{"{{.Conf}}"},
		},
		"copy":      floor,
		"copy-10ms": floor10,
		"direct":    {settings: "-"},
	}
}

// reference returns the path of a file of the reference statsd, which scripts/install fetches with npm.
func reference(file string) string {
	cache, _ := os.UserCacheDir()
	return filepath.Join(cache, "plumbago", "npm", "node_modules", "statsd", file)
}

// A work is what a system is asked to do, in the words of its configuration's template.
type work struct {
	In             string // HOST:PORT to listen on
	InHost, InPort string
	Out            []string // HOST:PORT of each destination
	Policy         string
	Rules          []rule // before the one that takes everything
	Each           bool   // each series is a group by itself
	Pickle         bool   // comes in
	PickleOut      bool   // and goes out
	Linger         string // of a listener; "" is the default
	Dir            string // of its own, to write to
	Conf           string // path of the configuration
}

// A rule is one for a group of names, in several writings.
type rule struct {
	Kind    string // prefix, glob, regex or inner
	Group   string // the first two nodes and a dot
	Escaped string // the same as an anchored regular expression
	Regex   string // as an expression that has to look further
	Inner   string // as one that does not say how names begin
}

// rules returns a rule for each of n groups, of one kind or a third of each.
func rules(groups []string, n int, kind string) []rule {
	all := make([]rule, n)
	for i := range all {
		escaped := "^" + strings.ReplaceAll(groups[i], ".", `\.`)
		_, second, _ := strings.Cut(strings.TrimSuffix(groups[i], "."), ".")
		all[i] = rule{
			Kind:  [...]string{"prefix", "glob", "regex"}[i%3],
			Group: groups[i], Escaped: escaped, Regex: escaped + `node[0-9]+-prod\.`, Inner: `\.` + second + `\.node[0-9]+-prod\.`,
		}
		if kind != "" {
			all[i].Kind = kind
		}
	}
	return all
}

// fill executes a template over w.
func (w *work) fill(name, text string) (string, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"join": func(all []string) string { return strings.Join(all, ",") },
		"host": func(address string) string { host, _, _ := net.SplitHostPort(address); return host },
		"port": func(address string) string { _, port, _ := net.SplitHostPort(address); return port },
	}).Parse(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = t.Execute(&b, w)
	return b.String(), err
}

// fillAll executes arguments.
func (w *work) fillAll(args []string) ([]string, error) {
	out := make([]string, len(args))
	for i, a := range args {
		var err error
		if out[i], err = w.fill("argument", a); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// prepare writes the configuration and says, as a reason, why the system cannot do the work on this machine.
func (y *system) prepare(peers string, w *work, s scenario) (reason string, err error) {
	if y.program == "" {
		return "", nil
	}
	path, err := exec.LookPath(y.program)
	if err != nil {
		return filepath.Base(y.program) + " is not installed", nil
	}
	y.program = path
	file := y.forward
	switch {
	case s.statsd:
		if file = y.statsd; file == "" {
			return "it does not know statsd", nil
		}
	case s.hits > 0:
		if file = y.hits; file == "" {
			return "it speaks to no Redis client", nil
		}
	case s.aggregate:
		if file = y.aggregate; file == "" {
			return "it does not aggregate", nil
		}
	case s.pickleIn && !y.pickle:
		return "it does not take pickle", nil
	}
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Join(peers, file))
	if err != nil {
		return "", err
	}
	conf, err := w.fill(file, string(text))
	if err != nil {
		return "", fmt.Errorf("filling %s: %w", file, err)
	}
	w.Conf = filepath.Join(w.Dir, file)
	if err := os.WriteFile(w.Conf, []byte(conf), 0o644); err != nil {
		return "", err
	}
	// carbon-relay looks for it and needs nothing in it.
	if err := os.WriteFile(filepath.Join(w.Dir, "storage-schemas.conf"), nil, 0o644); err != nil {
		return "", err
	}
	return y.refused(w)
}

// refused asks the program about its configuration; the reason is what it says against it.
func (y *system) refused(w *work) (reason string, err error) {
	if y.check == nil {
		return "", nil
	}
	args, err := w.fillAll(y.check)
	if err != nil {
		return "", err
	}
	out, err := exec.Command(y.program, args...).CombinedOutput()
	if err == nil {
		return "", nil
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return "its check refuses the configuration: " + strings.ReplaceAll(first, w.Dir+"/", ""), nil
}

// said returns the first line of what its version's command prints.
func (y *system) said() string {
	if y.version == nil {
		return "of this tree"
	}
	out, _ := exec.Command(y.version[0], y.version[1:]...).CombinedOutput()
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return first
}

// freeAddress returns an address on the loopback that nobody listens on.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
