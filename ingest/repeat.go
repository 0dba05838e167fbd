package ingest

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
)

// repeatSize is how many bytes are sent on in a datagram: what fits into one packet nearly everywhere. A line that is longer
// goes alone.
const repeatSize = 1432

// resolveEvery is how often the address of a peer's name is asked for again.
const resolveEvery = 30 * time.Second

// A repeater sends what a listener gets on to other statsd servers, in datagrams of whole lines. Nobody waits for them: what
// cannot be sent is counted. Its sockets are left to the collector, as batches may still be decoded after the listener's end.
type repeater struct {
	peers  []*repeatPeer
	sent   atomic.Int64 // datagrams
	failed atomic.Int64
}

// A repeatPeer is one server that lines are sent on to.
type repeatPeer struct {
	address string // HOST:PORT
	conn    atomic.Pointer[net.Conn]
}

// repeat makes decoders send on what comes, if o says so; it returns nil if not.
func repeat(o Options, decoders []carbon.Decoder) *repeater {
	if o.Statsd == nil || len(o.Statsd.Repeat) == 0 {
		return nil
	}
	r := &repeater{}
	for _, text := range o.Statsd.Repeat {
		r.peers = append(r.peers, &repeatPeer{address: strings.TrimPrefix(text, "udp://")})
	}
	for i, d := range decoders {
		decoders[i] = repeating{d, r}
	}
	return r
}

// startRepeating makes the peers known. Those that have names are asked for in the background, until the listener's end.
func (l *Listener) startRepeating() {
	if l.repeater == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.accepting.Go(func() { <-l.stop; cancel() })
	for _, p := range l.repeater.peers {
		if _, err := netip.ParseAddrPort(p.address); err == nil {
			p.dial(ctx, l.log)
			continue
		}
		l.accepting.Go(func() {
			for ctx.Err() == nil {
				p.dial(ctx, l.log)
				select {
				case <-time.After(resolveEvery):
				case <-ctx.Done():
				}
			}
		})
	}
}

// dial opens a socket to the peer; on an error the old one stays.
func (p *repeatPeer) dial(ctx context.Context, log *zap.Logger) {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", p.address)
	if err != nil {
		if ctx.Err() == nil {
			log.Warn("repeating to "+p.address, zap.Error(err))
		}
		return
	}
	if old := p.conn.Load(); old != nil && (*old).RemoteAddr().String() == conn.RemoteAddr().String() {
		_ = conn.Close()
		return
	}
	p.conn.Store(&conn)
}

// send sends lines on to every peer.
func (r *repeater) send(lines []byte) {
	for len(lines) > 0 {
		n := len(lines)
		if n > repeatSize {
			if n = bytes.LastIndexByte(lines[:repeatSize], '\n') + 1; n == 0 {
				if n = bytes.IndexByte(lines, '\n') + 1; n == 0 {
					n = len(lines)
				}
			}
		}
		datagram := bytes.TrimRight(lines[:n], "\n")
		lines = lines[n:]
		if len(datagram) == 0 {
			continue
		}
		for _, p := range r.peers {
			if conn := p.conn.Load(); conn == nil {
				r.failed.Add(1)
			} else if _, err := (*conn).Write(datagram); err != nil {
				r.failed.Add(1)
			} else {
				r.sent.Add(1)
			}
		}
	}
}

// A repeating decoder sends each batch on before it is decoded, which changes its bytes.
type repeating struct {
	carbon.Decoder
	to *repeater
}

// Decode implements carbon.Decoder.
func (d repeating) Decode(b *carbon.Batch, now int64) error {
	d.to.send(b.Bytes)
	return d.Decoder.Decode(b, now)
}
