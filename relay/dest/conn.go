package dest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/transport"
)

// verdictWait is how long a failed write waits for the reader to find out why.
const verdictWait = 100 * time.Millisecond

// A stream is a connection and its successors: a socket, TLS on it if the route says so, and a compressor before both if
// there is one. It knows nothing of queues and pauses.
type stream struct {
	route
	turn
	press  transport.Writer // nil without compression; it writes into packed
	packed bytes.Buffer
	begun  bool    // something of the compressed stream went out
	way    confirm // how what was written is to be confirmed
	trust  time.Duration
	window window    // of the connection
	silent int       // proofs in a row that were asked for and not given
	proved bool      // the endpoint gave one
	mute   time.Time // when it was last found to give none, and to be asked no more; zero if it was not

	link  *link // the connection; nil if there is none
	ahead ahead
	known atomic.Pointer[socket] // the link's, for those who ask how it stands
	chunk [maxHand][]byte
	rest  net.Buffers // what of chunk is not written yet
}

func newStream(r route, o Options, log *zap.Logger) (s *stream, err error) {
	s = &stream{route: r, turn: newTurn(r.name(), o, log), way: confirmation(o.Confirm), trust: o.ConfirmEvery}
	if o.Compress != "none" {
		s.press, err = transport.NewWriter(o.Compress, &s.packed)
	}
	return s, err
}

// open drops the connection there was and makes a new one, or takes the one that was made ahead.
func (s *stream) open(ctx context.Context) error {
	s.drop()
	n := s.ahead.take(ctx)
	if n.link == nil && n.err == nil {
		s.turn.end()
		n = s.reach(ctx, "")
	}
	if n.err != nil {
		s.turn.end()
		return n.err
	}
	s.link = n.link
	s.reconsider()
	s.known.Store(s.link.socket)
	s.window = window{marks: s.window.marks[:0]}
	if n.resolved {
		s.begin(s.link.socket.RemoteAddr())
	}
	if s.press != nil {
		s.packed.Reset()
		s.press.Reset(&s.packed)
		s.begun = false
	}
	return nil
}

func (s *stream) broken() <-chan struct{} {
	if s.link == nil {
		return nil
	}
	return s.link.gone
}

func (s *stream) cause() error { return s.link.end }

// confirms returns how what is written on the open connection is confirmed. One that is not the system's, and cannot be
// ended on one side, is trusted.
func (s *stream) confirms() confirm {
	if s.link == nil || !s.link.halves() {
		return trusted
	}
	return s.way
}

// estimate returns how many bytes of frames the endpoint has probably read of what was written on the connection.
func (s *stream) estimate() int64 {
	if s.link == nil {
		return 0
	}
	c, ok := s.link.view()
	if !ok { // what is unread shows in a unix socket, as far as the system tells
		c.acked = s.link.socket.written.Load()
		if unacknowledged(s.link.socket.Conn) > 0 {
			c.acked = 0
		}
	}
	return s.window.read(c, time.Now(), s.trust)
}

// send writes all parcels with as few system calls as the connection allows. A parcel is delivered when all of it is
// written; one that is cut by an error goes out whole on the next connection.
func (s *stream) send(ctx context.Context, ps []parcel) (written int64, err error) {
	if s.press != nil {
		return s.sendPacked(ctx, ps)
	}
	s.rest = s.chunk[:0]
	for i := range ps {
		s.rest = append(s.rest, ps[i].frame.Bytes)
	}
	written, err = s.write(ctx)
	clear(s.chunk[:])
	left, frames := written, int64(0)
	for i := range ps {
		p := &ps[i]
		if size := int64(len(p.frame.Bytes)); left >= size {
			p.deliver()
			left -= size
			frames += size
			continue
		}
		p.cut = p.cut || left > 0
		break
	}
	s.sent(frames)
	return written, err
}

// sent notes for the estimate that frames were written.
func (s *stream) sent(frames int64) {
	if s.way == estimated {
		s.window.wrote(frames, s.link.socket.written.Load(), time.Now())
	}
}

// sendPacked compresses all parcels and writes what becomes of them. They are delivered together: which of them a part
// of the compressed bytes holds, nobody can say.
func (s *stream) sendPacked(ctx context.Context, ps []parcel) (written int64, err error) {
	s.packed.Reset()
	for i := range ps {
		if _, err := s.press.Write(ps[i].frame.Bytes); err != nil {
			return 0, err
		}
	}
	if err := s.press.Flush(); err != nil {
		return 0, err
	}
	s.begun = true
	s.rest = append(s.chunk[:0], s.packed.Bytes())
	written, err = s.write(ctx)
	frames := int64(0)
	for i := range ps {
		if err == nil {
			ps[i].deliver()
			frames += int64(len(ps[i].frame.Bytes))
		} else {
			ps[i].cut = ps[i].cut || written > 0
		}
	}
	s.sent(frames)
	return written, err
}

// write writes s.rest, with one system call if nothing stands between us and the socket, and it takes all of it.
func (s *stream) write(ctx context.Context) (written int64, err error) {
	socket := s.link.socket
	direct := s.link.conn == net.Conn(socket)
	if direct && ctx.Err() == nil {
		written, err = socket.writeBrief(&s.rest)
	}
	if err == nil && len(s.rest) > 0 {
		defer context.AfterFunc(ctx, socket.hurry)()
		more := int64(0)
		if direct {
			more, err = socket.writeOn(&s.rest)
		} else {
			more, err = s.rest.WriteTo(s.link.conn)
		}
		written += more
	}
	if err != nil {
		err = s.why(err)
	}
	return written, err
}

// why returns what ended the connection: what its reader saw says more than a write that failed.
func (s *stream) why(err error) error {
	if errors.Is(err, net.ErrClosed) {
		<-s.link.gone // the reader closed it
		return s.link.end
	}
	if s.tls == nil || err == errStalled || err == context.Canceled {
		return err
	}
	t := time.NewTimer(verdictWait)
	defer t.Stop()
	select {
	case <-s.link.gone:
		return s.link.end
	case <-t.C:
		return err
	}
}

// drop closes the connection, if there is one, at once.
func (s *stream) drop() {
	if s.link != nil {
		s.known.Store(nil)
		s.link.close()
		s.link = nil
	}
}
