package ingest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/transport"
	"plumbago/ingest/events"
	"plumbago/ingest/statsd"
)

// Options are the keys of a [[listen]] section.
type Options struct {
	// What the senders speak: "line" (carbon's plaintext, among which lines of statsd may be), "pickle" or "statsd"; "mmstats",
	// for files in which applications publish their figures; "resp", for Redis clients that signal events; or "redis", for lists of
	// records in a Redis.
	Protocol string `toml:"protocol" enum:"line|pickle|statsd|mmstats|resp|redis"`
	// Where to listen: tcp://HOST:PORT, udp://HOST:PORT, tls://HOST:PORT, unix://PATH or unixgram://PATH; without a
	// host, on every address. Several addresses share the other keys. A UDP address is read by a socket for each core;
	// what one client sends stays in one of them, and in order. With protocol = "mmstats", file:// and a glob, as in
	// "file:///tmp/*.mmstats"; with protocol = "redis", a URL that names a list, as in
	// "redis://user:${REDIS_PASSWORD}@127.0.0.1:6379/0?key=system", or rediss:// over TLS.
	Address []string `toml:"address"`
	// The longest line in bytes. A longer one is dropped whole, counted as too_long, and the connection goes on.
	MaxLine int `toml:"max_line" unit:"bytes"`
	// The longest name in bytes, tags included.
	MaxName int `toml:"max_name" unit:"bytes"`
	// The longest pickle frame in bytes; carbon's own limit is the default. A longer one ends its connection.
	MaxFrame int `toml:"max_frame" unit:"bytes"`
	// What becomes of names with leading, trailing or doubled dots or disordered tags: "clean" mends them, "strict"
	// refuses them, "verbatim" keeps them.
	Names string `toml:"names" enum:"clean|strict|verbatim"`
	// What becomes of a stream's last line when it has no newline: "drop" (it may be cut short) or "accept" (for
	// senders like echo -n).
	Unterminated string `toml:"unterminated" enum:"drop|accept"`
	// The receive buffer of each socket in bytes, for UDP and unixgram: how much may arrive while plumbago is busy. The
	// kernel's net.core.rmem_max bounds it for users other than root; what does not fit is counted as kernel_dropped.
	RecvBuffer int `toml:"recv_buffer" unit:"bytes"`
	// Who may send: addresses and CIDR ranges, as in ["10.0.0.0/8", "::1"]; without it, everybody. Connections of others
	// are closed at once and their datagrams ignored: they are counted beside the ledger. Unix sockets are not concerned,
	// their files have permissions.
	Allow []string `toml:"allow"`
	// The most connections that this listener holds at once; one more is refused. 0 leaves it to limits.connections,
	// which bounds those of all listeners together.
	Connections int `toml:"connections"`
	// How long a TCP connection may be silent before it is closed; "0" for ever. Without it, limits.idle says so.
	Idle *time.Duration `toml:"idle"`
	// How many samples a second each remote address may send by TCP and UDP, in bursts of up to a second's worth; 0 is
	// any number. What is beyond it is dropped, and counted as rate_limit.
	Rate int `toml:"rate"`
	// Whether each connection begins with a PROXY header (version 1 or 2), as load balancers send it, which says who the
	// client is: for allow, rate and the log. A connection without one is closed. It does not concern datagrams.
	ProxyProtocol bool `toml:"proxy_protocol"`
	// With proxy_protocol: the balancers, as addresses and CIDR ranges. Only they may connect, and allow then judges the
	// clients that they name. Without it, allow judges both.
	ProxyFrom []string `toml:"proxy_from"`
	// How the streams of this listener are compressed, TLS or not: "none", "gzip", "lz4" (frames), "snappy" (the framing
	// format, or blocks one after another) or "zstd". It does not concern datagrams.
	Compress string `toml:"compress" enum:"none|gzip|lz4|snappy|zstd"`
	// How long samples may gather between two reads of a connection that brings little at a time, in steps of 5 ms: to wake for each
	// segment costs more than what is in it. "0" reads and hands on at once, for the least delay and more CPU. At most 1 s.
	Linger time.Duration `toml:"linger"`
	// With protocol = "mmstats": how often the files are read, without it every 10 s. With "redis": how often an empty list is looked at
	// again, without it every second.
	Period *time.Duration `toml:"period"`
	// With protocol = "redis": whether records lie in a list of plumbago's own, KEY:plumbago, until they are taken over, so that neither
	// side's crash loses one; one may then come twice. Without it they leave Redis in one transaction.
	Ack *bool `toml:"ack"`
	// With protocol = "resp": the keys of events.
	Resp *events.Options `toml:"resp"`
	// With protocol = "mmstats": how the files are made into samples.
	Mmstats *FilesOptions `toml:"mmstats"`
	// The certificate for the addresses that begin with tls://.
	TLS *transport.ServerTLS `toml:"tls"`
	// What becomes of statsd's samples, on a listener of lines, too; without it the defaults hold.
	Statsd *statsd.Options `toml:"statsd"`

	// Quota bounds the connections of this listener and others together; nil bounds nothing.
	Quota *Quota `toml:"-"`
	// Unfinished bounds the bytes of memory that messages take up whose end has not come, likewise.
	Unfinished *Quota `toml:"-"`
	// Inherited are sockets to use instead of binding, where they fit; nil is none.
	Inherited *Sockets `toml:"-"`
}

