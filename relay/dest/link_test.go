package dest

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"
)

// A quick layer is one over a socket, as TLS is, whose end the endpoint answers before the socket's own has been sent.
type quickLayer struct {
	net.Conn
	answered func()
}

func (l *quickLayer) CloseWrite() error { l.answered(); return nil }

// An endpoint that has read everything and answers to the end of TLS alone has proven it.
func TestAnswerToTheLayer(t *testing.T) {
	f := func(read bool) {
		t.Helper()
		ln := listen(t, "127.0.0.1:0")
		raw, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		theirs := accept(t, ln)
		s := newSocket(raw, time.Second)
		var l *link
		l = newLink(s, &quickLayer{raw, func() {
			if read {
				if _, err := theirs.Read(make([]byte, 10)); err != nil {
					t.Error(err)
				}
			}
			theirs.Close()
			<-l.gone
		}}, "host")
		if _, err := s.Write([]byte("a 1 1\n")); err != nil {
			t.Fatal(err)
		}
		for unacknowledged(raw) > 0 {
			runtime.Gosched()
		}
		err = l.finish(context.Background())
		if err == nil {
			err = l.proof(context.Background(), time.Now(), time.Second)
		}
		if (err == nil) != read {
			t.Errorf("it has read everything: %v; the proof gives %v", read, err)
		}
	}
	f(true)
	f(false)
}
