package ingest

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// How many datagrams one call takes, and how long they may be. A UDP datagram never fills its slot; one of a unix
// socket can be as long as its sender's buffer, and is cut if that was made larger than the usual 208 KiB.
const (
	udpSlots, udpSlot   = 32, 64 << 10
	unixSlots, unixSlot = 8, 256 << 10
)

// How long a busy UDP socket lets datagrams gather in the kernel before it is asked for more: so it wakes its reader some hundred
// times a second, not once a datagram, which costs more than all else that is done with one. A small receive buffer gets less time:
// what gatherShare bytes of it hold comes in a millisecond of half a million datagrams a second.
const (
	mostGather  = 5 * time.Millisecond
	leastGather = time.Millisecond
	gatherShare = 208 << 10
)

// A packetSocket is one UDP or unixgram socket, owned by its reader.
type packetSocket struct {
	listener *Listener
	worker   *Worker
	from     *origin
	conn     packetConn
	raw      syscall.RawConn
	file     socketFile
	at       Address
	lent     bool // inherited: what it holds at the stop is the next process's
	passed   bool // another listener has it too; to be read once the listener has yielded
	unix     bool
	lines    bool // whether datagrams may share a batch: lines end visibly
	rx       *receiver
	received atomic.Int64
	drops    *drops
	gather   time.Duration // while it is busy; 0 of a unix socket, which holds few datagrams and makes its senders wait
	woke     time.Time     // when it was last empty

	batch *carbon.Batch  // being filled, with a place in the worker's room; nil while the reader waits
	peer  netip.AddrPort // who sent what is in batch, or the last of them

	// What attempt, the callback of a RawConn, leaves behind.
	attempt func(fd uintptr) bool // p.tryReceive, made once
	got     int
	err     error
}

// packetConn is what *net.UnixConn, *net.UDPConn and what is made of that have in common.
type packetConn interface {
	syscall.Conn
	File() (*os.File, error)
	LocalAddr() net.Addr
	SetReadDeadline(t time.Time) error
	Close() error
}

// run receives until the stop.
func (p *packetSocket) run() {
	defer p.close()
	failing := false
	for {
		err := p.receiveWait()
		switch {
		case err == nil:
			failing = false
			if p.take() != nil {
				return
			}
			if p.got < len(p.rx.heads) {
				p.breathe()
			}
		case err == syscall.EAGAIN: // the batch that was being filled has all
			p.send()
			p.breathe()
		case errors.Is(err, os.ErrDeadlineExceeded):
			p.drain()
			return
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrClosed):
			return
		default: // nothing that was sent may end the socket
			if !failing {
				failing = true
				p.listener.log.Warn("receiving datagrams", zap.String("listener", p.from.listener), zap.Error(err))
			}
			if !p.listener.pause(minBackoff) {
				p.drain()
				return
			}
		}
	}
}

// receiveWait receives what is there, after waiting until something is.
func (p *packetSocket) receiveWait() error {
	if err := p.raw.Read(p.attempt); err != nil {
		return err
	}
	return p.err
}

// tryReceive receives what is there; it reports whether raw.Read is to return, not wait, which it does not with a batch.
func (p *packetSocket) tryReceive(fd uintptr) bool {
	p.got, p.err = p.rx.receive(fd)
	return p.err != syscall.EAGAIN || p.batch != nil
}

// breathe waits a little if the socket, which is empty now, was so a short time ago.
func (p *packetSocket) breathe() {
	if p.listener.opts.Linger <= 0 {
		return
	}
	now := time.Now()
	busy := now.Sub(p.woke) < 2*p.gather
	if p.woke = now; busy {
		time.Sleep(p.gather)
	}
}

// shut has the kernel take no more, if the socket is ours.
func (p *packetSocket) shut() {
	if p.lent {
		return
	}
	p.file.remove()
	shut := refuseAll
	if p.unix {
		shut = shutRead
	}
	if err := control(p.conn, shut); err != nil {
		p.listener.log.Warn("shutting a socket", zap.String("listener", p.from.listener), zap.Error(err))
	}
}

// drain takes at the stop what the kernel holds, which is all that there will be.
func (p *packetSocket) drain() {
	if p.lent || p.handedOn() {
		return
	}
	attempt := func(fd uintptr) { p.tryReceive(fd) }
	for !p.listener.aborted() {
		if p.raw.Control(attempt) != nil || p.err != nil || p.take() != nil {
			return
		}
	}
}

// take hands on the datagrams that were received: lines together, each datagram's last one ended; else each by itself.
// Where senders are held to a rate, no batch has two of them.
func (p *packetSocket) take() error {
	n, refused := int64(0), int64(0)
	var stranger netip.AddrPort
	for i := range p.got {
		data, cut := p.rx.datagram(i)
		peer := p.rx.peer(i)
		if peer.IsValid() && !p.listener.allow.admit(peer.Addr()) {
			refused, stranger = refused+1, peer
			p.listener.callers.note(peer.Addr(), wasRefused)
			continue
		}
		if n += int64(len(data)); len(data) == 0 {
			continue
		}
		if p.batch != nil && p.from.limiter != nil && peer.Addr() != p.peer.Addr() {
			p.send()
		}
		if err := p.open(len(data) + 1); err != nil {
			return err
		}
		p.peer = peer
		if p.lines {
			p.addLines(data, cut)
			addPart(p.batch, peer)
			continue
		}
		p.addFrames(data)
		p.send()
	}
	p.listener.counts.bytes.Add(n)
	p.received.Add(int64(p.got) - refused)
	if refused > 0 {
		p.listener.notAllowed("a datagram", p.from.listener, stranger.String(), refused)
	}
	if p.batch != nil && p.got < len(p.rx.heads) { // or there is probably more
		p.send()
	}
	return nil
}

// open makes sure that there is a batch with room for size bytes, or an empty one.
func (p *packetSocket) open(size int) error {
	if b := p.batch; b != nil {
		if cap(b.Bytes)-len(b.Bytes) >= size {
			return nil
		}
		p.send()
	}
	select {
	case p.worker.room <- struct{}{}:
		p.batch = p.listener.newBatch()
		return nil
	case <-p.listener.abort:
		return errAborted
	}
}

// addLines adds a datagram of lines. Of one that the kernel had to cut the last line is refused.
func (p *packetSocket) addLines(data []byte, cut bool) {
	b := p.batch
	if cut {
		data = data[:bytes.LastIndexByte(data, '\n')+1]
		b.Refuse(stat.Unterminated)
	}
	b.Bytes = append(b.Bytes, data...)
	if n := len(data); n > 0 && data[n-1] != '\n' {
		b.Bytes = append(b.Bytes, '\n')
	}
}

// addFrames adds a datagram of pickle frames. A frame does not go on in the next datagram.
func (p *packetSocket) addFrames(data []byte) {
	b := p.batch
	b.Bytes = append(b.Bytes, data...)
	whole, ok := p.listener.frames.cut(b, 0)
	if ok && whole < len(b.Bytes) {
		b.Refuse(stat.Unterminated)
	}
	b.Bytes = b.Bytes[:whole]
}

func (p *packetSocket) send() {
	p.worker.inbox <- work{batch: p.batch, from: p.from, peer: p.peer}
	p.batch = nil
}

// handedOn says whether another listener takes what comes by the socket now.
func (p *packetSocket) handedOn() bool { return p.listener.yielded() && p.passed }

func (p *packetSocket) close() {
	if p.batch != nil {
		p.send()
	}
	if !p.handedOn() {
		p.file.remove()
	}
	p.drops.count()
	_ = p.conn.Close()
}
