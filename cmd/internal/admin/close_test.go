package admin

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/zap"
)

// A client that never finishes its request does not keep the process from its end.
func TestCloseDoesNotWaitForABrokenClient(t *testing.T) {
	d, routes := serve(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	busy := make(chan struct{}, 1)
	s := &Server{daemon: d, log: zap.NewNop(), http: http.Server{Handler: routes, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateActive {
			busy <- struct{}{}
		}
	}}}
	go s.http.Serve(listener)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
	<-busy
	closed := make(chan struct{})
	go func() {
		s.Close(context.Background())
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not end")
	}
}
