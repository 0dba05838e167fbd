package conf

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	redislists "plumbago/ingest/lists"
)

// An address is where something listens.
type address struct {
	scheme string // tcp, udp, tls, unix, unixgram, file, redis or rediss
	path   string // of all but tcp, udp and tls
	hostPort
}

// A hostPort is a host, empty for every address of this machine, and a port, 0 for any that is free.
type hostPort struct {
	host string
	port int
}

var schemes = []string{"tcp", "udp", "tls", "unix", "unixgram", "file", "redis", "rediss"}

// longestPath is the most that a unix socket's path may have: what Linux's sockaddr_un holds.
const longestPath = 107

// parseAddress reads SCHEME://HOST:PORT or SCHEME://PATH. What is wrong comes back as a message and a hint.
func parseAddress(text string) (a address, msg, hint string) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		if _, msg, _ := parseHostPort(text); msg == "" {
			return a, quote(text) + " has no scheme", fmt.Sprintf("write %q", "tcp://"+text)
		}
		return a, quote(text) + " is no address", `write it like "tcp://:2003", "udp://127.0.0.1:2003" or "unix:///run/plumbago.sock"`
	}
	a.scheme = scheme
	switch scheme {
	case "tcp", "udp", "tls":
		a.hostPort, msg, hint = parseHostPort(rest)
	case "unix", "unixgram":
		a.path = rest
		if rest == "" {
			msg, hint = "has no path", fmt.Sprintf("write it like \"%s:///run/plumbago.sock\"", scheme)
		} else if len(rest) > longestPath {
			msg = fmt.Sprintf("has a path of %d bytes; a socket's may have %d", len(rest), longestPath)
		}
	case "redis", "rediss":
		a.path = rest
		if isMasked(text) {
			return a, "the password is masked in " + quote(text), "write it, or ${NAME} for one from the environment"
		}
		if list, err := redislists.New(text, false); err != nil {
			return a, err.Error(), `write it like "redis://127.0.0.1:6379/0?key=system"`
		} else {
			_ = list.Close()
		}
	case "file":
		a.path = rest
		if !filepath.IsAbs(rest) {
			msg, hint = "has no path from the root", `write it like "file:///tmp/*.mmstats"`
		} else if _, err := filepath.Match(rest, ""); err != nil {
			msg, hint = "is no glob: "+err.Error(), ""
		}
	default:
		if valueIsLater("listen.address", scheme) {
			return a, notBuilt(scheme + "://"), ""
		}
		hint = didYouMean(nearest(scheme, schemes))
		if hint == "" {
			hint = "there are: " + strings.Join(schemes, ", ")
		}
		return a, quote(text) + " has an unknown scheme", hint
	}
	if msg != "" {
		msg = quote(text) + " " + msg
	}
	return a, msg, hint
}

// parseHostPort reads HOST:PORT, where HOST may be empty. What is wrong comes back as a message and a hint.
func parseHostPort(text string) (hp hostPort, msg, hint string) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		switch {
		case strings.Count(text, ":") > 1 && !strings.Contains(text, "["):
			return hp, "has too many colons", `an IPv6 address stands in brackets: "[::1]:2003"`
		case text == "":
			return hp, "is no address", "write HOST:PORT"
		case strings.Trim(text, "0123456789") == "":
			return hp, "has no host", fmt.Sprintf("write \":%s\" if this is the port", text)
		}
		return hp, "has no port", fmt.Sprintf("write \"%s:PORT\"", text)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil:
		return hp, fmt.Sprintf("has the port %s, which is no number from 0 to 65535", quote(port)), ""
	case host == "*":
		return hp, "has the host *", fmt.Sprintf("without a host, as in \":%s\", it is every address", port)
	case !hostname(host):
		return hp, fmt.Sprintf("has the host %s, which is neither an address nor a name", quote(host)), ""
	}
	return hostPort{host, int(n)}, "", ""
}

// hostname says whether host is empty, an IP address, or made of the letters of a name.
func hostname(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	for _, c := range []byte(host) {
		if !bare(c) && c != '.' {
			return false
		}
	}
	return len(host) < 254
}

// overlaps says whether a and b cannot both be listened on.
func (a address) overlaps(b address) bool {
	if a.path != "" || b.path != "" {
		return a.path == b.path
	}
	if a.transport() != b.transport() || a.port != b.port || a.port == 0 {
		return false
	}
	return a.covers(b.hostPort) || b.covers(a.hostPort)
}

// transport returns what carries what is sent to a: tcp or udp.
func (a address) transport() string {
	if a.scheme == "tls" {
		return "tcp"
	}
	return a.scheme
}

// covers says whether who listens on hp's host gets what is sent to the host of other.
func (hp hostPort) covers(other hostPort) bool {
	if hp.host == "" || hp.host == "::" || hp.host == other.host {
		return true
	}
	mine, others := hp.ip(), other.ip()
	return mine == others && mine.IsValid() || mine == netip.IPv4Unspecified() && others.Is4()
}

// ip returns the IP address that the host is, or the zero Addr if it is a name that only a resolver knows.
func (hp hostPort) ip() netip.Addr {
	if hp.host == "localhost" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	ip, _ := netip.ParseAddr(hp.host)
	return ip.Unmap()
}

// machine returns whether an IP address is one of this machine's own.
func machine(ip netip.Addr) bool {
	if ip.IsLoopback() || ip.IsUnspecified() {
		return true
	}
	own, _ := net.InterfaceAddrs()
	for _, a := range own {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(net.IP(ip.AsSlice())) {
			return true
		}
	}
	return false
}
