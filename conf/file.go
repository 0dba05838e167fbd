package conf

import (
	_ "embed"
	"time"

	"plumbago/aggregate/history"
	"plumbago/carbon/transport"
	"plumbago/ingest"
	"plumbago/relay"
)

// A File is a whole configuration, with its includes and its defaults.
type File struct {
	// Further files whose [[listen]], [[cluster]] and [[rule]] sections are appended to this file's, in the order of
	// their names: paths or globs, relative to this file.
	Include []string               `toml:"include"`
	Log     Log                    `toml:"log"`
	Admin   Admin                  `toml:"admin"`
	State   State                  `toml:"state"`
	Self    Self                   `toml:"self"`
	History history.Options        `toml:"history"`
	Limits  Limits                 `toml:"limits"`
	Listen  []ingest.Options       `toml:"listen"`
	Cluster []relay.ClusterOptions `toml:"cluster"`
	Rule    []relay.RuleOptions    `toml:"rule"`

	// Warnings are what works but is hardly meant: a cluster that nobody sends to, a rule that nothing reaches. They
	// are looked for once there are no faults.
	Warnings Faults `toml:"-"`

	name                  string // of the file that includes the others
	hash                  string
	listen, cluster, rule []Place
	sources               map[string]*index // of each file's text
	expanded              map[string]string // texts that the environment went into, and how they were written
}

// Log is the [log] section.
type Log struct {
	// The least grave message that is written: "debug", "info", "warn" or "error".
	Level string `toml:"level" enum:"debug|info|warn|error"`
	// How messages look: "console" is for people, "json" for machines; "auto" is console on a terminal, else json.
	Format string `toml:"format" enum:"auto|console|json"`
	// Where messages go: a file, which SIGHUP reopens; empty for standard error.
	File string `toml:"file"`
}

// Admin is the [admin] section.
type Admin struct {
	// Where the HTTP API listens, as HOST:PORT; empty turns it off. Whoever reaches it can read everything.
	Address string `toml:"address"`
	// Further names that whoever asks may call this machine by (the Host header): "relay1.example.com", without a port. Addresses, localhost,
	// the machine's own name and that in address are known. Under any other name there are only /healthz, /readyz and /metrics, since a page
	// of another site could make a name of its own point here.
	Hosts []string `toml:"hosts"`
	// A file that holds a token, which then every call that changes something must bear ("Authorization: Bearer ..."; the
	// commands have --token-file). It is read at each such call, so it may be replaced. Empty: no token is asked for, and
	// whoever reaches the API can change what it lets change.
	TokenFile string `toml:"token_file"`
	// The certificate with which the API speaks TLS; without it, it is plain HTTP. With client_ca only clients with a certificate of
	// that authority get in.
	TLS *transport.ServerTLS `toml:"tls"`
}

// State is the [state] section.
type State struct {
	// The directory where what must outlive the process is kept; it is made if it is not there. Empty: nothing is written to disk, and at
	// a stop open slices are emitted as they stand.
	Dir string `toml:"dir"`
	// How often the aggregates' state is written there; also at a stop. Writing takes a twentieth of the time at most: with very many
	// series it is written less often.
	Snapshot time.Duration `toml:"snapshot"`
}

// Self is the [self] section: plumbago's own figures, which walk the table like any other sample.
type Self struct {
	// What the names of the figures begin with; {host} is the machine's name up to its first dot.
	Prefix string `toml:"prefix"`
	// How often they are sent, at the ends of intervals in Unix time; "0" sends none.
	Interval time.Duration `toml:"interval"`
	// Whose names they have: plumbago's own (""), or those of "carbon-c-relay", for dashboards that look for these (its prefix
	// is "carbon.relays.{host}").
	Compat string `toml:"compat" enum:"|carbon-c-relay"`
	// The file in which they are too, under the same names, each second, whatever interval says: an mmstats file, as "plumbago mmstats"
	// and other programs of its kind read it without asking the daemon. {PID} in the path is the number of the process. At the
	// stop the file is removed. "" makes none.
	Mmstats string `toml:"mmstats"`
}

// Limits is the [limits] section.
type Limits struct {
	// How many series the aggregates may hold together. A sample that would make one more is dropped and counted as
	// series_limit.
	Series int `toml:"series"`
	// How many connections all listeners may hold together. One more is refused, and counted beside the ledger.
	Connections int `toml:"connections"`
	// A TCP connection on which nothing has come for so long is closed, unless its listener says otherwise; "0" never.
	Idle time.Duration `toml:"idle"`
	// How much memory the process may take: a share of what its cgroup or else the machine has, or a size. The queues
	// of all endpoints hold a third of it at most, of which half is divided among them and half is for those that need
	// it; messages whose end has not come, of all connections, a tenth: whoever needs more for one is cut off. Near the limit new series are dropped, counted as series_limit, and names that are not heard of are forgotten
	// early, so that the process is not killed. "0" sets no limit.
	Memory Share `toml:"memory"`
}

// A Place is where a section stands.
type Place struct {
	File string
	Line int    // from 1
	Key  string // its path in its own file, as in rule[3]
}

// DefaultText is the configuration of a plumbago that was given none: what `plumbago config` prints.
//
//go:embed default.toml
var DefaultText string

// Default returns the configuration that DefaultText describes.
func Default() *File {
	f, faults := Parse(builtIn, []byte(DefaultText), func(string) (string, bool) { return "", false })
	if faults != nil {
		panic("bug: the built-in configuration is faulty: " + faults.Error())
	}
	return f
}

// empty returns a File that holds the defaults and no list of anything.
func empty() *File {
	return &File{
		Log:     Log{Level: "info", Format: "auto"},
		Admin:   Admin{Address: "127.0.0.1:2080"},
		State:   State{Snapshot: 10 * time.Second},
		Self:    Self{Prefix: "plumbago.{host}", Interval: 10 * time.Second},
		History: history.DefaultOptions(),
		Limits:  Limits{Series: 5_000_000, Connections: 10_000, Idle: 10 * time.Minute, Memory: Share{Percent: 80}},
		sources: map[string]*index{}, expanded: map[string]string{},
	}
}

// builtIn is the name of the configuration that is in no file.
const builtIn = "built-in"

// Name returns the name of the file that was read, or "built-in".
func (f *File) Name() string { return f.name }

// FromFile says whether there is a file that f was read from, or that is the one which f is to be instead of.
func (f *File) FromFile() bool { return f.name != builtIn }

// Hash returns the SHA-256 of what was read, includes too, in hexadecimal.
func (f *File) Hash() string { return f.hash }

// ListenPlace returns where the i-th listener, counted from 0, stands.
func (f *File) ListenPlace(i int) Place { return f.listen[i] }

// ClusterPlace returns where the i-th cluster, counted from 0, stands.
func (f *File) ClusterPlace(i int) Place { return f.cluster[i] }

// Warn adds a warning about a key of a section that is there once, such as state.dir.
func (f *File) Warn(key, msg, hint string) {
	f.Warnings = append(f.Warnings, f.fault(Place{File: f.name}, key, msg, hint))
}

// fault makes a fault of the key (a path within the section at p) whose line it finds; with an empty key it concerns
// the section as a whole.
func (f *File) fault(p Place, key, msg, hint string) Fault {
	full := p.Key
	switch {
	case full == "":
		full = key
	case key != "":
		full += "." + key
	}
	return Fault{File: p.File, Line: f.sources[p.File].line(full), Key: full, Msg: msg, Hint: hint}
}
