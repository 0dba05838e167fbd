package main

import (
	"fmt"
	"net"
	"runtime"
	"time"
)

// probes sends a line every so often until stop is closed, each on the next of the connections that it opens. Its value
// is when it was sent, in microseconds of Unix time; the sink, told to look for probes, finds out how long it was on the way.
// It returns how many it sent.
func probes(network, address string, conns int, every time.Duration, stop <-chan struct{}) (n int64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all []net.Conn
	for range conns {
		conn, err := net.Dial(network, address)
		if err != nil {
			return 0, fmt.Errorf("connecting: %w", err)
		}
		defer conn.Close()
		all = append(all, conn)
	}
	line, begin := []byte(nil), time.Now()
	for ; ; n++ {
		sleep(time.Until(begin.Add(time.Duration(n) * every)))
		select {
		case <-stop:
			return n, nil
		default:
		}
		now := time.Now()
		line = fmt.Appendf(line[:0], "probe.delay.%d %d %d\n", n%int64(conns), now.UnixMicro(), now.Unix())
		if _, err := all[n%int64(conns)].Write(line); err != nil {
			return n, fmt.Errorf("probing %s: %w", address, err)
		}
	}
}
