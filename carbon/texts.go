package carbon

// Texts keeps many short texts, as names are, one after the other, in chunks that never move: a million cost the collector a
// thousand pointers, and nothing is copied as they become more. The zero value is empty and ready.
//
// A copy of it shows what there was when it was made, also while more is added to the original in another goroutine.
type Texts struct {
	chunks [][]byte // each of its full length
	own    int      // how many of them are not shared
	last   int      // which of those came last, from 1; 0 if there is none
	used   int      // of it
	size   int
	shared map[*byte]uint32 // the numbers of the others, by their first byte
}

// A Text is where a text lies in some Texts, for others to share it.
type Text struct {
	chunk []byte
	from  uint32
	size  uint32
}

// None says whether it is no text, which the zero value is.
func (t Text) None() bool { return t.size == 0 }

// Bytes returns the text; it never changes.
func (t Text) Bytes() []byte { return t.chunk[t.from : t.from+t.size : t.from+t.size] }

// Part returns a part of the text.
func (t Text) Part(from, size int) Text { return Text{t.chunk, t.from + uint32(from), uint32(size)} }

// A chunk is this long at most, but for a text that is longer; the first ones are shorter, as many keep little.
const (
	leastTexts = 512
	mostTexts  = 1 << 16
	mostShared = 1 << 15 // chunks of others: half of all that have numbers
)

// Add appends bytes, and returns where they lie.
func (t *Texts) Add(text []byte) (at uint32) {
	if t.last == 0 || len(t.chunks[t.last-1])-t.used < len(text) || t.used >= mostTexts { // a place has 16 bits
		t.chunks = append(t.chunks, make([]byte, max(len(text), min(mostTexts, leastTexts<<min(t.own, 8)))))
		t.last, t.own, t.used = len(t.chunks), t.own+1, 0
	}
	at = uint32(t.last-1)<<16 | uint32(t.used)
	t.used += copy(t.chunks[t.last-1][t.used:], text)
	t.size += len(text)
	return at
}

// Share has a text that lies in others be one of t's without a copy, and returns where it lies: nothing but its chunk is kept
// from being collected. It reports false if that would leave too few places for what is added.
func (t *Texts) Share(x Text) (at uint32, ok bool) {
	if x.size == 0 || x.from >= mostTexts {
		return 0, false
	}
	n, known := t.shared[&x.chunk[0]]
	if !known {
		if len(t.shared) >= mostShared {
			return 0, false
		}
		if t.shared == nil {
			t.shared = map[*byte]uint32{}
		}
		n = uint32(len(t.chunks))
		t.chunks, t.shared[&x.chunk[0]] = append(t.chunks, x.chunk), n
	}
	return n<<16 | x.from, true
}

// Text returns where bytes lie that were added, for others to share them.
func (t *Texts) Text(at uint32, size int) Text {
	return Text{t.chunks[at>>16], at & (mostTexts - 1), uint32(size)}
}

// At returns bytes that were added; they never change.
func (t *Texts) At(at uint32, size int) []byte {
	from := at & (mostTexts - 1)
	return t.chunks[at>>16][from : from+uint32(size) : from+uint32(size)]
}

// Size returns how many bytes were added; what is shared is not among them.
func (t *Texts) Size() int { return t.size }

// Has says whether the chunk is there that bytes lie in which were added to the original of this copy.
func (t *Texts) Has(at uint32) bool { return int(at>>16) < len(t.chunks) }

// Room says whether more can be added.
func (t *Texts) Room() bool { return len(t.chunks) < 1<<16 }
