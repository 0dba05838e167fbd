package relay

import (
	"bytes"

	"plumbago/aggregate/sketch"
	"plumbago/carbon"
	"plumbago/carbon/top"
)

const (
	prefixesKept  = 256  // how many prefixes a lane tells apart: those with the most lines and new names
	samplesSecond = 500  // of how many points a second the lane looks at the name, to count lines by prefix
	mostStride    = 4096 // the most points of which one is looked at
	missStride    = 32   // of how many names with prefixes that find no room one is looked at
	prefixWindow  = 60   // seconds over which lines and new names are counted
)

// A Prefix is what a lane has met of the names that begin with the same two nodes.
type Prefix struct {
	Name  string          // the nodes, with a dot between them
	Lines float64         // a second, lately, about
	New   float64         // names a minute that the lane did not know, lately
	Names sketch.Distinct // names so far
}

// prefixes are those that a lane has met. What is counted of each costs a point nothing: names are counted when the table is asked
// about them, and of lines a sample.
type prefixes struct {
	top    *top.Top[string, prefix]
	stride int   // one point in so many is looked at
	skip   int   // how many more to leave out
	second int64 // that lines are counted of, in Unix time
	lines  int   // in it
	missed int   // names with prefixes that find no room
}

// prefix is what is counted of one.
type prefix struct {
	names  sketch.Distinct
	minute int64    // the current window
	lines  [2]int64 // of it and the one before
	fresh  [2]int64
}

func newPrefixes() prefixes { return prefixes{top: top.New[string, prefix](prefixesKept), stride: 1} }

// prefixOf returns the first two nodes of a name: less if it has no more, and none of its tags.
func prefixOf(name []byte) []byte {
	if i := bytes.IndexByte(name, ';'); i >= 0 {
		name = name[:i]
	}
	dot := bytes.IndexByte(name, '.')
	if dot < 0 {
		return name
	}
	if second := bytes.IndexByte(name[dot+1:], '.'); second >= 0 {
		return name[:dot+1+second]
	}
	return name[:dot]
}

// sample counts lines of some of the points of a batch, which stand for all.
func (ps *prefixes) sample(b *carbon.Batch) {
	if second := b.Arrival / 1000; second != ps.second {
		ps.stride = min(max(ps.lines/samplesSecond, 1), mostStride)
		ps.second, ps.lines = second, 0
	}
	ps.lines += len(b.Points)
	i := ps.skip
	for ; i < len(b.Points); i += ps.stride {
		if x, weight := ps.of(b.Name(&b.Points[i]), int64(ps.stride), b.Arrival); x != nil {
			x.lines[0] += weight
		}
	}
	ps.skip = i - len(b.Points)
}

// meet counts a name that the lane did not know.
func (ps *prefixes) meet(name []byte, hash uint64, now int64) {
	if x, weight := ps.of(name, 1, now); x != nil {
		x.names.AddHash(hash)
		x.fresh[0] += weight
	}
}

// of returns the figures of a name's prefix, at a time in Unix milliseconds, and how many the name stands for there, if it stands for
// weight where it came. Where its prefix would have to take another's place, as happens with most names when there are more prefixes than
// are kept, it is one in a few that stands for all, and the others have no figures: to make and forget sketches costs more than all else
// that is done for a new name.
func (ps *prefixes) of(name []byte, weight, now int64) (*prefix, int64) {
	name = prefixOf(name)
	e := top.FindText(ps.top, name)
	switch {
	case e != nil:
		e.Weight += weight
	case ps.top.Full():
		if ps.missed++; ps.missed%missStride != 0 {
			return nil, 0
		}
		weight *= missStride
		fallthrough
	default:
		e = ps.top.Add(string(name), weight)
	}
	e.Value.move(now / 1000 / prefixWindow)
	return &e.Value, weight
}

func (x *prefix) move(minute int64) {
	switch minute {
	case x.minute:
		return
	case x.minute + 1:
		x.lines, x.fresh = [2]int64{0, x.lines[0]}, [2]int64{0, x.fresh[0]}
	default:
		x.lines, x.fresh = [2]int64{}, [2]int64{}
	}
	x.minute = minute
}

// Prefixes returns what the lane has met by prefix, as of a time in Unix milliseconds. Only its owner may ask.
func (l *Lane) Prefixes(now int64) []Prefix {
	var all []Prefix
	l.busiest.top.Each(func(e *top.Entry[string, prefix]) {
		x := e.Value
		x.move(now / 1000 / prefixWindow)
		elapsed := max(1, float64(now%(1000*prefixWindow))/1000)
		if x.lines[1]+x.fresh[1] > 0 {
			elapsed += prefixWindow
		}
		p := Prefix{Name: e.Key, Lines: float64(x.lines[0]+x.lines[1]) / elapsed, New: float64(x.fresh[0]+x.fresh[1]) / elapsed * 60}
		p.Names.Merge(&e.Value.names)
		all = append(all, p)
	})
	return all
}
