package daemon

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"go.uber.org/zap"

	"plumbago/conf"
)

// A stop whose time is over at once still walks what was read: no worker goes on behind the back of what is closed after
// it, and every point that counts as sent is in its endpoint's account.
func TestCloseWithoutTimeFinishesWhatWasRead(t *testing.T) {
	peer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	go func() {
		for {
			conn, err := peer.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, conn)
		}
	}()
	d := start(t, fmt.Sprintf(`
		[[listen]]
		protocol = "line"
		address = "tcp://127.0.0.1:0"
		[[cluster]]
		name = "a"
		endpoints = ["%s"]
		[[rule]]
		match = "**"
		[rule.aggregate]
		[[rule]]
		match = "**"
		send = ["a"]
	`, peer.Addr()))
	var text strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&text, "some.series.%d 1 1000000000\n", i)
	}
	const senders = 16
	wrote := make(chan struct{}, senders)
	for range senders {
		conn, err := net.Dial("tcp", d.Listener(0).Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go func() {
			io.WriteString(conn, text.String()[:1<<20])
			wrote <- struct{}{}
		}()
	}
	<-wrote
	over, cancel := context.WithCancel(t.Context())
	cancel()
	d.Close(over)
	l, err := d.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := l.Endpoints[0]; !l.Balanced || l.Received == 0 || l.Sent != e.Enqueued {
		t.Errorf("received %d, sent %d, but the endpoint's account is %+v", l.Received, l.Sent, e)
	}
}

// start runs the daemon that a configuration describes.
func start(t *testing.T, text string) *Daemon {
	t.Helper()
	f, faults := conf.Parse("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if faults != nil {
		t.Fatal(faults)
	}
	d, err := New(f, zap.NewNop(), Options{Cores: 2})
	if err == nil {
		err = d.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}
