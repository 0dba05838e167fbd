package ingest

import (
	"net/netip"

	"plumbago/carbon/top"
)

const (
	sendersKept = 1024   // how many senders a worker tells apart: those that sent the most
	rateWindow  = 10_000 // milliseconds over which a sender's rate is taken
	skewWindow  = 60_000 // milliseconds after which the newest time that a sender's clock showed is forgotten
)

// A Sender is who sends: an address on a listener, whatever the ports; of a unix socket it has no address.
type Sender struct {
	Listener string // its address, as it is configured
	Addr     netip.Addr
}

// Sent is what a sender has sent since its worker knows it.
type Sent struct {
	Sender
	Lines   int64 // good or bad
	Over    int64 // how many more it may have sent before it was known
	Bytes   int64
	Bad     int64
	Limited int64          // dropped since it sent too much
	From    netip.AddrPort // where the latest of it came from
	Last    int64          // Unix milliseconds when that was
	PerSec  float64        // lines a second, lately
	Skew    int64          // by how many milliseconds the newest of its samples were ahead of our clock, lately
	Timed   bool           // whether Skew is known
}

// sent is what a worker counts of a sender.
type sent struct {
	lines, bytes, bad, limited int64
	from                       netip.AddrPort
	last                       int64
	rate                       window
	skew                       window
	timed                      bool
}

// A window is a figure of the current stretch of time and of the one before it.
type window struct {
	number  int64 // of the current stretch
	now, by int64
}

// move moves the window to a stretch.
func (w *window) move(number int64) {
	switch number {
	case w.number:
	case w.number + 1:
		w.by, w.now = w.now, none
	default:
		w.by, w.now = none, none
	}
	w.number = number
}

// none is what a window has when nothing came.
const none = -1 << 62

// add adds to the current stretch.
func (w *window) add(number, n int64) {
	w.move(number)
	w.now = max(w.now, 0) + n
}

// perSecond returns the rate over both stretches, of which the current one has lasted so many milliseconds.
func (w *window) perSecond(elapsed int64) float64 {
	if w.by != none {
		elapsed += rateWindow
	}
	return float64(max(w.by, 0)+max(w.now, 0)) * 1000 / float64(max(elapsed, 1000))
}

// raise keeps the largest of a stretch.
func (w *window) raise(number, n int64) {
	w.move(number)
	w.now = max(w.now, n)
}

// senders are those that a worker knows.
type senders struct{ top *top.Top[Sender, sent] }

func newSenders() senders { return senders{top.New[Sender, sent](sendersKept)} }

// tally are the figures of one batch, or of one sender's part of it.
type tally struct{ lines, bytes, bad, limited int64 }

// add counts what from sent, all at one time in Unix milliseconds.
func (l senders) add(s Sender, from netip.AddrPort, t tally, now int64) *sent {
	x := &l.top.Add(s, t.lines).Value
	x.lines, x.bytes, x.bad, x.limited = x.lines+t.lines, x.bytes+t.bytes, x.bad+t.bad, x.limited+t.limited
	x.from, x.last = from, now
	x.rate.add(now/rateWindow, t.lines)
	return x
}

// clock notes what a sender's clock showed: the time of a sample that it has just sent.
func (x *sent) clock(sample, now int64) {
	x.skew.raise(now/skewWindow, sample-now)
	x.timed = true
}

// list returns what is known at a time in Unix milliseconds.
func (l senders) list(now int64) (all []Sent) {
	l.top.Each(func(e *top.Entry[Sender, sent]) {
		x := e.Value
		one := Sent{
			Sender: e.Key, Lines: x.lines, Over: e.Over, Bytes: x.bytes, Bad: x.bad, Limited: x.limited, From: x.from, Last: x.last,
		}
		x.rate.move(now / rateWindow)
		one.PerSec = x.rate.perSecond(now % rateWindow)
		x.skew.move(now / skewWindow)
		if skew := max(x.skew.now, x.skew.by); x.timed && skew != none {
			one.Skew, one.Timed = skew, true
		}
		all = append(all, one)
	})
	return all
}