// DefaultOptions are the defaults of a [[listen]] section; Address has none.
func DefaultOptions() Options {
	l := carbon.DefaultLimits()
	return Options{
		Protocol: "line", MaxLine: l.MaxLine, MaxName: l.MaxName, MaxFrame: l.MaxFrame, Names: string(l.Names),
		Unterminated: "drop", RecvBuffer: 8 << 20, Compress: "none", Linger: 5 * time.Millisecond,
	}
}

// Check returns everything that is wrong with o, joined, or nil.
func (o Options) Check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch o.Protocol {
	case "line", "pickle", "statsd":
	case "redis":
		if o.Period != nil && *o.Period <= 0 {
			wrong("period is %v: want more than 0", *o.Period)
		}
	case "resp":
		if key, msg := o.resp().Check(); key != "" {
			wrong("%s %s", key, msg)
		}
	case "mmstats":
		if o.Period != nil && *o.Period <= 0 {
			wrong("period is %v: want more than 0", *o.Period)
		}
		if _, err := newFigures(o.files()); err != nil {
			errs = append(errs, err)
		}
	default:
		wrong("protocol %q is not known: want line, pickle, statsd, mmstats, resp or redis", o.Protocol)
	}
	if len(o.Address) == 0 {
		wrong("address is empty: a listener needs at least one")
	}
	secure := false
	for _, text := range o.Address {
		a, err := ParseAddress(text)
		if err != nil {
			errs = append(errs, err)
		} else if want := schemeOf(o.Protocol); want != "" && !strings.HasPrefix(a.Network, want) || want == "" && (a.Network == "file" || strings.HasPrefix(a.Network, "redis")) {
			wrong("address %q does not go with protocol %q", text, o.Protocol)
		}
		secure = secure || a.Network == "tls"
	}
	if secure && o.TLS == nil {
		wrong("an address is tls://, and there is no tls table")
	}
	switch o.Compress {
	case "none", "gzip", "lz4", "snappy", "zstd":
	default:
		wrong("compress %q is not known: want none, gzip, lz4, snappy or zstd", o.Compress)
	}
	if o.MaxLine < 1 {
		wrong("max_line is %d: want at least 1", o.MaxLine)
	}
	if o.MaxName < 1 || o.MaxName > 65535 {
		wrong("max_name is %d: want 1 to 65535", o.MaxName)
	}
	if o.MaxFrame < 1 || o.MaxFrame > 1<<30 {
		wrong("max_frame is %d: want 1 to 1 GiB", o.MaxFrame)
	}
	switch carbon.Names(o.Names) {
	case carbon.NamesClean, carbon.NamesStrict, carbon.NamesVerbatim:
	default:
		wrong("names %q is not known: want clean, strict or verbatim", o.Names)
	}
	if o.Unterminated != "drop" && o.Unterminated != "accept" {
		wrong("unterminated %q is not known: want drop or accept", o.Unterminated)
	}
	if o.RecvBuffer < 0 {
		wrong("recv_buffer is %d: want 0 (the system's own) or more", o.RecvBuffer)
	}
	if _, err := parsePrefixes(o.Allow); err != nil {
		wrong("allow: %w", err)
	}
	if _, err := parsePrefixes(o.ProxyFrom); err != nil {
		wrong("proxy_from: %w", err)
	}
	if o.ProxyFrom != nil && !o.ProxyProtocol {
		wrong("proxy_from is of no use without proxy_protocol")
	}
	if o.Connections < 0 {
		wrong("connections is %d: want 0 (no bound of its own) or more", o.Connections)
	}
	if o.Idle != nil && *o.Idle < 0 {
		wrong("idle is %v: want 0 (never) or more", *o.Idle)
	}
	if o.Linger < 0 || o.Linger > time.Second {
		wrong("linger is %v: want 0 (none) to 1s", o.Linger)
	}
	if o.Rate < 0 || o.Rate > MaxRate {
		wrong("rate is %d: want 0 (no limit) to %d", o.Rate, MaxRate)
	}
	return errors.Join(errs...)
}

