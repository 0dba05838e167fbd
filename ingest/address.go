package ingest

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// An Address is one place to listen at.
type Address struct {
	Network string // tcp, udp, tls, unix, unixgram or file
	Host    string // HOST:PORT with HOST possibly empty, the path of a unix socket ("@name" for an abstract one), or a glob for files
}

// String returns a as it is written in the configuration.
func (a Address) String() string { return a.Network + "://" + a.Host }

// ParseAddress reads tcp://HOST:PORT, udp://HOST:PORT, tls://HOST:PORT, unix://PATH, unixgram://PATH or file://GLOB. An empty HOST
// means every address of the machine, of both IP versions.
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
