package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/transport"
)

// openingTime is how long a connection may take for what comes before its samples: a PROXY header, a handshake.
const openingTime = 10 * time.Second

// A layer is what a stream may be wrapped in.
type layer int

const (
	proxyLayer layer = iota
	tlsLayer
	compressLayer
	nLayers
)

// A fault is why a layer cannot be read on. It is its sender's, or something's on the way.
type fault struct {
	layer layer
	why   error
}

func (f *fault) Error() string { return f.why.Error() }

func (f *fault) Unwrap() error { return f.why }

// isLayered says whether the stream begins with, or comes in, anything but its messages.
func (s *stream) isLayered() bool {
	o := &s.listener.opts
	return o.ProxyProtocol || s.secure || o.Compress != "none"
}

// readLayers reads a stream that is wrapped: in that order a PROXY header, TLS, compression.
func (s *stream) readLayers() error {
	in := newSocket(s.conn)
	s.deadline(time.Now().Add(openingTime))
	if s.listener.opts.ProxyProtocol {
		if err := s.readHeader(in); err != nil {
			return err
		}
	}
	out := io.Reader(in)
	if s.secure {
		conn, err := s.handshake(in)
		if err != nil {
			return err
		}
		out, s.out = layered{tlsLayer, conn}, conn
	}
	s.deadline(time.Time{})
	if method := s.listener.opts.Compress; method != "none" {
		z, err := transport.NewReader(method, out)
		if err != nil {
			return err
		}
		defer z.Close()
		out = layered{compressLayer, z}
	}
	if out != io.Reader(in) || in.raw == nil {
		return s.readPlain(out)
	}
	if len(in.rest) > 0 {
		if err := s.feed(in.rest); err != nil {
			return err
		}
	}
	return s.readRaw(in.raw)
}

// handshake makes the connection a TLS one. Who goes without a byte is a probe.
func (s *stream) handshake(in *socket) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openingTime)
	defer cancel()
	in.came = len(in.rest) > 0
	conn, err := s.listener.server.Handshake(ctx, in)
	switch {
	case err == nil:
		return conn, nil
	case s.isEnding():
		return nil, os.ErrDeadlineExceeded
	case !in.came && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)):
		return nil, io.EOF
	}
	return nil, &fault{tlsLayer, err}
}

// layered is what a layer gives, with its own faults told from the ends that any connection can have.
type layered struct {
	layer layer
	io.Reader
}

func (r layered) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	var below *fault
	switch {
	case err == nil || err == io.EOF || errors.As(err, &below),
		errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
	case r.layer == tlsLayer && errors.Is(err, io.ErrUnexpectedEOF):
		err = &fault{tlsLayer, errors.New("TLS: the connection ended within a record")}
	case r.layer == tlsLayer:
		err = &fault{tlsLayer, errors.New(transport.Explain(err, ""))}
	default:
		err = &fault{r.layer, err}
	}
	return n, err
}

// deadline sets the deadline of the stream's reads, unless it is to end.
func (s *stream) deadline(at time.Time) {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	if !s.ending {
		_ = s.conn.SetReadDeadline(at)
	}
}

// wake has the stream take what has arrived and end. The listener's lock is held. TLS may also be waiting to write.
func (s *stream) wake() {
	s.ending = true
	if s.secure {
		_ = s.conn.SetDeadline(longAgo())
	} else {
		_ = s.conn.SetReadDeadline(longAgo())
	}
}

func (s *stream) isEnding() bool {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	return s.ending
}

// broken counts a stream that a layer's fault has ended, and says why.
func (l *Listener) broken(s *stream, f *fault) {
	l.counts.broken[f.layer].Add(1)
	l.callers.note(s.peer.Addr(), wasBroken)
	l.log.Warn(closingBroken, zap.String("listener", s.from.listener), zap.String("peer", s.name()),
		zap.String("reason", legible(f.Error())))
}

// Reload looks whether the files of a tls table have changed, as each handshake does from time to time.
func (l *Listener) Reload() {
	if l.server != nil {
		_ = l.server.Reload() // l.renewed has said it
	}
}

// renewed says what became of files that have changed.
func (l *Listener) renewed(err error) {
	if err != nil {
		l.counts.stale.Add(1)
		l.log.Error("the changed files of tls cannot be used", zap.String("listener", l.name), zap.Error(err))
		return
	}
	l.log.Info("new handshakes use the changed files of tls", zap.String("listener", l.name))
}

// Certificates returns what TLS uses, for people; nothing if there is no TLS.
func (l *Listener) Certificates() []transport.Certificate {
	if l.server == nil {
		return nil
	}
	return l.server.Certificates()
}