// MaxRate is the largest Rate.
const MaxRate = 1_000_000_000

// limits returns what o asks of a decoder.
func (o Options) limits() carbon.Limits {
	return carbon.Limits{MaxLine: o.MaxLine, MaxName: o.MaxName, MaxFrame: o.MaxFrame, Names: carbon.Names(o.Names)}
}

// period returns how often files are read, or lists looked at.
func (o Options) period() time.Duration {
	switch {
	case o.Period != nil:
		return *o.Period
	case o.Protocol == "redis":
		return time.Second
	}
	return 10 * time.Second
}

// files returns how files are made into samples.
func (o Options) files() FilesOptions {
	if o.Mmstats == nil {
		return DefaultFilesOptions()
	}
	return *o.Mmstats
}

// schemeOf returns what the addresses of a protocol begin with that does not listen; "" for one that does.
func schemeOf(protocol string) string {
	return map[string]string{"mmstats": "file", "redis": "redis"}[protocol]
}

// resp returns the keys of events.
func (o Options) resp() events.Options {
	if o.Resp == nil {
		return events.DefaultOptions()
	}
	return *o.Resp
}

// StatsdOptions returns what becomes of statsd's samples; ok is false if none can come.
func (o Options) StatsdOptions() (s statsd.Options, ok bool) {
	switch {
	case o.Protocol != "line" && o.Protocol != "statsd":
		return s, false
	case o.Statsd == nil:
		return statsd.DefaultOptions(), true
	}
	return *o.Statsd, true
}

// decoder returns a new decoder of o's protocol for the listener with the given number.
func (o Options) decoder(source uint16) carbon.Decoder {
	s, _ := o.StatsdOptions()
	switch tags := statsd.Tags(s.Tags); o.Protocol {
	case "pickle":
		return carbon.NewPickleDecoder(o.limits())
	case "statsd":
		return statsd.NewDecoder(o.limits(), tags, int(source))
	default:
		return statsd.NewLineDecoder(o.limits(), tags, int(source))
	}
}

// cutter returns a new cutter of o's protocol, for one stream.
func (o Options) cutter() cutter {
	if o.Protocol == "pickle" {
		return frameCut{maxFrame: o.MaxFrame}
	}
	return &lineCut{maxLine: o.MaxLine, accept: o.Unterminated == "accept"}
}
