package ingest

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

const (
	// minRead is the least room that is offered to a read.
	minRead = 4 << 10
	// keepTail is the size from which a rest stays in a batch of its own instead of being copied at each read: then at
	// least a quarter of what the connection holds is bytes that came.
	keepTail = 16 << 10
	// plainRead is how much is read at once of what is no socket: memory that an idle connection holds.
	plainRead = 8 << 10
	// maxIdleTail is the most that is kept of a tail's memory when there is no tail.
	maxIdleTail = 512
	// drainMore bounds what is read of a stream at the stop, beyond what had arrived. What its sender's write returned
	// for may still be in the sender's buffer, which on Linux is at most this large unless somebody changed it.
	drainMore = 4 << 20
	// firstWait is how long the stop waits for the first bytes of a connection: somebody who has just connected to send
	// a line has not had time for it.
	firstWait = 100 * time.Millisecond
)

// errAborted is what a reader ends with when it may not wait for its worker any longer.
var errAborted = errors.New("stopped before the worker had room")

// A stream is one connection, owned by its reader. Between two reads it holds no batch, only the rest of an unfinished
// message; and it takes a batch only when data is there and the worker has room for it.
type stream struct {
	listener *Listener
	worker   *Worker
	from     *origin
	conn     net.Conn
	out      net.Conn       // for answers: conn, or TLS over it
	secure   bool           // whether it speaks TLS
	tcp      bool           // whether it may be silent for so long only
	peer     netip.AddrPort // who sends; the zero one of a unix socket or a pipe. To be changed under the listener's lock
	cut      cutter
	spoke    bool // something has been read
	awaited  bool // the stop has given it time for its first bytes

	pulse  atomic.Uint32 // quiet, busy or waiting
	holder atomic.Uint32 // held, resting or visited: who owns all but this
	// Of the listener, under its lock.
	heard  time.Time // when it was last seen not to be quiet
	ending bool      // its deadline is set to the past, and stays so

	tail     []byte        // an unfinished message; empty if it is in batch
	held     int64         // how much memory of the listeners' quota that takes
	batch    *carbon.Batch // between two reads nil, or an unfinished message that is long
	reserved bool          // a place in the worker's room is held
	words    [][]byte      // of a command of RESP, to be used again
	pause    *pause        // nil until it has brought something and may rest

	// What attempt, the callback of a RawConn, leaves behind.
	attempt func(fd uintptr) bool // s.tryRead, made once
	old     int                   // how many bytes of batch are the rest of an earlier read
	got     int                   // how many follow them
	err     error
	starved bool // data is there, but the worker has no room
}

// run reads until the stream's end, an error, or the stop.
func (s *stream) run() {
	defer s.conn.Close()
	err := s.read()
	s.end(err == io.EOF)
	s.listener.opts.Unfinished.add(-s.held)
	var f *fault
	switch {
	case errors.As(err, &f):
		s.listener.broken(s, f)
	case !s.spoke && (err == io.EOF || errors.Is(err, syscall.ECONNRESET)):
		s.listener.counts.probes.Add(1)
		s.listener.callers.note(s.peer.Addr(), wasProbe)
		s.listener.log.Debug("a connection ended before a byte came", zap.String("listener", s.from.listener),
			zap.String("peer", s.name()))
	}
}

