package dest

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"plumbago/carbon/transport"
)

const (
	// lastWait is how long the end of a connection waits at most for the endpoint to close, once it has everything and
	// nothing is to be proven.
	lastWait = 500 * time.Millisecond
	// ackWait is how long the acknowledgement of our end may take once the endpoint's has come.
	ackWait = 2 * time.Second
)

// A link is one connection: its socket, or TLS on it, and the goroutine that reads it.
//
// Carbon has no acknowledgements, but it gives one all the same when our side of the connection is ended and the other
// side answers with its own end: the system of the endpoint hands its application the end only behind everything that
// came before it, and a connection that is closed with anything unread in it, or whose process dies so, is reset.
type link struct {
	socket *socket
	conn   net.Conn    // the socket, or TLS on it
	ending atomic.Bool // our side is ended, or about to be
	gone   chan struct{}
	end    error      // why it ended; to be read after gone
	read   bool       // the endpoint has read everything; likewise
	last   Connection // what the system knew then; likewise
	known  bool       // that is
}

// newLink starts to read a connection.
func newLink(socket *socket, conn net.Conn, host string) *link {
	l := &link{socket: socket, conn: conn, gone: make(chan struct{})}
	go l.discard(host)
	return l
}

// discard reads and throws away what the endpoint sends, since unread bytes would turn our close into a reset. The
// endpoint's own close or reset shows here at once: nothing more is then written.
func (l *link) discard(host string) {
	defer close(l.gone)
	defer l.socket.Close()
	defer func() { l.last, l.known = view(l.socket.Conn) }()
	switch err := drain(l.conn); {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF): // TLS may end without saying so
		l.end = l.judge()
	case transport.Refused(err):
		l.end = errors.New(transport.Explain(err, host))
	default:
		l.end = err
	}
}

// judge says what the end of what the endpoint sends means. That of TLS means nothing by itself: only the socket's own end
// tells whether anything was left unread. And an endpoint that closed before it had everything acknowledged less.
func (l *link) judge() error {
	if !l.ending.Load() {
		return errGone
	}
	if l.conn != net.Conn(l.socket) {
		if err := drain(l.socket); err != io.EOF {
			return err
		}
	}
	l.read = l.acknowledged()
	return errGone
}

// acknowledged says whether the endpoint's system has taken everything, our end too: one that had closed before that
// resets the connection. TLS ends before the socket does, so the answer may be here before the end has arrived there.
func (l *link) acknowledged() bool {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(ackWait); unacknowledged(l.socket.Conn) > 0; <-tick.C {
		if c, ok := view(l.socket.Conn); ok && c.closed || time.Now().After(end) {
			return false
		}
	}
	return true
}

// drain reads c to its end and returns what that was.
func drain(c net.Conn) error {
	for b := make([]byte, 512); ; {
		if _, err := c.Read(b); err != nil {
			return err
		}
	}
}

// finish says to the endpoint that this was all: TLS first, then the socket.
func (l *link) finish(ctx context.Context) error {
	select {
	case <-l.gone:
		return l.end // too early to mean anything
	default:
	}
	l.ending.Store(true)
	if half, ok := l.conn.(interface{ CloseWrite() error }); ok && l.conn != net.Conn(l.socket) {
		defer context.AfterFunc(ctx, l.socket.hurry)()
		if err := half.CloseWrite(); err != nil {
			return err
		}
	}
	err := l.socket.CloseWrite()
	if errors.Is(err, net.ErrClosed) { // by discard: to the end of TLS the endpoint has answered already
		if <-l.gone; l.read {
			return nil
		}
	}
	return err
}

// proof waits for the endpoint to end its side too. One that still has to take what was written gets time for it as long
// as it goes on, and after that time to read it: until so long after since, or half as long from then on.
func (l *link) proof(ctx context.Context, since time.Time, patience time.Duration) error {
	tick := time.NewTicker(max(patience/lookEvery, time.Millisecond))
	defer tick.Stop()
	left, moved, taken := -1, time.Now(), time.Time{}
	for {
		select {
		case <-l.gone:
			if l.read {
				return nil
			}
			return l.end
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		now, n := time.Now(), unacknowledged(l.socket.Conn)
		switch {
		case n > 0 && n != left:
			moved = now
		case n > 0 && now.Sub(moved) >= patience:
			return errStalled
		case n == 0 && taken.IsZero():
			taken = now
		case n == 0 && now.Sub(taken) >= patience/2 && now.Sub(since) >= patience:
			return errSilent
		}
		left = n
	}
}

// linger waits for the endpoint to end its side too, but not for long: nothing depends on it. One that still has to take
// what was written gets the time for it.
func (l *link) linger(ctx context.Context, patience time.Duration) {
	t := time.NewTimer(lastWait)
	defer t.Stop()
	for began := time.Now(); ; t.Reset(lastWait) {
		select {
		case <-l.gone:
			return
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if unacknowledged(l.socket.Conn) == 0 || time.Since(began) >= patience {
			return
		}
	}
}

// ended says whether the connection has ended, and its endpoint has read everything.
func (l *link) ended() bool {
	select {
	case <-l.gone:
		return l.read
	default:
		return false
	}
}

// view returns what the system knows of the connection, or knew when it ended.
func (l *link) view() (c Connection, ok bool) {
	select {
	case <-l.gone:
		return l.last, l.known
	default:
		return view(l.socket.Conn)
	}
}

// halves says whether one side of the connection can be ended by itself, as every socket's can.
func (l *link) halves() bool {
	_, ok := l.socket.Conn.(interface{ CloseWrite() error })
	return ok
}

// close closes the connection and waits for its reader.
func (l *link) close() {
	l.socket.Close()
	<-l.gone
}
