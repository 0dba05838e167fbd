package ingest

import (
	"net/netip"
	"testing"
)

// Of too many addresses those are kept that gave the most trouble.
func TestCallersBound(t *testing.T) {
	var l Listener
	note := func(text string, n int) {
		for range n {
			l.callers.note(netip.MustParseAddr(text), wasRefused)
		}
	}
	note("192.0.2.1", 3)
	note("192.0.2.2", 5)
	for i := range 100 * mostWatched {
		l.callers.note(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), wasTaken)
		if len(l.callers.by) > mostWatched {
			t.Fatalf("%d addresses are kept", len(l.callers.by))
		}
	}
	got := l.Callers()
	if len(got) != mostShown || got[0].Address != "192.0.2.2" || got[0].Refused != 5 || got[1].Address != "192.0.2.1" || got[2].Connections != 1 {
		t.Errorf("shown are %+v", got)
	}
	l.callers.note(netip.Addr{}, wasRefused)
	if got := l.Callers(); got[0].Address != "192.0.2.2" {
		t.Errorf("what has no address is shown: %+v", got[0])
	}
}

// Each kind of trouble is counted for the address that it came from.
func TestCallersOf(t *testing.T) {
	o := on("pickle", "tcp://127.0.0.1:0", "udp://127.0.0.1:0")
	r := newRig(t, o, newRecorder())
	closeConn(t, dial(t, r.Addrs()[0]))
	bad := dial(t, r.Addrs()[0])
	write(t, bad, "\x00\x00\x00\x02xx")
	wantEnd(t, bad)
	eventually(t, func() bool { s := r.Stats(); return s.Closed == 2 && s.Probes == 1 })
	got := r.Callers()
	if len(got) != 1 || got[0].Address != "127.0.0.1" || got[0].Connections != 2 || got[0].Probes != 1 || got[0].Broken != 1 || got[0].Last.IsZero() {
		t.Errorf("shown are %+v", got)
	}
}
