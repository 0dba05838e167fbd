package dest

import "time"

const (
	// slack is how much more than its window says the endpoint may have unread: a window is told in steps, and some of
	// what is free behind it is not told at all.
	slack = 64 << 10
	// markEvery is how many bytes of a connection lie between two marks at least.
	markEvery = 4 << 10
)

// A mark says how many bytes of frames were written with so many bytes of the connection; with TLS or a compressor these
// are not the same.
type mark struct{ wire, frames int64 }

// A window estimates what the endpoint's application has read: what its system has acknowledged, without what takes up
// its receive buffer, which is by how much the window that it announces is smaller than the widest that it ever was. The
// buffer of an endpoint that reads slowly may hide more than that.
type window struct {
	marks  []mark
	frames int64     // bytes written in all
	done   int64     // of those, read by the endpoint, as far as was known
	widest int64     // bytes
	last   time.Time // when something was written last
}

// wrote notes that so many bytes of frames are written, and that the connection has so many bytes by then.
func (w *window) wrote(frames, wire int64, now time.Time) {
	w.frames += frames
	w.last = now
	m := mark{wire: wire, frames: w.frames}
	if n := len(w.marks); n > 1 && m.wire-w.marks[n-2].wire < markEvery {
		w.marks[n-1] = m
		return
	}
	w.marks = append(w.marks, m)
}

// read returns how many bytes of frames the endpoint has probably read; c is how the connection stands, and after trust
// without a write everything that was acknowledged is taken for read.
func (w *window) read(c Connection, now time.Time, trust time.Duration) int64 {
	w.widest = max(w.widest, c.WindowBytes)
	unread := w.widest - c.WindowBytes + slack
	if now.Sub(w.last) >= trust && unread <= 2*slack {
		unread = 0
	}
	n := 0
	for n < len(w.marks) && w.marks[n].wire <= c.acked-unread {
		w.done = w.marks[n].frames
		n++
	}
	w.marks = w.marks[:copy(w.marks, w.marks[n:])]
	return w.done
}

// A Connection is what the system knows of a TCP connection.
type Connection struct {
	UnackedBytes      int64   `json:"unacked_bytes"` // written, and not acknowledged by the endpoint's system
	UnsentBytes       int64   `json:"unsent_bytes"`  // of those, not even sent
	WindowBytes       int64   `json:"window_bytes"`  // what the endpoint's system would take; 0: its application does not read
	RTTMS             float64 `json:"rtt_ms"`
	Retransmits       int64   `json:"retransmits"`
	BusyMS            int64   `json:"busy_ms"`             // how long there was something to send
	ReceiverLimitedMS int64   `json:"receiver_limited_ms"` // of that, how long the endpoint's window was in the way

	acked  int64 // bytes
	closed bool  // both ways, or by a reset
}
