package dest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/transport"
)

const (
	// lastWait is how long the end of a connection waits at most for the endpoint to close, once it has everything.
	lastWait = 500 * time.Millisecond
	// verdictWait is how long a failed write waits for the reader to find out why.
	verdictWait = 100 * time.Millisecond
)

// A stream is a connection and its successors: a socket, TLS on it if the route says so, and a compressor before both if
// there is one. It knows nothing of queues and pauses.
type stream struct {
	route
	turn
	press  transport.Writer // nil without compression; it writes into packed
	packed bytes.Buffer
	begun  bool // something of the compressed stream went out

	socket *socket
	conn   net.Conn      // the socket, or TLS on it
	gone   chan struct{} // closed by the reader of conn when it ends
	end    error         // why it ended; to be read after gone
	chunk  [maxHand][]byte
	rest   net.Buffers // what of chunk is not written yet
}

func newStream(r route, o Options, log *zap.Logger) (s *stream, err error) {
	s = &stream{route: r, turn: newTurn(r.name(), o, log)}
	if o.Compress != "none" {
		s.press, err = transport.NewWriter(o.Compress, &s.packed)
	}
	return s, err
}

// open drops the connection there was and makes a new one.
func (s *stream) open(ctx context.Context) error {
	s.drop()
	socket, conn, verdict, err := s.connect(ctx)
	if err != nil {
		return err
	}
	s.socket, s.conn, s.gone = socket, conn, make(chan struct{})
	go s.discard(socket, conn, s.gone)
	if s.press != nil {
		s.packed.Reset()
		s.press.Reset(&s.packed)
		s.begun = false
	}
	if verdict > 0 {
		// Whatever were written before a refusal comes would be lost.
		t := time.NewTimer(verdict)
		defer t.Stop()
		select {
		case <-s.gone:
			return s.end
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
	s.begin(socket.RemoteAddr())
	return nil
}

// discard reads and throws away what the endpoint sends, since unread bytes would turn our close into a reset. The
// endpoint's own close or reset shows here at once: nothing more is then written.
func (s *stream) discard(socket *socket, conn net.Conn, gone chan struct{}) {
	defer close(gone)
	defer socket.Close()
	for b := make([]byte, 512); ; {
		_, err := conn.Read(b)
		switch {
		case err == nil:
			continue
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF): // TLS may end without saying so
			s.end = errGone
		case transport.Refused(err):
			s.end = errors.New(transport.Explain(err, s.host))
		default:
			s.end = err
		}
		return
	}
}

func (s *stream) broken() <-chan struct{} { return s.gone }

func (s *stream) cause() error { return s.end }

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
	left := written
	for i := range ps {
		p := &ps[i]
		if size := int64(len(p.frame.Bytes)); left >= size {
			p.deliver()
			left -= size
			continue
		}
		p.cut = p.cut || left > 0
		break
	}
	return written, err
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
	for i := range ps {
		if err == nil {
			ps[i].deliver()
		} else {
			ps[i].cut = ps[i].cut || written > 0
		}
	}
	return written, err
}

// write writes s.rest, with one system call if nothing stands between us and the socket.
func (s *stream) write(ctx context.Context) (written int64, err error) {
	defer context.AfterFunc(ctx, s.socket.hurry)()
	if s.conn == net.Conn(s.socket) {
		written, err = s.socket.writeAll(&s.rest)
	} else {
		written, err = s.rest.WriteTo(s.conn)
	}
	if err != nil {
		err = s.why(err)
	}
	return written, err
}

// why returns what ended the connection: what its reader saw says more than a write that failed.
func (s *stream) why(err error) error {
	if errors.Is(err, net.ErrClosed) {
		<-s.gone // the reader closed it
		return s.end
	}
	if s.tls == nil || err == errStalled || err == context.Canceled {
		return err
	}
	t := time.NewTimer(verdictWait)
	defer t.Stop()
	select {
	case <-s.gone:
		return s.end
	case <-t.C:
		return err
	}
}

// close ends the connection in order: the compressed stream, then TLS, then our side of the connection, and then, unless
// time is up, the endpoint's side.
func (s *stream) close(ctx context.Context) {
	if s.conn != nil && ctx.Err() == nil && s.finish(ctx) == nil {
		s.linger(ctx)
	}
	s.drop()
}

// finish says to the endpoint that this was all.
func (s *stream) finish(ctx context.Context) error {
	if s.begun {
		s.packed.Reset()
		if err := s.press.Close(); err != nil {
			return err
		}
		s.rest = append(s.chunk[:0], s.packed.Bytes())
		if _, err := s.write(ctx); err != nil {
			return err
		}
	}
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok && s.tls != nil {
		defer context.AfterFunc(ctx, s.socket.hurry)()
		if err := half.CloseWrite(); err != nil {
			return err
		}
	}
	return s.socket.CloseWrite()
}

// linger waits for the endpoint to close its side too. One that still has to take what was written gets the time for it.
func (s *stream) linger(ctx context.Context) {
	t := time.NewTimer(lastWait)
	defer t.Stop()
	for began := time.Now(); ; t.Reset(lastWait) {
		select {
		case <-s.gone:
			return
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if unacknowledged(s.socket.Conn) == 0 || time.Since(began) >= s.patience {
			return
		}
	}
}

// drop closes the connection and waits for its reader.
func (s *stream) drop() {
	s.turn.end()
	if s.conn == nil {
		return
	}
	s.socket.Close()
	<-s.gone
	s.conn, s.gone = nil, nil
}
