package story

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"plumbago/carbon"
)

// sinks are the endpoints of a story, by what they are dialled by.
type sinks map[string]*sink

// A sink is an endpoint in memory: it reads what comes and keeps the points.
type sink struct {
	pickle bool
	mu     sync.Mutex
	change *sync.Cond // of state
	state  string     // up, down or stall
	conns  []net.Conn
	points []string // since the last look
}

// newSinks makes a sink for each address; the values say which of them take pickles.
func newSinks(addresses map[string]bool) sinks {
	s := sinks{}
	for address, pickle := range addresses {
		k := &sink{pickle: pickle, state: "up"}
		k.change = sync.NewCond(&k.mu)
		s[address] = k
	}
	return s
}

// dial connects a destination to the sink at its address.
func (s sinks) dial(ctx context.Context, _, address string) (net.Conn, error) {
	k := s[address]
	if k == nil {
		return nil, fmt.Errorf("a story has no network, and no sink at %s", address)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.state == "down" {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	k.conns = append(k.conns, theirs)
	go k.read(theirs)
	return ours, ctx.Err()
}

// read takes what comes on one connection until it ends.
func (k *sink) read(conn net.Conn) {
	defer conn.Close()
	var kept []byte
	block := make([]byte, carbon.BlockSize)
	for k.mayRead() {
		n, err := conn.Read(block)
		kept = k.take(append(kept, block[:n]...))
		if err != nil {
			return
		}
	}
}

// mayRead waits while the sink is stalled; it says whether the sink is up.
func (k *sink) mayRead() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.state == "stall" {
		k.change.Wait()
	}
	return k.state == "up"
}

// take decodes the whole messages in data and returns the rest.
func (k *sink) take(data []byte) (rest []byte) {
	end := whole(data, k.pickle)
	b := carbon.NewBatch()
	defer b.Free()
	b.Bytes = append(b.Bytes, data[:end]...)
	var decoder carbon.Decoder = carbon.NewLineDecoder(carbon.DefaultLimits())
	if k.pickle {
		decoder = carbon.NewPickleDecoder(carbon.DefaultLimits())
	}
	if err := decoder.Decode(b, 0); err != nil {
		b.Bad[0]++
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range b.Points {
		p := &b.Points[i]
		k.points = append(k.points, fmt.Sprintf("%s %s %s", b.Name(p), carbon.AppendNumber(nil, p.Value), stamp(p.Time)))
	}
	for why, n := range b.Bad {
		for range n {
			k.points = append(k.points, fmt.Sprintf("unreadable: %d", why))
		}
	}
	return append([]byte(nil), data[end:]...)
}

// whole returns how much of data is whole messages.
func whole(data []byte, pickle bool) (end int) {
	if !pickle {
		for i, c := range data {
			if c == '\n' {
				end = i + 1
			}
		}
		return end
	}
	for len(data)-end >= 4 {
		size := int(data[end])<<24 | int(data[end+1])<<16 | int(data[end+2])<<8 | int(data[end+3])
		if len(data)-end < 4+size {
			break
		}
		end += 4 + size
	}
	return end
}

// stamp writes a time of the first day as HH:MM:SS, any other as Unix seconds.
func stamp(ms int64) string {
	if t := time.UnixMilli(ms).UTC(); !t.Before(dawn) && t.Before(dawn.AddDate(0, 0, 1)) {
		return t.Format("15:04:05")
	}
	return fmt.Sprint(ms / 1000)
}

// look returns what came since the last look.
func (k *sink) look() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	points := k.points
	k.points = nil
	return points
}

// set changes the sink's state; going down cuts its connections.
func (k *sink) set(state string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state = state
	if state == "down" {
		for _, c := range k.conns {
			c.Close()
		}
		k.conns = nil
	}
	k.change.Broadcast()
}
