package ingest

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"

	"plumbago/carbon/transport/certtest"
)

// hold opens a socket as a service manager would, and returns a file of it for each process that is to get one.
func hold(t *testing.T, a string) (addr net.Addr, file func() *os.File) {
	t.Helper()
	network, host, _ := strings.Cut(a, "://")
	var socket interface{ File() (*os.File, error) }
	switch network {
	case "tcp", "tcp4", "unix":
		l, err := net.Listen(network, host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		addr, socket = l.Addr(), l.(interface{ File() (*os.File, error) })
	default:
		c, err := net.ListenPacket(network, host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		addr, socket = c.LocalAddr(), c.(interface{ File() (*os.File, error) })
	}
	return addr, func() *os.File {
		f, err := socket.File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
}

// Which addresses a socket fits.
func TestInheritedFits(t *testing.T) {
	f := func(socket, address string, want bool) {
		t.Helper()
		at, file := hold(t, socket)
		_, port, _ := net.SplitHostPort(at.String())
		a, err := ParseAddress(strings.ReplaceAll(address, "PORT", port))
		if err != nil {
			t.Fatal(err)
		}
		s := NewSockets([]*os.File{file()}, zap.NewNop())
		if got := s.take(a) != nil; got != want {
			t.Errorf("%s fits %s: %v, want %v", socket, a, got, want)
		}
	}
	f("tcp://127.0.0.1:0", "tcp://127.0.0.1:PORT", true)
	f("tcp://127.0.0.1:0", "tcp://localhost:PORT", true)
	f("tcp://127.0.0.1:0", "tls://127.0.0.1:PORT", true)
	f("tcp://127.0.0.1:0", "tcp://[::ffff:127.0.0.1]:PORT", true)
	f("tcp://127.0.0.1:0", "udp://127.0.0.1:PORT", false)
	f("tcp://127.0.0.1:0", "tcp://127.0.0.2:PORT", false)
	f("tcp://127.0.0.1:0", "tcp://:PORT", false)
	f("tcp://127.0.0.1:0", "tcp://127.0.0.1:0", false)
	f("tcp://:0", "tcp://:PORT", true)
	f("tcp://:0", "tcp://0.0.0.0:PORT", true)
	f("tcp://:0", "tcp://[::]:PORT", true)
	f("tcp4://0.0.0.0:0", "tcp://:PORT", true)
	f("tcp://:0", "tcp://127.0.0.1:PORT", false)
	f("udp://127.0.0.1:0", "udp://127.0.0.1:PORT", true)
	f("udp://127.0.0.1:0", "tcp://127.0.0.1:PORT", false)
	f("udp://:0", "udp://:PORT", true)
	dir := t.TempDir()
	f("unix://"+dir+"/a", "unix://"+dir+"/a", true)
	f("unix://"+dir+"/b", "unix://"+dir+"/a", false)
	f("unix://"+dir+"/c", "unixgram://"+dir+"/c", false)
	f("unixgram://"+dir+"/d", "unixgram://"+dir+"/d", true)
	f("unix://@plumbago-test-"+filepath.Base(dir), "unix://@plumbago-test-"+filepath.Base(dir), true)
}

// A listener that ends leaves an inherited socket as it is: who comes then is served by the next one.
func TestInheritedOutlivesItsListener(t *testing.T) {
	f := func(t *testing.T, socket string) {
		t.Helper()
		at, file := hold(t, socket)
		address := strings.Replace(socket, "127.0.0.1:0", at.String(), 1)
		sink := newRecorder()
		o := on("line", address)
		o.Inherited = NewSockets([]*os.File{file()}, zap.NewNop())
		send := func(name string) {
			t.Helper()
			conn := dialPacket(t, at)
			write(t, conn, name+" 1 1700000000\n")
			conn.Close()
		}
		first := newRig(t, o, sink)
		o.Inherited.CloseUnused()
		send("a.first")
		sink.want(t, "a.first")
		first.close(t)
		for i := range 3 {
			send(fmt.Sprint("a.between", i))
		}
		o.Inherited = NewSockets([]*os.File{file()}, zap.NewNop())
		second := newRig(t, o, sink)
		sink.await(t, "those who came between", func() bool { return len(sink.names) == 4 })
		send("a.second")
		sink.await(t, "who came after", func() bool { return slices.Contains(sink.names, "a.second") })
		second.close(t)
		if path, ok := strings.CutPrefix(address, "unix://"); ok {
			if _, err := os.Stat(path); err != nil {
				t.Errorf("the file of the socket is gone: %v", err)
			}
		}
	}
	t.Run("tcp", func(t *testing.T) { f(t, "tcp://127.0.0.1:0") })
	t.Run("udp", func(t *testing.T) { f(t, "udp://127.0.0.1:0") })
	t.Run("unix", func(t *testing.T) { f(t, "unix://"+filepath.Join(t.TempDir(), "s")) })
	t.Run("unixgram", func(t *testing.T) { f(t, "unixgram://"+filepath.Join(t.TempDir(), "s")) })
}

// TLS is spoken on an inherited socket as on one of our own.
func TestInheritedTLS(t *testing.T) {
	ca := certtest.NewAuthority(t, "authority")
	at, file := hold(t, "tcp://127.0.0.1:0")
	o, _ := withTLS(t, ca)
	o.Address = []string{"tls://" + at.String()}
	o.Inherited = NewSockets([]*os.File{file()}, zap.NewNop())
	r := newRig(t, o, newRecorder())
	_, conn := dialTLS(t, r.Addrs()[0], ca, nil)
	write(t, conn, "a.b 1 1700000000\n")
	r.sink.want(t, "a.b")
}

// Files that are of no use, and sockets that nobody asks for, are closed and told of.
func TestInheritedOfNoUse(t *testing.T) {
	f := func(file *os.File, want string) {
		t.Helper()
		core, logs := observer.New(zapcore.InfoLevel)
		s := NewSockets([]*os.File{file}, zap.New(core))
		s.CloseUnused()
		if all := logs.All(); len(all) != 1 || !strings.Contains(fmt.Sprint(all[0].Message, all[0].ContextMap()), want) {
			t.Errorf("the log says %v, want %q", all, want)
		}
		if err := file.Close(); err == nil {
			t.Errorf("%s is still open", want)
		}
	}
	_, file := hold(t, "tcp://127.0.0.1:0")
	f(file(), "that no listener has an address for")
	plain, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	f(plain, "it is no socket")
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[1])
	f(os.NewFile(uintptr(pair[0]), "one"), "it does not listen")
	packets, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(packets[1])
	f(os.NewFile(uintptr(packets[0]), "two"), "it is a socket of type 5")
}

// Each of several sockets of one address is read: what lies in one that is not would wait for ever.
func TestInheritedSeveral(t *testing.T) {
	at, file := hold(t, "udp://127.0.0.1:0")
	o := on("line", "udp://"+at.String())
	o.Inherited = NewSockets([]*os.File{file(), file()}, zap.NewNop())
	r := newRig(t, o, newRecorder())
	if n := len(r.packets); n != 2 || len(r.Addrs()) != 1 {
		t.Errorf("%d sockets, %d addresses", n, len(r.Addrs()))
	}
	conn := dialPacket(t, at)
	write(t, conn, "a.b 1 1700000000")
	r.sink.want(t, "a.b")
}

// A receive buffer that somebody made larger than we may is left alone; what was dropped before is not ours.
func TestInheritedReceiveBuffer(t *testing.T) {
	at, file := hold(t, "udp://127.0.0.1:0")
	held := file()
	size := func() (n int) {
		t.Helper()
		if err := control(held, func(fd uintptr) (err error) {
			n, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	o := on("line", "udp://"+at.String())
	f := func(want, then int) {
		t.Helper()
		o.RecvBuffer, o.Inherited = want, NewSockets([]*os.File{file()}, zap.NewNop())
		newRig(t, o, newRecorder()).close(t)
		if got := size(); got != then {
			t.Errorf("asked for %d: the buffer has %d bytes, want %d", want, got, then)
		}
	}
	before := size()
	f(before/4, before)
	f(before, 2*before)
	f(0, 2*before)

	conn := dialPacket(t, at)
	for range 50_000 {
		write(t, conn, "a.b 1 1700000000")
	}
	o.RecvBuffer, o.Inherited = 0, NewSockets([]*os.File{file()}, zap.NewNop())
	r := newRig(t, o, newRecorder())
	r.close(t)
	if s := r.Stats(); s.Dropped != 0 {
		t.Errorf("%d datagrams count as dropped that were dropped before", s.Dropped)
	}
}

// Who has just connected when the stop comes, and has not sent yet, is heard.
func TestCloseAwaitsTheFirstBytes(t *testing.T) {
	r := newRig(t, on("line", "tcp://127.0.0.1:0"), newRecorder())
	conn := dial(t, r.Addrs()[0])
	eventually(t, func() bool { return r.Stats().Open == 1 })
	sent := make(chan error, 1)
	go func() {
		<-r.stop
		_, err := io.WriteString(conn, "a.b 1 1700000000\n")
		sent <- err
	}()
	r.close(t)
	if err := <-sent; err != nil {
		t.Error(err)
	}
	r.sink.want(t, "a.b")
}
