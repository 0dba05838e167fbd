package ingest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
)

// talker returns a listener for RESP that runs, with a socket if it is to be opened, and what takes its samples.
func talker(t *testing.T, open bool) (*Listener, *recorder, func()) {
	t.Helper()
	sink := newRecorder()
	w := NewWorker(sink, sink.asks, time.Millisecond, zap.NewNop())
	w.Start()
	o := DefaultOptions()
	o.Protocol = "resp"
	o.Address = []string{"tcp://127.0.0.1:0"}
	l, err := NewListener(o, 1, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if open {
		if err := l.Open(); err != nil {
			t.Fatal(err)
		}
	}
	l.Start()
	return l, sink, func() {
		for _, close := range []func(context.Context) error{l.Close, w.Close} {
			if err := close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestTalk pipelines commands over a real connection, in pieces, and gets every answer in order.
func TestTalk(t *testing.T) {
	l, sink, stop := talker(t, true)
	conn, err := net.Dial("tcp", l.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const hits = 20_000
	go func() {
		var b strings.Builder
		for range hits {
			b.WriteString("*5\r\n$5\r\nTAHIT\r\n$2\r\n10\r\n$1\r\n1\r\n$4\r\n1000\r\n$1\r\nk\r\n")
		}
		text := b.String() + "\r\nPING\r\nquit\r\nPING\r\n"
		for size := 1; text != ""; size = size*2 + 1 {
			n := min(size, len(text))
			if _, err := io.WriteString(conn, text[:n]); err != nil {
				t.Error(err)
				return
			}
			text = text[n:]
		}
	}()
	in := bufio.NewReader(conn)
	for i := range hits {
		sum := fmt.Sprint(i + 1)
		want := fmt.Sprintf("*1\r\n$%d\r\n%s\r\n", len(sum), sum)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
			t.Fatalf("answer %d: %q, %v, want %q", i, got, err, want)
		}
	}
	rest, err := io.ReadAll(in)
	if string(rest) != "+PONG\r\n+OK\r\n" {
		t.Errorf("%q, %v", rest, err)
	}
	stop()
	if s := l.Stats().Events; s == nil || s.Hits != hits || s.Commands != hits+2 || s.Errors != 0 {
		t.Errorf("%+v", s)
	}
	sink.wantBad(t, 0, 0)
}

// TestTalkBroken answers a stream that has no next command, and ends it.
func TestTalkBroken(t *testing.T) {
	l, _, stop := talker(t, true)
	defer stop()
	f := func(in, want string) {
		t.Helper()
		conn, err := net.Dial("tcp", l.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, in); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(conn); string(got) != want {
			t.Errorf("%.30q: %q, %v, want %q", in, got, err, want)
		}
	}
	f("PING\r\n*1\r\n:5\r\n", "+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n")
	f("*1\r\n$9999999\r\n", "-ERR Protocol error: invalid bulk length\r\n")
}

// TestTalkEmits makes samples of the keys at multiples of the interval.
func TestTalkEmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, sink, stop := talker(t, false)
		near, far := net.Pipe()
		l.Serve(far)
		now := time.Now().Unix()
		go fmt.Fprintf(near, "TAHIT 10 40 %d a\r\nTUHIT 10 x %d b\r\n", now, now)
		answers := make([]byte, len("*1\r\n$2\r\n40\r\n*1\r\n$1\r\n1\r\n"))
		if _, err := io.ReadFull(near, answers); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		sink.want(t, "a.rate", "a.sum", "b.unique")
		_ = near.Close()
		stop()
	})
}
