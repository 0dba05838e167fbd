package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// hitsConf is a daemon for hits of many keys.
const hitsConf = `
[[listen]]
protocol = "resp"
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = ["out"]
`

// TestManyHits pipelines hits over four connections without ever waiting for an answer, and holds every answer to what it must be; then
// hits many keys. Memory stays bounded. PLUMBAGO_E2E_HITS is how many hits, PLUMBAGO_E2E_KEYS how many keys.
func TestManyHits(t *testing.T) {
	hits, keys := number(t, "PLUMBAGO_E2E_HITS", 200_000), number(t, "PLUMBAGO_E2E_KEYS", 10_000)
	out, port := newSink(t), freePort(t)
	d := start(t, setup{bin: program, conf: fmt.Sprintf(hitsConf, port, out.addr)})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	const conns = 4
	var wg sync.WaitGroup
	for i := range conns {
		c := dial(t, "tcp", address)
		c.SetDeadline(time.Time{}) // so many take what they take
		wg.Go(func() { pipelined(t, c, fmt.Sprintf("hits%d", i), hits/conns) })
	}
	wg.Wait()
	peak := rss(t, d.cmd.Process.Pid, "VmHWM")
	t.Logf("%d hits took %d MiB at most", hits, peak>>20)
	if peak > 128<<20 {
		t.Error("that is too much")
	}

	before := rss(t, d.cmd.Process.Pid, "VmRSS")
	c := dial(t, "tcp", address)
	go func() {
		w := bufio.NewWriterSize(c, 64<<10)
		for i := range keys - conns {
			fmt.Fprintf(w, "TAHIT 3600 1 1000 some.key.%d\r\n", i)
		}
		w.Flush()
	}()
	r, want := bufio.NewReaderSize(c, 64<<10), []byte("*1\r\n$1\r\n1\r\n")
	got := make([]byte, len(want))
	for i := range keys - conns {
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("key %d: %q, %v", i, got, err)
		}
	}
	grown := rss(t, d.cmd.Process.Pid, "VmRSS") - before
	t.Logf("%d keys took %d bytes each", keys, grown/int64(keys))
	if grown > int64(keys)*1024+32<<20 {
		t.Errorf("%d keys took %d MiB", keys, grown>>20)
	}
	if l := d.stop().ledger; l.Received != l.Accepted || l.Received != l.Sent {
		t.Errorf("%+v", l)
	}
}

// pipelined sends n hits of a key without waiting, and reads the answers meanwhile.
func pipelined(t *testing.T, c net.Conn, key string, n int) {
	go func() {
		hit := []byte(fmt.Sprintf("*5\r\n$5\r\nTAHIT\r\n$4\r\n3600\r\n$1\r\n1\r\n$4\r\n1000\r\n$%d\r\n%s\r\n", len(key), key))
		w := bufio.NewWriterSize(c, 64<<10)
		for range n {
			w.Write(hit)
		}
		w.Flush()
	}()
	r := bufio.NewReaderSize(c, 64<<10)
	var want, room []byte
	for i := 1; i <= n; i++ {
		digits := strconv.AppendInt(room[:0], int64(i), 10)
		want = append(want[:0], "*1\r\n$"...)
		want = strconv.AppendInt(want, int64(len(digits)), 10)
		want = append(append(append(want, "\r\n"...), digits...), "\r\n"...)
		got, err := r.Peek(len(want))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("answer %d for %s: %q, %v, want %q", i, key, got, err, want)
			return
		}
		r.Discard(len(want))
		room = digits
	}
}
