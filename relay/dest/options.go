package dest

import (
	"time"

	"plumbago/carbon/transport"
)

// Options are the keys of a [[cluster]] section that concern each of its endpoints.
type Options struct {
	// What the endpoints speak: "plaintext" and "pickle" are carbon's; "log" writes lines to a file or a standard
	// stream; "redis" pushes JSON records to a list in a Redis server.
	Protocol string `toml:"protocol" enum:"plaintext|pickle|log|redis"`
	// How plaintext and pickle travel: "tcp", "udp" or "unix". Over UDP a datagram holds whole lines, or one whole pickle
	// frame, of about 1,400 bytes. With "unix" the endpoints are paths of stream sockets.
	Transport string `toml:"transport" enum:"tcp|udp|unix"`
	// TLS on the way to the endpoints, which a table with these keys turns on, {} too, or rediss:// for a list; not over UDP.
	TLS *transport.ClientTLS `toml:"tls"`
	// How the stream to the endpoints is compressed: "none", "gzip", "lz4" (frames), "snappy" (the framing format) or
	// "zstd"; not over UDP. The endpoints must be set to the same.
	Compress string `toml:"compress" enum:"none|gzip|lz4|snappy|zstd"`
	// How much may wait for one endpoint in memory, in bytes. What all of them may hold together is bounded by
	// limits.memory.
	Queue int `toml:"queue" unit:"bytes"`
	// How much may wait for one endpoint on disk, below state.dir, in bytes: what memory has no room for, and what has waited
	// there for long. "0" turns it off.
	Spool int `toml:"spool" unit:"bytes"`
	// How long points may lie on disk: older ones are dropped and counted as expired. "0" is for ever.
	SpoolAge time.Duration `toml:"spool_age"`
	// How much time's points a crash may cost. What has waited in memory for half of that goes to disk, and what went to disk
	// is safe from a power cut after the other half.
	SpoolSync time.Duration `toml:"spool_sync"`
	// How many points a second may be sent again from disk, beside what is live and goes first. 0 is twice as many as the
	// endpoint gets, or lately got, and at least 10,000.
	Replay int `toml:"replay"`
	// What gives way when the queue is full: "drop_oldest" or "drop_newest", counted as overflow; or nothing does, and with
	// "block" the senders have to wait: no connection is read any more until the endpoint takes something, whatever clusters
	// the samples on it are for. Who sends by UDP cannot be made to wait: the kernel drops what it has no room for.
	// Without a spool a flood is held, with any of them, to the pace of an endpoint that takes 32 MiB a second or more: while it does, no connection is
	// read on that would fill more than a quarter of its queue.
	Overflow string `toml:"overflow" enum:"drop_oldest|drop_newest|block"`
	// What counts as delivered. "close": what the endpoint's application is proven to have read, by its answer to the end of
	// a connection; everything since the last proof is sent again after a break. "window": what the endpoint has probably
	// read, by what the system knows of the connection. "written" trusts the operating system's word that it took the bytes:
	// for endpoints that add up what they get, where a repetition would count twice. Datagrams and logs are always delivered
	// when they are written, and records when Redis has answered.
	Confirm string `toml:"confirm" enum:"close|window|written"`
	// How long what was written may stay unproven at most: then the connection is ended in order, and the next one, which is
	// made meanwhile, goes on. With confirm = "window": after how long of silence what cannot be estimated is trusted.
	ConfirmEvery time.Duration `toml:"confirm_every"`
	// How many bytes may be unproven before a proof is asked for; at most a quarter of the queue.
	ConfirmBytes int `toml:"confirm_bytes" unit:"bytes"`
	// Whether the type of a sample is written after its time, for another plumbago.
	Types bool `toml:"types"`
	// How many bytes of points are gathered at most before they are queued; at most 64 KiB.
	Batch int `toml:"batch" unit:"bytes"`
	// How long points are gathered at most before they are queued.
	Flush time.Duration `toml:"flush"`
	// How long a connection may take to come up, TLS included.
	ConnectTimeout time.Duration `toml:"connect_timeout"`
	// How long the endpoint may take nothing at all before its connection is given up and made anew.
	WriteTimeout time.Duration `toml:"write_timeout"`
	// How long the endpoint's system may leave sent bytes unacknowledged before the connection is given up and made anew
	// (TCP_USER_TIMEOUT).
	UserTimeout time.Duration `toml:"user_timeout"`
	// How often an endpoint's name is looked up again while its connection is up. When the address in use is none of the
	// name's any more, the connection is ended in order and made anew. "0" looks a name up only to connect.
	Resolve time.Duration `toml:"resolve"`
	// How old a connection may become, give or take a tenth, before it is ended in order and made anew, so that load
	// finds its way to machines that were added behind a balancer. "0" means as old as it likes.
	MaxConnAge time.Duration `toml:"max_conn_age"`
	// The shortest and the longest pause before a broken connection is tried again. The pause doubles from one to the
	// other, with jitter, and starts over once a connection held.
	Reconnect []time.Duration `toml:"reconnect"`
	// How a log writes a point: "plain" (name value time), "json" (an object a line), "jumpscale" (time, name in 100
	// columns, value; below an endpoint that ends in "/", a tree of daily files) or "senf" (seconds since the start, then
	// a series' count, min, avg, max and dev in one line).
	Layout string `toml:"layout" enum:"plain|json|jumpscale|senf"`

	// SpoolRoot is the directory that spools are below; empty: there are none.
	SpoolRoot string `toml:"-"`
}

// DefaultOptions are the defaults of a [[cluster]] section.
func DefaultOptions() Options {
	return Options{
		Protocol: "plaintext", Transport: "tcp", Queue: 64 << 20, Overflow: "drop_oldest", Confirm: "close", Compress: "none",
		SpoolAge: 24 * time.Hour, SpoolSync: time.Second,
		Batch: 64 << 10, Flush: 5 * time.Millisecond, ConnectTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second,
		UserTimeout: 10 * time.Second, Resolve: 30 * time.Second, ConfirmEvery: 5 * time.Second, ConfirmBytes: 4 << 20,
		Reconnect: []time.Duration{100 * time.Millisecond, 30 * time.Second}, Layout: "plain",
	}
}
