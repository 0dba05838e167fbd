package ingest

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
)

// told returns what a worker knows of its senders, and of what it refused, as text.
func told(w *Worker) (peers, bad string) {
	all := w.Sent()
	slices.SortFunc(all, func(a, b Sent) int { return a.Addr.Compare(b.Addr) })
	var out []string
	for _, p := range all {
		skew := "-"
		if p.Timed {
			skew = fmt.Sprint(p.Skew)
		}
		out = append(out, fmt.Sprintf("%v from %v: %d lines %d bytes %d bad %d limited %g/s skew %s", p.Addr, p.From, p.Lines, p.Bytes, p.Bad, p.Limited, p.PerSec, skew))
	}
	peers = strings.Join(out, "\n")
	out = nil
	refused := w.Bad()
	slices.SortFunc(refused, func(a, b Bad) int { return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Why, b.Why)) })
	for _, b := range refused {
		one := fmt.Sprintf("%v %v %d:", b.Addr, b.Why, b.Lines)
		for _, s := range b.Samples {
			one += fmt.Sprintf(" %v %q", s.From, s.Text)
		}
		out = append(out, one)
	}
	return peers, strings.Join(out, "\n")
}

// Who sends what, how fast, with which clock, and what of it was refused, by connections from several addresses.
func TestSenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorker(newRecorder(), make(chan func()), time.Millisecond, zap.NewNop())
		o := on("line", "tcp://127.0.0.1:0")
		o.Rate = 20
		l, err := NewListener(o, 0, []*Worker{w}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		w.Start()
		one, again, other, local := l.serveFrom("10.0.0.1:1"), l.serveFrom("10.0.0.1:2"), l.serveFrom("[::ffff:10.0.0.2]:1"), l.pipe()
		send := func(conn net.Conn, text string) {
			write(t, conn, text)
			synctest.Wait()
		}
		now := time.Now().Unix()
		send(one, fmt.Sprintf("a 1 %d\n", now+5))
		send(again, fmt.Sprintf("a 1 %d\nb c\nx\n", now-3))
		send(other, strings.Repeat("a 1\n", 30))
		send(local, "y\n")
		send(local, "half")
		closeConn(t, local)
		synctest.Wait()
		time.Sleep(15 * time.Second)
		wantPeers := `invalid IP from invalid AddrPort: 2 lines 2 bytes 2 bad 0 limited 0.13333333333333333/s skew -
10.0.0.1 from 10.0.0.1:2: 4 lines 34 bytes 2 bad 0 limited 0.26666666666666666/s skew 5000
10.0.0.2 from 10.0.0.2:1: 30 lines 120 bytes 0 bad 10 limited 2/s skew 0`
		wantBad := `invalid IP bad_fields 1: invalid AddrPort "y"
invalid IP unterminated 1: invalid AddrPort "half"
10.0.0.1 bad_value 1: 10.0.0.1:2 "b c"
10.0.0.1 bad_fields 1: 10.0.0.1:2 "x"`
		if peers, bad := told(w); peers != wantPeers || bad != wantBad {
			t.Errorf("got %s\nand %s", peers, bad)
		}
		time.Sleep(3 * time.Minute)
		for i := range 9 {
			send(one, fmt.Sprintf("z%d\n", i))
		}
		time.Sleep(58 * time.Minute) // the older ones are no news any more
		wantBad = `10.0.0.1 bad_fields 10: 10.0.0.1:1 "z8" 10.0.0.1:1 "z7" 10.0.0.1:1 "z6"`
		peers, bad := told(w)
		if bad != wantBad || strings.Count(peers, "0/s skew -") != 3 {
			t.Errorf("later, got %s\nand %s", peers, bad)
		}
		for _, conn := range []net.Conn{one, again, other} {
			closeConn(t, conn)
		}
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Datagrams that were received together count for their senders.
func TestSendersOfDatagrams(t *testing.T) { synctest.Test(t, sendersOfDatagrams) }

func sendersOfDatagrams(t *testing.T) {
	w := NewWorker(nowhere{}, nil, 0, zap.NewNop())
	l, err := NewListener(on("line", "udp://127.0.0.1:0"), 0, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	p := &packetSocket{listener: l, worker: w, from: &origin{decoder: l.decoders[0], listener: l.name}}
	for _, d := range []struct{ from, text string }{
		{"10.0.0.1:1", "a 1\nb 2\n"}, {"10.0.0.2:1", "c x"}, {"10.0.0.2:2", "c 1"}, {"10.0.0.1:1", "d"}, {"10.0.0.1:1", "e\nf 1"},
	} {
		if err := p.open(len(d.text) + 1); err != nil {
			t.Fatal(err)
		}
		p.peer = netip.MustParseAddrPort(d.from)
		p.addLines([]byte(d.text), false)
		addPart(p.batch, p.peer)
	}
	p.send()
	w.decode(<-w.inbox)
	wantPeers := `10.0.0.1 from 10.0.0.1:1: 5 lines 16 bytes 2 bad 0 limited 5/s skew -
10.0.0.2 from 10.0.0.2:2: 2 lines 8 bytes 1 bad 0 limited 2/s skew -`
	wantBad := `10.0.0.1 bad_fields 2: 10.0.0.1:1 "e" 10.0.0.1:1 "d"
10.0.0.2 bad_value 1: 10.0.0.2:1 "c x"`
	if peers, bad := told(w); peers != wantPeers || bad != wantBad {
		t.Errorf("got %s\nand %s", peers, bad)
	}
}

// What a batch costs to note, when nothing of it is bad.
func BenchmarkNote(b *testing.B) {
	n := newNotebook()
	batch := carbon.NewBatch()
	defer batch.Free()
	batch.Add([]byte("a.b"), carbon.Raw, 1, 0)
	batch.Arrival = 1700000000000
	k := work{batch: batch, from: &origin{listener: "tcp://127.0.0.1:2003"}, peer: netip.MustParseAddrPort("10.0.0.1:1")}
	b.ReportAllocs()
	for b.Loop() {
		batch.Arrival++
		n.open(batch)
		n.close(&k, 1000)
	}
}
