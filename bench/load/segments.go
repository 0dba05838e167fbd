package main

import (
	"encoding/binary"
	"net"
	"syscall"
)

// A segmenter sends many datagrams of one length with one call (UDP_SEGMENT): the kernel takes them apart before they reach the
// receiver's socket, so that it gets each by itself. A call for each costs the generator more than they cost whoever receives them.
type segmenter struct {
	conn    *net.UDPConn
	control []byte // says how long a datagram is
}

// The most that the kernel takes at once.
const (
	mostSegments = 64
	mostSegment  = 65000
)

// newSegmenter returns nil if conn is no UDP socket.
func newSegmenter(conn net.Conn) *segmenter {
	const udpSegment = 103 // of the kernel's udp.h
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return nil
	}
	// A cmsghdr: its length, which is as long as a word, then the level and the type, then what it says.
	control := make([]byte, syscall.CmsgSpace(2))
	word := syscall.CmsgLen(0) - 8
	if word == 8 {
		binary.NativeEndian.PutUint64(control, uint64(syscall.CmsgLen(2)))
	} else {
		binary.NativeEndian.PutUint32(control, uint32(syscall.CmsgLen(2)))
	}
	binary.NativeEndian.PutUint32(control[word:], syscall.IPPROTO_UDP)
	binary.NativeEndian.PutUint32(control[word+4:], udpSegment)
	return &segmenter{udp, control}
}

// send sends b as datagrams of size bytes each; one by one where the kernel does not know how to do it at once.
func (s *segmenter) send(b []byte, size int) error {
	if len(b) > size {
		binary.NativeEndian.PutUint16(s.control[syscall.CmsgLen(0):], uint16(size))
		if _, _, err := s.conn.WriteMsgUDP(b, s.control, nil); err == nil {
			return nil
		}
	}
	for ; len(b) > 0; b = b[size:] {
		if _, err := s.conn.Write(b[:size]); err != nil {
			return err
		}
	}
	return nil
}

// alike returns how far units from a first one on are as long as that, up to so many points and to what the kernel takes at once.
func (t *track) alike(from int, points int64) (to int) {
	size := t.ends[from+1] - t.ends[from]
	for to = from + 1; to < t.units() && to-from < mostSegments && t.points[to+1]-t.points[from] <= points &&
		t.ends[to+1]-t.ends[to] == size && t.ends[to+1]-t.ends[from] <= mostSegment; {
		to++
	}
	return to
}
