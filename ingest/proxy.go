package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// The bounds of a PROXY header: of version 1, a line of text, and of version 2, which says itself how long it is.
const (
	maxProxyLine   = 107
	proxyHead      = 16 // version 2: the signature, version and command, family, length
	maxProxyLength = 4 << 10
	maxProxyHeader = proxyHead + maxProxyLength
)

// What the two versions begin with.
const (
	proxyLine      = "PROXY "
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n"
)

// A proxyHeader is what a balancer says of the client whose connection it passes on.
type proxyHeader struct {
	local bool           // the balancer speaks for itself, as when it checks whether we live
	peer  netip.AddrPort // the client; the zero one if the balancer does not know, or does not say
}

// readHeader reads the PROXY header and takes from it who the peer is. What was read beyond it is left in in.
func (s *stream) readHeader(in *socket) error {
	b := make([]byte, 0, 256)
	for {
		n, err := in.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		h, size, bad := parseProxy(b)
		switch {
		case bad != nil:
			return &fault{proxyLayer, fmt.Errorf("its PROXY header is broken: %w", bad)}
		case size > 0:
			in.rest = b[size:]
			return s.introduce(h)
		case err == io.EOF && len(b) > 0:
			return &fault{proxyLayer, errors.New("it ends within its PROXY header")}
		case errors.Is(err, os.ErrDeadlineExceeded) && !s.isEnding():
			return &fault{proxyLayer, fmt.Errorf("its PROXY header did not come within %v", openingTime)}
		case err != nil:
			return err
		}
		if len(b) == cap(b) {
			b = append(make([]byte, 0, maxProxyHeader), b...)
		}
	}
}

// errNotAllowed is what a reader ends with whose client may not send.
var errNotAllowed = errors.New("the client is not in allow")

// introduce takes over what the PROXY header says.
func (s *stream) introduce(h proxyHeader) error {
	l := s.listener
	if h.peer.IsValid() {
		l.mu.Lock()
		s.peer = h.peer
		l.mu.Unlock()
	}
	if !h.local && s.peer.IsValid() && !l.allow.admit(s.peer.Addr()) {
		l.notAllowed("a connection", s.from.listener, s.name(), 1)
		return errNotAllowed
	}
	return nil
}

// parseProxy reads the PROXY header at the start of b, of either version, and returns its length; 0 if b holds only its
// beginning.
func parseProxy(b []byte) (h proxyHeader, n int, err error) {
	switch {
	case begins(b, proxyLine):
		return parseProxyLine(b)
	case begins(b, proxySignature):
		return parseProxyBinary(b)
	}
	return h, 0, fmt.Errorf("it begins with %q", b[:min(len(b), 16)])
}

// begins says whether b begins with start, as far as it goes.
func begins(b []byte, start string) bool {
	n := min(len(b), len(start))
	return string(b[:n]) == start[:n]
}

// parseProxyLine reads a header of version 1.
func parseProxyLine(b []byte) (h proxyHeader, n int, err error) {
	end := bytes.IndexByte(b[:min(len(b), maxProxyLine)], '\n')
	switch {
	case end < 0 && len(b) >= maxProxyLine:
		return h, 0, fmt.Errorf("its line has more than %d bytes", maxProxyLine)
	case end < 0:
		return h, 0, nil
	case end < len(proxyLine) || b[end-1] != '\r':
		return h, 0, errors.New("its line does not end in CR LF")
	}
	words := strings.Split(string(b[len(proxyLine):end-1]), " ")
	if words[0] == "UNKNOWN" {
		return h, end + 1, nil
	}
	if len(words) != 5 {
		return h, 0, fmt.Errorf("its line has %d words after PROXY, not 5", len(words))
	}
	var size int
	switch words[0] {
	case "TCP4":
		size = 32
	case "TCP6":
		size = 128
	default:
		return h, 0, fmt.Errorf("its protocol %q is none of TCP4, TCP6 and UNKNOWN", words[0])
	}
	if h.peer, err = proxyAddress(words[1], words[3], size); err == nil {
		_, err = proxyAddress(words[2], words[4], size)
	}
	return h, end + 1, err
}

// proxyAddress reads an address of size bits and its port.
func proxyAddress(address, port string, size int) (netip.AddrPort, error) {
	a, err := netip.ParseAddr(address)
	if err != nil || a.BitLen() != size || a.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("%q is no address of its protocol", address)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != port {
		return netip.AddrPort{}, fmt.Errorf("%q is no port", port)
	}
	return plainAddr(netip.AddrPortFrom(a, uint16(n))), nil
}

// parseProxyBinary reads a header of version 2. What follows the addresses is not looked at.
func parseProxyBinary(b []byte) (h proxyHeader, n int, err error) {
	if len(b) < proxyHead {
		return h, 0, nil
	}
	command, family, length := b[12], b[13], int(binary.BigEndian.Uint16(b[14:]))
	switch {
	case command>>4 != 2:
		return h, 0, fmt.Errorf("its version is %d", command>>4)
	case command&15 > 1:
		return h, 0, fmt.Errorf("its command is %d, neither LOCAL nor PROXY", command&15)
	case length > maxProxyLength:
		return h, 0, fmt.Errorf("it announces %d bytes; at most %d are read", length, maxProxyLength)
	}
	h.local = command&15 == 0
	addresses, known := map[byte]int{0x00: 0, 0x11: 4, 0x12: 4, 0x21: 16, 0x22: 16, 0x31: 0, 0x32: 0}[family]
	switch {
	case h.local:
	case !known:
		return h, 0, fmt.Errorf("its family and protocol are %#02x, which nobody knows", family)
	case length < 2*addresses+4 && addresses > 0, family>>4 == 3 && length < 216:
		return h, 0, fmt.Errorf("its %d bytes cannot hold the addresses", length)
	}
	n = proxyHead + length
	if len(b) < n {
		return h, 0, nil
	}
	if addresses > 0 && !h.local {
		a, _ := netip.AddrFromSlice(b[proxyHead : proxyHead+addresses])
		h.peer = plainAddr(netip.AddrPortFrom(a, binary.BigEndian.Uint16(b[proxyHead+2*addresses:])))
	}
	return h, n, nil
}
