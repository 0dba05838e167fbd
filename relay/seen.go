package relay

import (
	"bytes"
	"encoding/binary"
	"slices"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// seen is all that a lane knows of one name: 24 bytes, no pointers, found by its hash.
type seen struct {
	hash  uint64
	name  uint32 // where its bytes lie in the generation's arena
	size  uint16 // of the name; 0 is a free place
	folds uint16 // how many series its samples go into, and hasForms
	route uint32 // index into Lane.routes
	fold  uint32 // the first of its refs in the generation
}

// hasForms, in seen.folds, says that the name is sent under other names too. They follow it in the arena, behind their
// length in four bytes.
const hasForms = 1 << 15

// glance is how many names are looked up together: their places are touched one after the other before any is used, so
// that the memory's waits overlap.
const glance = 64

// lookUp finds what is known of the names of points. Of many names most are in no cache, and a place leads to a text that is not
// either: each pass touches one kind for all points before the next needs it, so that their waits overlap. The first has no branch that
// depends on what it reads: one that was guessed wrong would wait for its place alone.
func (l *Lane) lookUp(b *carbon.Batch, points []carbon.Point, found *[glance]*seen) {
	g := &l.memory.young
	mask := uint64(len(g.slots) - 1)
	touched := byte(0)
	for i := range points {
		touched += byte(g.slots[points[i].Hash&mask].hash)
	}
	for i := range points {
		s := g.first(points[i].Hash)
		if found[i] = s; s != nil {
			name := g.nameOf(s)
			touched += name[0] + name[len(name)-1]
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

// sameName says whether s is of the name.
func sameName(g *generation, s *seen, name []byte) bool {
	return string(g.nameOf(s)) == string(name)
}

// A generation is a set of names with what is known of them, in open addressing. When it grows, the names move into the larger table a few
// at each add, as to move a million at once would hold up what comes in; those that have not are found in the table before.
type generation struct {
	slots   []seen
	before  []seen // the smaller table, while names move out of it; what moved stays there too, and counts no more
	moved   int    // how many of its places are done with
	n       int
	refused int // names whose series a limit refused
	names   carbon.Texts
	refs    []aggregate.Ref
}

func newGeneration(size int) generation { return generation{slots: make([]seen, size)} }

// first returns the first place of a name with that hash, or nil.
func (g *generation) first(hash uint64) *seen {
	mask := uint64(len(g.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		s := &g.slots[at]
		if s.size == 0 {
			break
		}
		if s.hash == hash {
			return s
		}
	}
	if g.before == nil {
		return nil
	}
	mask = uint64(len(g.before) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		s := &g.before[at]
		if s.size == 0 {
			return nil
		}
		if s.hash == hash {
			return s
		}
	}
}

// find returns the place of a name, or nil.
func (g *generation) find(hash uint64, name []byte) *seen {
	s := g.search(g.slots, hash, name)
	if s == nil && g.before != nil {
		s = g.search(g.before, hash, name)
	}
	return s
}

func (g *generation) search(slots []seen, hash uint64, name []byte) *seen {
	mask := uint64(len(slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		s := &slots[at]
		if s.size == 0 {
			return nil
		}
		if s.hash == hash && int(s.size) == len(name) && bytes.Equal(g.nameOf(s), name) {
			return s
		}
	}
}

// add puts a name in that find did not find. kept is where it lies already; no text if it does not, or has forms.
func (g *generation) add(hash uint64, name []byte, w way, kept carbon.Text) *seen {
	if g.move(movesPerAdd); (g.n+1)*4 > len(g.slots)*3 { // then nothing is left in the table before
		g.before, g.moved = g.slots, 0
		g.slots = make([]seen, 2*len(g.before))
	}
	s := g.free(hash)
	*s = seen{
		hash: hash, size: uint16(len(name)), route: w.route, fold: uint32(len(g.refs)), folds: uint16(len(w.refs)),
	}
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
	g.refs = append(g.refs, w.refs...)
	g.n++
	if len(w.refs) > 0 && !slices.ContainsFunc(w.refs, func(r aggregate.Ref) bool { return !r.None() }) {
		g.refused++
	}
	return s
}

func (g *generation) free(hash uint64) *seen {
	mask := uint64(len(g.slots) - 1)
	at := hash & mask
	for g.slots[at].size != 0 {
		at = (at + 1) & mask
	}
	return &g.slots[at]
}

// movesPerAdd is how many places of the table before are seen to at each add; two would be enough to be done with it before the table
// is full again.
const movesPerAdd = 4

// move moves names out of so many places of the table before.
func (g *generation) move(places int) {
	for range min(places, len(g.before)-g.moved) {
		if s := &g.before[g.moved]; s.size != 0 {
			*g.free(s.hash) = *s
		}
		g.moved++
	}
	if g.moved == len(g.before) {
		g.before, g.moved = nil, 0
	}
}

// settle moves all names out of the table before, for who goes through all of them.
func (g *generation) settle() { g.move(len(g.before)) }

// refsOf returns where the samples of s go.
func (g *generation) refsOf(s *seen) []aggregate.Ref {
	return g.refs[s.fold : s.fold+uint32(s.folds&^hasForms)]
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

// smallest is the least number of places in a generation; a power of two.
const smallest = 1024

// largest is the most names that a generation holds before it grows old early, nameBytes the most bytes, and mostRefused
// the most names whose series a limit refused: a flood of ever new names is forgotten, not gathered.
const (
	largest     = 4 << 20
	nameBytes   = 1 << 30
	mostRefused = 1 << 16
)

func newMemory() memory { return memory{young: newGeneration(smallest), old: newGeneration(smallest)} }

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

// bytes is how much memory a generation takes, about.
func (g *generation) bytes() int {
	return slotBytes*(len(g.slots)+len(g.before)) + int(g.names.Size()) + refBytes*cap(g.refs)
}

// The bytes of a place for a name, and of a reference to a series.
const slotBytes, refBytes = 24, 8

// spent says whether so little of the old generation is left that it is better asked for anew.
func (m *memory) spent() bool { return m.moved > 0 && m.moved >= m.old.n-m.old.n/16 }

// drop forgets the old generation.
func (m *memory) drop() { m.old, m.moved = newGeneration(smallest), 0 }

// age forgets the old generation and lets the young one grow old.
func (m *memory) age() {
	size := smallest
	for size*3 < m.young.n*4 && (m.most == 0 || 2*size*slotBytes <= m.most/2) { // or it would be full at once
		size *= 2
	}
	m.old, m.moved = m.young, 0
	m.young = newGeneration(size)
}
