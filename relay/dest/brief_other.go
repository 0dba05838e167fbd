//go:build !linux

package dest

import (
	"net"
	"syscall"
)

// A message is not used here: everything is written in the usual way.
type message struct{}

func (*message) send(uintptr, net.Buffers) (int, error) { return 0, syscall.EAGAIN }
