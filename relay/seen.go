package relay

import (
	"encoding/binary"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// seen is all that a lane knows of one name: 20 bytes, no pointers.
type seen struct {
	tag   uint32 // the lower half of the name's hash
	name  uint32 // where its bytes lie in the generation's texts
	size  uint16 // of the name; 0 once it is forgotten
	folds uint16 // what its samples go into: 0 for no series, one more than the index of the only one's feed, or several; and hasForms
	route uint32 // index into Lane.routes
	fold  uint32 // the slot of its only series, or where those of several lie in the generation
}

const (
	// hasForms, in seen.folds, says that the name is sent under other names too. They follow it in the texts, behind their
	// length in four bytes.
	hasForms = 1 << 15

	// several, in seen.folds without hasForms, says that there is a list of references.
	several = 1<<15 - 1
)

// glance is how many names are looked up together: their places are touched one after the other before any is used, so
// that the memory's waits overlap.
const glance = 64

// strays is how many of a glance may be out of order before the others are looked up together.
const strays = 2

// lookUp finds what is known of the names of points.
func (l *Lane) lookUp(b *carbon.Batch, points []carbon.Point, found *[glance]*seen) {
	if n := l.memory.young.inOrder(b, points, found[:]); n < len(points) {
		l.together(b, points[n:], found[n:])
	}
}

// inOrder finds what is known of the first points, as long as their names come in the order in which they were learned, and
// returns how many these are. Senders repeat the order of their lines, and what was learned one after the other lies so too: then hardly
// anything is waited for.
func (g *generation) inOrder(b *carbon.Batch, points []carbon.Point, found []*seen) int {
	left := strays
	for i := range points {
		p := &points[i]
		if g.next < g.learned {
			if s := g.number(g.next); s.tag == uint32(p.Hash) && sameName(g, s, b.Name(p)) {
				found[i] = s
				g.next++
				continue
			}
		}
		if i == 0 || left == 0 {
			return i
		}
		left--
		s, at := g.locate(p.Hash, b.Name(p))
		if s == nil {
			return i
		}
		found[i], g.next = s, at
	}
	return len(points)
}

// together finds what is known of points in any order. Of many names most are in no cache: neither the spot, nor what it leads to,
// nor the text that this leads to. Each pass touches one of them for all points before the next needs it, so that their waits overlap.
// The first has no branch that depends on what it reads: one that was guessed wrong would wait for its spot alone.
func (l *Lane) together(b *carbon.Batch, points []carbon.Point, found []*seen) {
	g := &l.memory.young
	touched := uint32(0)
	for i := range points {
		tag := uint32(points[i].Hash)
		if spots := g.spots.Part(tag); len(spots) > 0 {
			touched += spots[tag&uint32(len(spots)-1)].At
		}
	}
	for i := range points {
		s, at := g.first(points[i].Hash)
		if found[i] = s; s != nil {
			touched += s.name
			g.next = at
		}
	}
	for _, s := range found[:len(points)] {
		if s != nil {
			name := g.nameOf(s)
			touched += uint32(name[0] + name[len(name)-1])
		}
	}
	l.touched = touched // or the compiler would leave the touching out
	for i := range points {
		s, p := found[i], &points[i]
		if s != nil && !sameName(g, s, b.Name(p)) {
			found[i] = g.find(p.Hash, b.Name(p))
		}
	}
}

// alike returns how many of the names that s and then others are of, from s on, are sent the way that s is, and nothing else. There is
// nothing else to s.
func (s *seen) alike(others []*seen) int {
	for i, o := range others {
		if o == nil || o.route != s.route || o.folds != 0 {
			return 1 + i
		}
	}
	return 1 + len(others)
}

// sameName says whether s is of the name. Of which kind it is only its tag says, which differs for any two kinds of a name.
func sameName(g *generation, s *seen, name []byte) bool {
	return string(g.nameOf(s)) == string(name)
}

// appendForm appends a name to a list of them.
func appendForm(forms []byte, name string) []byte {
	return append(binary.LittleEndian.AppendUint16(forms, uint16(len(name))), name...)
}

// nextForm returns the first name of a list, and the others.
func nextForm(forms []byte) (name, rest []byte) {
	end := 2 + int(binary.LittleEndian.Uint16(forms))
	return forms[2:end], forms[end:]
}

// A memory is a lane's knowledge of names in two generations: a name found in the old one moves to the young one, and
// now and then the old one is forgotten and the young one grows old. So names that stop coming are forgotten. The old one goes as
// soon as nearly all of it has moved, as otherwise every name would be in memory twice.
type memory struct {
	young, old generation
	moved      int                                                 // names from the old one
	most       int                                                 // bytes of a generation before it grows old early; 0 for no bound but those below
	kept       func(refs []aggregate.Ref, name []byte) carbon.Text // see Lane.kept; nil for never
}

// largest is the most names that a generation holds before it grows old early, nameBytes the most bytes, and mostRefused
// the most names whose series a limit refused: a flood of ever new names is forgotten, not gathered.
const (
	largest     = 4 << 20
	nameBytes   = 1 << 30
	mostRefused = 1 << 16
)

// find returns what is known of a name, in the young generation.
func (m *memory) find(hash uint64, name []byte) *seen {
	if s := m.young.find(hash, name); s != nil {
		return s
	}
	if s := m.old.find(hash, name); s != nil {
		m.moved++
		return m.add(hash, name, way{route: s.route, refs: m.old.refsOf(s), forms: m.old.formsOf(s)})
	}
	return nil
}

// add puts a name in that find did not find.
func (m *memory) add(hash uint64, name []byte, w way) *seen {
	var kept carbon.Text
	if m.kept != nil && len(w.forms) == 0 { // forms lie behind their name
		kept = m.kept(w.refs, name)
	}
	return m.young.add(hash, name, w, kept)
}

// full says whether the young generation should grow old whatever the time.
func (m *memory) full() bool {
	return m.most > 0 && m.young.bytes() >= m.most || m.young.n >= largest || m.young.names.Size() >= nameBytes || m.young.refused >= mostRefused
}

// spent says whether so little of the old generation is left that it is better asked for anew.
func (m *memory) spent() bool { return m.moved > 0 && m.moved >= m.old.n-m.old.n/16 }

// drop forgets the old generation.
func (m *memory) drop() { m.old, m.moved = generation{}, 0 }

// age forgets the old generation and lets the young one grow old.
func (m *memory) age() { m.young, m.old, m.moved = generation{}, m.young, 0 }
