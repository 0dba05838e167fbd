package dest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// recordsOf returns a frame of n points as a cluster for lists has them.
func recordsOf(t *testing.T, first, n int) *carbon.Frame {
	t.Helper()
	b := carbon.NewBatch()
	defer b.Free()
	f := carbon.NewFrame()
	for i := range n {
		b.Add(fmt.Appendf(nil, "nic.%d", first+i), carbon.Raw, float64(first+i), 1000)
		o := DefaultOptions()
		o.Protocol = "redis"
		if !Encoder(o).Append(f, b, &b.Points[i]) {
			t.Fatal("the frame is full")
		}
	}
	return f
}

// A peer is the server's side of a connection.
type peer struct {
	t *testing.T
	c *net.TCPConn
	r *bufio.Reader
}

func newPeer(t *testing.T, l net.Listener) *peer {
	c := accept(t, l)
	return &peer{t, c, bufio.NewReader(c)}
}

// want reads a command and holds it to its words.
func (p *peer) want(words string) {
	p.t.Helper()
	n := 0
	if _, err := fmt.Fscanf(p.r, "*%d\r\n", &n); err != nil {
		p.t.Fatalf("waiting for %s: %v", words, err)
	}
	got := make([]string, n)
	for i := range got {
		size := 0
		if _, err := fmt.Fscanf(p.r, "$%d\r\n", &size); err != nil {
			p.t.Fatal(err)
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(p.r, b); err != nil {
			p.t.Fatal(err)
		}
		got[i] = string(b[:size])
	}
	if text := strings.Join(got, " "); text != words {
		p.t.Fatalf("got %s, want %s", text, words)
	}
}

func (p *peer) answer(text string) {
	p.t.Helper()
	if _, err := p.c.Write([]byte(text + "\r\n")); err != nil {
		p.t.Fatal(err)
	}
}

// TestPushes plays the server: what it answers is delivered, what it may or may not have is pushed again, and so is what it refuses.
func TestPushes(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	o := quick()
	o.Protocol = "redis"
	d := newDest(t, fmt.Sprintf("redis://user:secret@%s/3?key=nic", l.Addr()), o, nil)
	if shown := fmt.Sprintf("redis://user:xxxxx@%s/3?key=nic", l.Addr()); d.Endpoint() != shown {
		t.Errorf("it is shown as %s, want %s", d.Endpoint(), shown)
	}
	greet := func() *peer {
		p := newPeer(t, l)
		p.want("AUTH user secret")
		p.want("SELECT 3")
		p.want("PING")
		p.answer("+OK\r\n+OK\r\n+PONG")
		return p
	}
	d.Push(recordsOf(t, 1, 2))
	d.Start()
	p := greet()
	both := `RPUSH nic {"1":1,"time":1} {"2":2,"time":1}`
	p.want(both)
	p.c.Close() // whether the records are there nobody knows
	p = greet()
	p.want(both)
	p.answer("-OOM command not allowed")
	p = greet()
	p.want(both)
	if c := counts(t, d); c.Delivered != 0 || c.Queued != 2 || c.Unproven != 0 {
		t.Errorf("before the answer: %+v", c)
	}
	p.answer(":2")
	await(t, d, "the answer", func(c stat.EndpointCounts, s Status) bool {
		return c.Delivered == 2 && c.Resent == 2 && c.Queued == 0 && s.State == Up && s.Confirm == "answer"
	})
	if s := d.Status(); !strings.Contains(s.Error, "OOM command not allowed") || strings.Contains(s.Error, "secret") {
		t.Errorf("%+v", s)
	}
	p.c.Close() // noticed though nothing is pushed
	p = greet()
	await(t, d, "a reconnect", inState(Up))
	d.Push(recordsOf(t, 3, 1))
	p.want(`RPUSH nic {"3":3,"time":1}`)
	p.answer(":3")
	if lost := d.Close(within(t)); lost != 0 || counts(t, d).Delivered != 3 {
		t.Errorf("%d lost: %+v", lost, counts(t, d))
	}
}

// TestPushesRefuse does not take for Redis what is none.
func TestPushesRefuse(t *testing.T) {
	f := func(answers, want string) {
		t.Helper()
		l := listen(t, "127.0.0.1:0")
		o := quick()
		o.Protocol = "redis"
		if answers == "" {
			o.WriteTimeout = 50 * time.Millisecond
		}
		d := newDest(t, fmt.Sprintf("redis://%s?key=nic", l.Addr()), o, nil)
		d.Push(recordsOf(t, 1, 1))
		d.Start()
		p := newPeer(t, l)
		p.want("PING")
		if answers != "" {
			p.answer(answers)
		}
		await(t, d, want, func(c stat.EndpointCounts, s Status) bool { return strings.Contains(s.Error, want) && c.Queued == 1 })
	}
	f("-LOADING Redis is loading the dataset in memory", "the server answers: LOADING")
	f("SSH-2.0-OpenSSH", "does not speak as a Redis does")
	f("", "the server does not answer")
}
