package ingest

import (
	"net/netip"

	"plumbago/carbon/stat"
	"plumbago/carbon/top"
)

const (
	badKept     = 512       // how many senders and reasons a worker tells apart
	badSamples  = 3         // of what they sent
	badLifetime = 3_600_000 // milliseconds after which what was refused is no news
)

// Bad is what a sender sent that was refused for one reason.
type Bad struct {
	Sender
	Why     stat.Reason
	Lines   int64 // since its worker knows of it
	Last    int64 // Unix milliseconds
	Samples []BadLine
}

// A BadLine is a message that was refused.
type BadLine struct {
	At   int64          // Unix milliseconds
	From netip.AddrPort // the zero one if nobody knows
	Text string         // as it came: anything may be in it
	Cut  bool           // there was more of it
}

// badLines are what a worker refused lately, with some of it to look at: the newest.
type badLines struct{ top *top.Top[badKey, badEntry] }

type badKey struct {
	sender Sender
	why    stat.Reason
}

type badEntry struct {
	lines, last int64
	n           int // samples so far
	samples     [badSamples]badSample
}

// A badSample is a BadLine whose text is overwritten by a newer one's.
type badSample struct {
	at   int64
	from netip.AddrPort
	text []byte
	cut  bool
}

func newBadLines() badLines { return badLines{top.New[badKey, badEntry](badKept)} }

// note takes in what was refused of a batch.
func (l badLines) note(k *work, now int64) {
	b := k.batch
	if len(b.Parts) < 2 {
		l.count(k.from.sender(k.peer), &b.Bad, now)
	}
	for i := range b.Parts {
		if len(b.Parts) > 1 {
			l.count(k.from.sender(b.Parts[i].Peer), &b.Parts[i].Bad, now)
		}
	}
	for i := range b.Refusals {
		r := &b.Refusals[i]
		from := k.peer
		if len(b.Parts) > 1 {
			from = b.Parts[r.Part].Peer
		}
		e := &l.top.Add(badKey{k.from.sender(from), r.Why}, 0).Value
		s := &e.samples[e.n%badSamples]
		e.n++
		*s = badSample{now, from, append(s.text[:0], b.RefusedText(r)...), r.Cut}
	}
}

func (l badLines) count(s Sender, bad *[stat.NReasons]uint32, now int64) {
	for why, n := range bad {
		if n > 0 {
			e := &l.top.Add(badKey{s, stat.Reason(why)}, int64(n)).Value
			e.lines, e.last = e.lines+int64(n), now
		}
	}
}

// list returns what is news at a time in Unix milliseconds, the newest of its samples first.
func (l badLines) list(now int64) (all []Bad) {
	l.top.Each(func(e *top.Entry[badKey, badEntry]) {
		x := &e.Value
		if now-x.last > badLifetime {
			return
		}
		one := Bad{Sender: e.Key.sender, Why: e.Key.why, Lines: x.lines, Last: x.last}
		for i := range min(x.n, badSamples) {
			s := &x.samples[(x.n-1-i)%badSamples]
			one.Samples = append(one.Samples, BadLine{s.at, s.from, string(s.text), s.cut})
		}
		all = append(all, one)
	})
	return all
}
