package ingest

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"plumbago/ingest/lists"
)

// An Address is one place to listen at.
type Address struct {
	Network string // tcp, udp, tls, unix, unixgram, file, redis or rediss
	Host    string // HOST:PORT with HOST possibly empty, the path of a unix socket ("@name" for an abstract one), a glob for files, or the rest of a URL of Redis
}

// String returns a as it is written in the configuration.
func (a Address) String() string { return a.Network + "://" + a.Host }

// ParseAddress reads tcp://HOST:PORT, udp://HOST:PORT, tls://HOST:PORT, unix://PATH, unixgram://PATH, file://GLOB or
// redis://HOST:PORT/DB?key=LIST. An empty HOST means every address of the machine, of both IP versions.
func ParseAddress(text string) (Address, error) {
	network, host, ok := strings.Cut(text, "://")
	if !ok {
		return Address{}, fmt.Errorf("address %q has no scheme: want tcp://, udp://, tls://, unix:// or unixgram://", text)
	}
	a := Address{Network: network, Host: host}
	switch network {
	case "tcp", "udp", "tls":
		return a, a.checkPort()
	case "unix", "unixgram":
		return a, a.checkPath()
	case "file":
		return a, a.checkFiles()
	case "redis", "rediss":
		list, err := lists.New(text, false)
		if err == nil {
			_ = list.Close()
		}
		return a, err
	}
	return Address{}, fmt.Errorf("address %q has an unknown scheme: want tcp://, udp://, tls://, unix:// or unixgram://", text)
}

func (a Address) checkPort() error {
	_, port, err := net.SplitHostPort(a.Host)
	if err != nil {
		return fmt.Errorf("address %q: want %s://HOST:PORT: %w", a, a.Network, err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return fmt.Errorf("address %q: port %q is not a number from 0 to 65535", a, port)
	}
	return nil
}

// redacted returns a for people: without a password that it may have.
func (a Address) redacted() string {
	u, err := url.Parse(a.String())
	if err != nil || (a.Network != "redis" && a.Network != "rediss") {
		return a.String()
	}
	return u.Redacted()
}

func (a Address) checkFiles() error {
	if !filepath.IsAbs(a.Host) {
		return fmt.Errorf("address %q: want file:// and a path from the root, as in file:///tmp/*.mmstats", a)
	}
	if _, err := filepath.Match(a.Host, ""); err != nil {
		return fmt.Errorf("address %q: %w", a, err)
	}
	return nil
}

// maxPath is what a sockaddr_un holds, without the NUL that ends it.
const maxPath = 107

func (a Address) checkPath() error {
	switch {
	case a.Host == "" || a.Host == "@":
		return fmt.Errorf("address %q names no path", a)
	case len(a.Host) > maxPath:
		return fmt.Errorf("address %q: a socket's path has at most %d bytes, this one %d", a, maxPath, len(a.Host))
	}
	return nil
}
