package relay

import (
	"encoding/binary"
	"iter"
	"slices"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// A generation is a set of names with what is known of them: all of it in rows, in the order in which it was learned, and spots
// that lead there. What is known never moves.
type generation struct {
	spots   carbon.Spots
	n       int    // names that are not forgotten
	learned uint32 // with those that are
	next    uint32 // the number of what is likely looked up next
	swept   uint32 // as many of what was learned has forget looked at
	refused int    // names whose series a limit refused
	names   carbon.Texts
	rows    [][]seen          // each of rowLength but the last
	refs    [][]aggregate.Ref // lists of several, the first of each with their number as its slot; in chunks of rowLength, or of one list
	listed  int               // how many these are
	feeds   []feed
	feedOf  map[feed]uint16  // their indexes
	single  [1]aggregate.Ref // scratch: see refsOf
}

// A feed is what the series of many names have in common.
type feed struct{ rule, shard uint16 }

// The length of a row, and of a chunk of references, as a power of two: what is learned is only copied within one.
const (
	rowBits   = 12
	rowLength = 1 << rowBits
)

// mostFeeds is how many feeds are told apart; names of others have a list.
const mostFeeds = several - 1

// number returns what was learned as the n-th, from 0.
func (g *generation) number(n uint32) *seen { return &g.rows[n>>rowBits][n&(rowLength-1)] }

// first returns what is known of the first name with that hash, or so it seems by half of it, and the number after it; nil if
// there is none.
func (g *generation) first(hash uint64) (s *seen, after uint32) {
	tag := uint32(hash)
	spots := g.spots.Part(tag)
	if len(spots) == 0 {
		return nil, 0
	}
	mask := uint32(len(spots) - 1)
	for at := tag & mask; ; at = (at + 1) & mask {
		switch x := spots[at]; {
		case x.At == 0:
			return nil, 0
		case x.Tag == tag:
			return g.number(x.At - 1), x.At
		}
	}
}

// find returns what is known of a name, or nil.
func (g *generation) find(hash uint64, name []byte) *seen {
	s, _ := g.locate(hash, name)
	return s
}

// locate returns what is known of a name, and the number after it; nil if nothing is.
func (g *generation) locate(hash uint64, name []byte) (s *seen, after uint32) {
	tag := uint32(hash)
	spots := g.spots.Part(tag)
	if len(spots) == 0 {
		return nil, 0
	}
	mask := uint32(len(spots) - 1)
	for at := tag & mask; ; at = (at + 1) & mask {
		x := spots[at]
		if x.At == 0 {
			return nil, 0
		}
		if x.Tag == tag {
			if s := g.number(x.At - 1); sameName(g, s, name) {
				return s, x.At
			}
		}
	}
}

// add puts a name in that find did not find. kept is where it lies already; no text if it does not, or has forms.
func (g *generation) add(hash uint64, name []byte, w way, kept carbon.Text) *seen {
	s := seen{tag: uint32(hash), size: uint16(len(name)), route: w.route}
	s.folds, s.fold = g.keep(w.refs)
	if len(w.forms) > 0 {
		s.folds |= hasForms
		name = binary.LittleEndian.AppendUint32(slices.Clip(name), uint32(len(w.forms)))
		name = append(name, w.forms...)
	}
	at, shared := g.names.Share(kept)
	if !shared {
		at = g.names.Add(name)
	}
	s.name = at
	g.n++
	if len(w.refs) > 0 && !slices.ContainsFunc(w.refs, func(r aggregate.Ref) bool { return !r.None() }) {
		g.refused++
	}
	return g.learn(s)
}

// learn adds to the rows, and sets a spot for it.
func (g *generation) learn(s seen) *seen {
	g.rows = withRoom(g.rows, 1)
	last := &g.rows[len(g.rows)-1]
	*last = append(*last, s)
	g.learned++
	g.spots.Put(carbon.Spot{Tag: s.tag, At: g.learned})
	return g.number(g.learned - 1)
}

// withRoom returns chunks of which the last one has room for n more. The first one grows as it is filled, since most know little.
func withRoom[T any](chunks [][]T, n int) [][]T {
	last := len(chunks) - 1
	switch {
	case last < 0:
		return append(chunks, nil)
	case len(chunks[last])+n > rowLength:
		return append(chunks, make([]T, 0, max(n, rowLength)))
	}
	return chunks
}

// forget drops the names that gone says of. It looks at the next n that were learned, and returns how many these were. What was known of
// them, and their texts, go with the generation.
func (g *generation) forget(n int, gone func(s *seen) bool) (looked int) {
	for ; looked < n && g.swept < g.learned; looked++ {
		s := g.number(g.swept)
		g.swept++
		if s.size != 0 && gone(s) {
			g.spots.Remove(carbon.Spot{Tag: s.tag, At: g.swept})
			s.size = 0
			g.n--
		}
	}
	return looked
}

// all goes through what is known of names.
func (g *generation) all() iter.Seq[*seen] {
	return func(yield func(*seen) bool) {
		for _, row := range g.rows {
			for i := range row {
				if row[i].size != 0 && !yield(&row[i]) {
					return
				}
			}
		}
	}
}

// keep keeps the references of a name, and returns its folds and fold.
func (g *generation) keep(refs []aggregate.Ref) (folds uint16, fold uint32) {
	switch len(refs) {
	case 0:
		return 0, 0
	case 1:
		if at, ok := g.feed(feed{refs[0].Rule, refs[0].Shard}); ok {
			return 1 + at, refs[0].Slot
		}
	}
	g.refs = withRoom(g.refs, 1+len(refs))
	last := len(g.refs) - 1
	fold = uint32(last<<rowBits | len(g.refs[last]))
	g.refs[last] = append(append(g.refs[last], aggregate.Ref{Slot: uint32(len(refs))}), refs...)
	g.listed += 1 + len(refs)
	return several, fold
}

// feed returns the index of a feed; not ok if there are too many.
func (g *generation) feed(f feed) (at uint16, ok bool) {
	if at, ok = g.feedOf[f]; ok {
		return at, true
	}
	if len(g.feeds) == mostFeeds {
		return 0, false
	}
	if g.feedOf == nil {
		g.feedOf = map[feed]uint16{}
	}
	at = uint16(len(g.feeds))
	g.feeds, g.feedOf[f] = append(g.feeds, f), at
	return at, true
}

// refsOf returns where the samples of s go, until it is asked again.
func (g *generation) refsOf(s *seen) []aggregate.Ref {
	switch folds := s.folds &^ hasForms; folds {
	case 0:
		return nil
	case several:
		list := g.refs[s.fold>>rowBits][s.fold&(rowLength-1):]
		return list[1 : 1+list[0].Slot]
	default:
		f := g.feeds[folds-1]
		g.single[0] = aggregate.Ref{Slot: s.fold, Rule: f.rule, Shard: f.shard}
		return g.single[:]
	}
}

// formsOf returns the names under which s is sent besides its own, see nextForm.
func (g *generation) formsOf(s *seen) []byte {
	if s.folds&hasForms == 0 {
		return nil
	}
	size := int(s.size)
	length := binary.LittleEndian.Uint32(g.names.At(s.name, size+4)[size:])
	return g.names.At(s.name, size+4+int(length))[size+4:]
}

// nameOf returns the name that s is of.
func (g *generation) nameOf(s *seen) []byte { return g.names.At(s.name, int(s.size)) }

// bytes is how much memory a generation takes, about.
func (g *generation) bytes() int {
	return spotBytes*g.spots.Size() + seenBytes*int(g.learned) + int(g.names.Size()) + refBytes*g.listed
}

// The bytes of a spot, of what is known of a name, and of a reference to a series.
const spotBytes, seenBytes, refBytes = 8, 20, 8
