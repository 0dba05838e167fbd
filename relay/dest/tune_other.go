//go:build !linux

package dest

import (
	"net"
	"time"
)

// tune leaves the connection as the system makes it; see tune_linux.go.
func tune(net.Conn, time.Duration) {}

// unacknowledged is not known here: only bytes that a write takes count as progress.
func unacknowledged(net.Conn) int { return 0 }

// view is not known here.
func view(net.Conn) (c Connection, ok bool) { return c, false }
