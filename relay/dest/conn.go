package dest

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

const (
	// lookEvery is the part of the write timeout after which a write that waits is looked at: whether it moves.
	lookEvery = 20
	// lastWait is how long the end of a connection waits at most for the endpoint to have read everything and to close.
	lastWait = 500 * time.Millisecond
)

// past is a deadline that is over.
var past = time.Unix(1, 0)

// A stream is a TCP connection and its successors. It knows nothing of queues and pauses.
type stream struct {
	address  string
	dial     Dialer
	timeout  time.Duration // for connecting
	patience time.Duration // how long a write may make no progress at all

	conn  net.Conn
	gone  chan struct{} // closed by the reader of conn when it ends
	end   error         // why it ended; to be read after gone
	chunk [maxHand][]byte
	rest  net.Buffers // what of chunk is not written yet
}

func newStream(address string, o Options, dial Dialer) *stream {
	return &stream{address: address, dial: dial, timeout: o.ConnectTimeout, patience: o.WriteTimeout}
}

// open drops the connection there was and makes a new one.
func (s *stream) open(ctx context.Context) error {
	s.drop()
	conn, err := dialWithin(ctx, s.timeout, s.dial, "tcp", s.address)
	if err != nil {
		return err
	}
	tune(conn, s.patience)
	s.conn, s.gone = conn, make(chan struct{})
	go s.discard(conn, s.gone)
	return nil
}

// discard reads and throws away what the endpoint sends, since unread bytes would turn our close into a reset. The
// endpoint's own close or reset shows here at once: nothing more is then written.
func (s *stream) discard(conn net.Conn, gone chan struct{}) {
	defer close(gone)
	defer conn.Close()
	for b := make([]byte, 512); ; {
		if _, err := conn.Read(b); err == io.EOF {
			s.end = errGone
			return
		} else if err != nil {
			s.end = err
			return
		}
	}
}

func (s *stream) broken() <-chan struct{} { return s.gone }

func (s *stream) cause() error { return s.end }

// send writes all parcels with as few system calls as the connection allows. A parcel is delivered when all of it is
// written; one that is cut by an error goes out whole on the next connection.
func (s *stream) send(ctx context.Context, ps []parcel) (written int64, err error) {
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

// write writes s.rest. A write that waits is looked at again and again: as long as the endpoint takes anything, however
// slowly, it goes on.
func (s *stream) write(ctx context.Context) (written int64, err error) {
	conn := s.conn // the function below may still run when s has no connection any more
	defer context.AfterFunc(ctx, func() { conn.SetWriteDeadline(past) })()
	moved, waiting := time.Now(), -1
	for len(s.rest) > 0 {
		conn.SetWriteDeadline(time.Now().Add(max(s.patience/lookEvery, time.Millisecond)))
		if err := ctx.Err(); err != nil {
			return written, err
		}
		n, err := s.rest.WriteTo(conn)
		written += n
		switch {
		case err == nil:
			continue
		case errors.Is(err, net.ErrClosed):
			<-s.gone // the reader closed it
			return written, s.end
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return written, err
		}
		now, unread := time.Now(), unacknowledged(conn)
		if n > 0 || unread < waiting {
			moved = now
		} else if now.Sub(moved) >= s.patience {
			return written, errStalled
		}
		waiting = unread
	}
	return written, nil
}

// close ends the connection in order: our end of file first, then, unless time is up, the endpoint's.
func (s *stream) close(ctx context.Context) {
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok && ctx.Err() == nil && half.CloseWrite() == nil {
		t := time.NewTimer(lastWait)
		defer t.Stop()
		select {
		case <-s.gone:
		case <-ctx.Done():
		case <-t.C:
		}
	}
	s.drop()
}

// drop closes the connection and waits for its reader.
func (s *stream) drop() {
	if s.conn == nil {
		return
	}
	s.conn.Close()
	<-s.gone
	s.conn, s.gone = nil, nil
}

// dialWithin dials within a time of its own.
func dialWithin(ctx context.Context, timeout time.Duration, dial Dialer, network, address string) (net.Conn, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return dial(ctx, network, address)
}

// dialNetwork is the Dialer of the real network. Keepalive finds an endpoint that vanished while nothing was sent
// within half a minute.
func dialNetwork(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	return d.DialContext(ctx, network, address)
}