// read reads the connection in the way that it allows.
func (s *stream) read() error {
	c, ok := s.conn.(syscall.Conn)
	switch {
	case s.isLayered():
		return s.readLayers()
	case !ok:
		return s.readPlain(s.conn)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return s.readRaw(raw)
}

// name names who is at the other end.
func (s *stream) name() string {
	if s.peer.IsValid() {
		return s.peer.String()
	}
	return legible(peerName(s.conn))
}

// readRaw reads a socket, without holding memory while it is idle.
func (s *stream) readRaw(raw syscall.RawConn) error {
	s.attempt = s.tryRead
	for {
		err := raw.Read(s.attempt)
		if err == nil {
			err = s.err
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if s.awaitFirst() {
				continue
			}
			return s.drain(raw)
		case err != nil:
			return err
		case s.starved:
			err = s.reserve()
		case s.got == 0:
			return io.EOF
		default:
			s.mayRest(raw)
			if err = s.take(); s.pause != nil && s.pause.lent {
				err = s.rest()
			}
		}
		if err != nil {
			return err
		}
	}
}

// tryRead reads once if there is data; it reports whether raw.Read is to return, not wait.
func (s *stream) tryRead(fd uintptr) bool {
	s.got, s.err = 0, nil // a call that had to wait has left EAGAIN
	if s.starved = !s.tryReserve(); s.starved {
		return true
	}
	return s.fill(fd)
}

// fill is tryRead by who needs no place in the room, or has it.
func (s *stream) fill(fd uintptr) bool {
	s.load()
	b := s.batch
	if s.got, s.err = read(fd, b.Bytes[s.old:cap(b.Bytes)]); s.got > 0 {
		b.Bytes = b.Bytes[:s.old+s.got]
		return true
	}
	s.unload()
	return s.err != syscall.EAGAIN
}

// awaitFirst gives a connection that has not said anything a last chance at the stop, and reports whether it did.
func (s *stream) awaitFirst() bool {
	if s.spoke || s.awaited || !s.listener.stopping() {
		return false
	}
	s.awaited = true
	return s.conn.SetReadDeadline(time.Now().Add(firstWait)) == nil
}

// drain reads at the stop what has arrived, and what still comes without waiting, within bounds. It does not wait for
// the socket, so that deadlines do not matter.
func (s *stream) drain(raw syscall.RawConn) error {
	s.pause = nil // it stays its reader's
	left := -1
	attempt := func(fd uintptr) {
		if left < 0 {
			left = unread(fd) + drainMore
		}
		s.tryRead(fd)
	}
	for left != 0 {
		if err := s.reserve(); err != nil {
			return err
		}
		if err := raw.Control(attempt); err != nil {
			return err
		}
		switch {
		case s.err != nil: // EAGAIN: nothing is left
			return s.err
		case s.got == 0:
			return io.EOF
		}
		left = max(left-s.got, 0)
		if err := s.take(); err != nil {
			return err
		}
	}
	return os.ErrDeadlineExceeded
}

// readPlain reads what is no socket. It has a buffer of its own, as nothing tells when data is there.
func (s *stream) readPlain(in io.Reader) error {
	p := make([]byte, plainRead)
	for {
		n, err := in.Read(p)
		if n > 0 {
			if err := s.feed(p[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// feed takes bytes that are in no batch yet.
func (s *stream) feed(p []byte) error {
	if err := s.reserve(); err != nil {
		return err
	}
	s.load()
	s.batch.Bytes, s.got = append(s.batch.Bytes, p...), len(p)
	return s.take()
}

// load makes batch hold the rest of the stream so far, with room for a read. It grows by doubling, so by no more than
// has arrived.
func (s *stream) load() {
	if s.batch == nil {
		s.batch = s.listener.newBatch()
		s.batch.Bytes = append(s.batch.Bytes, s.tail...)
	}
	if cap(s.batch.Bytes)-len(s.batch.Bytes) < minRead {
		s.batch.Bytes = slices.Grow(s.batch.Bytes, len(s.batch.Bytes))
	}
	s.old = len(s.batch.Bytes)
}

// unload undoes load when there was nothing to read.
func (s *stream) unload() {
	if len(s.batch.Bytes) < keepTail { // it is a copy of tail
		s.batch.Free()
		s.batch = nil
	}
	s.release()
}

// take cuts the batch after a read and hands on what is whole.
func (s *stream) take() error {
	if s.listener.events != nil {
		s.note()
		if err := s.converse(); err != nil {
			return err
		}
		return s.hold()
	}
	b, err := s.whole()
	if err != nil {
		s.pause = nil
	}
	if b == nil {
		s.release()
	} else {
		s.send(b)
	}
	return err
}

// note counts what was read.
func (s *stream) note() {
	s.listener.counts.bytes.Add(int64(s.got))
	s.touch()
}

// whole cuts the batch after a read and returns what of it is to be decoded, nil if nothing is.
func (s *stream) whole() (*carbon.Batch, error) {
	s.note()
	b := s.batch
	whole, ok := s.cut.cut(b, s.old)
	if whole == 0 && len(b.Bytes) >= keepTail && !hasBad(b) {
		s.tail = s.tail[:0]
		return nil, s.hold()
	}
	s.keep(b.Bytes[whole:])
	b.Bytes = b.Bytes[:whole]
	if len(b.Bytes) == 0 && !hasBad(b) {
		b.Free()
		b = nil
	}
	if !ok {
		return b, errBroken
	}
	return b, s.hold()
}

// errBroken is what a reader ends with when nobody can know where its stream's next message starts.
var errBroken = errors.New("the stream has no next message")

// keep saves the rest of a batch that is about to leave.
func (s *stream) keep(rest []byte) {
	s.batch = nil
	switch {
	case len(rest) >= keepTail:
		s.batch = s.listener.newBatch()
		s.batch.Bytes = append(s.batch.Bytes, rest...)
		rest = nil
	case len(rest) == 0 && cap(s.tail) > maxIdleTail:
		s.tail = nil
	}
	s.tail = append(s.tail[:0], rest...)
}

// send hands b to the worker; the place that is reserved for it goes along. A batch with nothing in it stays here.
func (s *stream) send(b *carbon.Batch) {
	if len(b.Bytes) == 0 && !hasBad(b) {
		b.Free()
		s.release()
		return
	}
	s.reserved = false
	k := work{batch: b, from: s.from, peer: s.peer}
	if s.pause != nil && s.pause.wanted {
		k.rest = s.lend()
	}
	s.worker.inbox <- k
}

// hasBad reports whether anything was refused in b.
func hasBad(b *carbon.Batch) bool { return b.Bad != [stat.NReasons]uint32{} }

// end says what becomes of a message that the stream's end has cut.
func (s *stream) end(eof bool) {
	s.pause = nil // nobody comes for it any more
	if len(s.tail) == 0 && s.batch == nil {
		s.release()
		return
	}
	if s.listener.events != nil || s.reserve() != nil { // half a command is none
		s.unloadAll()
		s.release()
		return
	}
	s.load()
	b := s.batch
	s.batch, s.tail = nil, nil
	s.cut.end(b, eof)
	s.send(b)
}

// unloadAll drops what was begun, when it cannot be handed on.
func (s *stream) unloadAll() {
	if s.batch != nil {
		s.batch.Free()
	}
	s.batch, s.tail = nil, nil
}
