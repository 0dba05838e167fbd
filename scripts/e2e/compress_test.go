package e2e

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// packed returns text as a program compresses it.
func packed(t *testing.T, text string, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(text)
	var e bytes.Buffer
	cmd.Stderr = &e
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", program, err, e.String())
	}
	return string(out)
}

// What the common tools make is read from compressed listeners, piped by nc; what is damaged leaves a sentence.
func TestCompressedClients(t *testing.T) {
	outside(t)
	out := newSink(t)
	methods := []string{"gzip", "lz4", "zstd", "snappy"}
	port := map[string]int{}
	conf := fmt.Sprintf("[[cluster]]\nname = \"out\"\nendpoints = [%q]\n[[rule]]\nmatch = \"**\"\nsend = \"out\"\n", out.addr)
	for _, m := range methods {
		port[m] = freePort(t)
		conf += fmt.Sprintf("[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\ncompress = %q\n", port[m], m)
	}
	d := start(t, setup{conf: conf})
	const n = 5000
	now := time.Now().Unix()
	var want []string
	text := func(name string) string {
		var b strings.Builder
		for i := range n {
			line := fmt.Sprintf("%s.web%d.cpu %d %d", name, i%100, i, now)
			want = append(want, line)
			b.WriteString(line + "\n")
		}
		return b.String()
	}
	into := func(method, data string) {
		t.Helper()
		nc(t, fmt.Sprintf("127.0.0.1:%d", port[method]), data)
		if l := d.received(int64(len(want))); l.Accepted != int64(len(want)) {
			t.Errorf("%s: accepted %d, want %d", method, l.Accepted, len(want))
		}
	}
	into("gzip", packed(t, text("gzip"), part(t, "gzip", "gzip"), "-c"))
	into("gzip", packed(t, text("gzip.two"), part(t, "gzip", "gzip"), "-c")+packed(t, text("gzip.more"), part(t, "gzip", "gzip"), "-9c"))
	into("lz4", packed(t, text("lz4"), part(t, "lz4", "lz4"), "-c"))
	into("lz4", packed(t, text("lz4.linked"), part(t, "lz4", "lz4"), "-9", "-BD", "-c"))
	into("zstd", packed(t, text("zstd"), part(t, "zstd", "zstd"), "-c"))
	into("zstd", packed(t, text("zstd.high"), part(t, "zstd", "zstd"), "-15", "-c"))
	snappy := func(text, how string) string {
		return packed(t, text, python(t), "-c", `
import sys, snappy, snappy.snappy
def crc32c(data, table=[]):
    if not table:
        for n in range(256):
            for _ in range(8):
                n = n >> 1 ^ (0x82f63b78 if n & 1 else 0)
            table.append(n)
    crc = 0xffffffff
    for b in data:
        crc = crc >> 8 ^ table[(crc ^ b) & 255]
    return crc ^ 0xffffffff
snappy.snappy._crc32c = crc32c  # Debian's own fails with Debian's Python
data = sys.stdin.buffer.read()
`+how)
	}
	into("snappy", snappy(text("snappy.framed"), "sys.stdout.buffer.write(snappy.StreamCompressor().compress(data))"))
	into("snappy", snappy(text("snappy.raw"), "sys.stdout.buffer.write(snappy.compress(data))"))

	for _, m := range methods {
		c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port[m]))
		fmt.Fprintf(c, "plain.text 1 %d\nand more of it, as nobody has compressed it\n", now)
		// Raw snappy may take the first bytes for a length and wait for what it announces.
		type half interface{ CloseWrite() error }
		if err := c.(half).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		closedConn(t, c)
		d.says("cannot be read on", fmt.Sprintf("127.0.0.1:%d", port[m]), "the "+m+" stream")
	}
	if l := d.ledger(); l.Received != int64(len(want)) {
		t.Errorf("%d were received, want %d", l.Received, len(want))
	}
	d.stop()
	same(t, "compressed", parse(t, out.finish(len(want))), parse(t, want))
}
