package spool

import "slices"

// An Account says what became of every point that was ever in a spool since it was opened. Its law, at any moment:
//
//	Opened + Appended = Confirmed + Overflow + Expired + DiskFull + Corrupt + Purged + Held
type Account struct {
	Opened    int64 // what it held when it was opened
	Appended  int64
	Confirmed int64
	Overflow  int64 // gave way to newer ones, for the spool's size
	Expired   int64 // were too old
	DiskFull  int64 // gave way because the disk was full
	Corrupt   int64 // were damaged on disk
	Purged    int64
	Held      int64
}

// Balanced says whether the account's law holds.
func (a *Account) Balanced() bool {
	return a.Opened+a.Appended == a.Confirmed+a.Overflow+a.Expired+a.DiskFull+a.Corrupt+a.Purged+a.Held
}

// A hole is a run of points, [from, to), that are gone though some before them are not.
type hole struct{ from, to uint64 }

// A span is which points a spool holds: those of [pos, end) that are in no hole. Holes are in order, do not touch, and none
// begins at pos. There are few: they come up while what was read before them waits to be confirmed.
type span struct {
	pos, end uint64
	holes    []hole
}

// held counts the points.
func (s *span) held() int64 { return s.count(s.pos, s.end) }

// count counts those of [from, to) that are held.
func (s *span) count(from, to uint64) int64 {
	from, to = max(from, s.pos), min(to, s.end)
	if from >= to {
		return 0
	}
	n := to - from
	for _, h := range s.holes {
		if a, b := max(h.from, from), min(h.to, to); a < b {
			n -= b - a
		}
	}
	return int64(n)
}

// gone says whether the point is not held any more.
func (s *span) gone(point uint64) bool { return s.count(point, point+1) == 0 }

// remove takes [from, to) out and returns how many points that were.
func (s *span) remove(from, to uint64) int64 {
	n := s.count(from, to)
	from, to = max(from, s.pos), min(to, s.end)
	if from >= to {
		return 0
	}
	// All holes from i to j touch the new one and become one with it.
	i := 0
	for i < len(s.holes) && s.holes[i].to < from {
		i++
	}
	j := i
	for j < len(s.holes) && s.holes[j].from <= to {
		from, to = min(from, s.holes[j].from), max(to, s.holes[j].to)
		j++
	}
	if from == s.pos {
		s.pos = to
		s.holes = slices.Delete(s.holes, 0, j)
	} else {
		s.holes = slices.Replace(s.holes, i, j, hole{from, to})
	}
	return n
}
