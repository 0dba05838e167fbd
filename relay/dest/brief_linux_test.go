package dest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"
)

// connected returns both ends of a TCP connection.
func connected(t *testing.T) (s *socket, theirs *net.TCPConn) {
	t.Helper()
	ln := listen(t, "127.0.0.1:0")
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return newSocket(conn, time.Minute), accept(t, ln)
}

func TestBriefWrite(t *testing.T) {
	f := func(all ...string) {
		t.Helper()
		s, theirs := connected(t)
		var rest net.Buffers
		var want []byte
		for _, part := range all {
			rest, want = append(rest, []byte(part)), append(want, part...)
		}
		n, err := s.brief.write(&rest)
		if err != nil || n != int64(len(want)) || len(bytes.Join(rest, nil)) > 0 {
			t.Fatalf("%d of %d bytes were written, %d are left: %v", n, len(want), len(rest), err)
		}
		s.Close()
		if got, err := io.ReadAll(theirs); err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %q, want %q: %v", got, want, err)
		}
	}
	f("a 1 1\n")
	f("a 1 1\n", "b 2 2\n", "c 3 3\n")
	f("", "a 1 1\n", "", "b 2 2\n", "")
	f(slices.Repeat([]string{"a 1 1\n"}, maxHand)...)
}

// What is too much to be written at once is left to the usual way.
func TestBriefWriteOfMuch(t *testing.T) {
	f := func(all ...[]byte) {
		t.Helper()
		s, _ := connected(t)
		rest := net.Buffers(all)
		if n, err := s.brief.write(&rest); n != 0 || err != nil || len(rest) != len(all) {
			t.Errorf("%d bytes of too many were written, %d parts are left: %v", n, len(rest), err)
		}
	}
	f(make([]byte, mostBrief+1))
	f(slices.Repeat([][]byte{{'a'}}, maxHand+1)...)
}

// A socket that is full takes a part, in the middle of a buffer, or nothing; the rest follows in the usual way.
func TestBriefWriteIntoAFullSocket(t *testing.T) {
	s, theirs := connected(t)
	s.Conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
	part := bytes.Repeat([]byte("0123456789abcdef\n"), 600)
	var want []byte
	var rest net.Buffers
	for full := false; !full; {
		rest = net.Buffers{part, part, part}
		before := len(want)
		want = append(append(append(want, part...), part...), part...)
		n, err := s.brief.write(&rest)
		if err != nil {
			t.Fatal(err)
		}
		left := bytes.Join(rest, nil)
		if !bytes.Equal(left, want[before+int(n):]) {
			t.Fatalf("after %d bytes what is left does not follow", n)
		}
		full = len(left) > 0
	}
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(theirs)
		got <- all
	}()
	if _, err := s.writeAll(&rest); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if all := <-got; !bytes.Equal(all, want) {
		t.Errorf("%d bytes came, want %d, or they differ", len(all), len(want))
	}
}

func TestBriefWriteFails(t *testing.T) {
	f := func(breaks func(s *socket, theirs *net.TCPConn), want error) {
		t.Helper()
		s, theirs := connected(t)
		breaks(s, theirs)
		n, err := s.Write([]byte("a 1 1\n"))
		if n != 0 || err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%d bytes were written: %v, want %v", n, err, want)
		}
	}
	f(func(s *socket, _ *net.TCPConn) { s.Close() }, net.ErrClosed)
	f(func(s *socket, _ *net.TCPConn) { s.hurry() }, context.Canceled)
	f(func(s *socket, theirs *net.TCPConn) {
		theirs.SetLinger(0)
		theirs.Close()
		s.Read(make([]byte, 1)) // until the reset is here
	}, nil)
}
