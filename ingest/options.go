package ingest

import "plumbago/carbon"

// Options are the keys of a [[listen]] section.
type Options struct {
	// What the senders speak: "line" (carbon's plaintext, with statsd-style name:value|N and |D) or "pickle".
	Protocol string `toml:"protocol" enum:"line|pickle"`
	// Where to listen: tcp://HOST:PORT, udp://HOST:PORT, unix://PATH or unixgram://PATH; without a host, on every
	// address. Several addresses share the other keys.
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
	// The socket's receive buffer in bytes, for UDP and unixgram: how much may arrive while plumbago is busy. The
	// kernel's net.core.rmem_max bounds it for users other than root.
	RecvBuffer int `toml:"recv_buffer" unit:"bytes"`
}

// DefaultOptions are the defaults of a [[listen]] section; Address has none.
func DefaultOptions() Options {
	l := carbon.DefaultLimits()
	return Options{
		Protocol: "line", MaxLine: l.MaxLine, MaxName: l.MaxName, MaxFrame: l.MaxFrame, Names: string(l.Names),
		Unterminated: "drop", RecvBuffer: 8 << 20,
	}
}
