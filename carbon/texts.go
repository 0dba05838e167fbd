package carbon

// Texts keeps many short texts, as names are, one after the other, in chunks that never move: a million cost the collector a
// thousand pointers, and nothing is copied as they become more. The zero value is empty and ready.
//
// A copy of it shows what there was when it was made, also while more is added to the original in another goroutine.
type Texts struct {
	chunks [][]byte // each of its full length
	used   int      // of the last
	size   int
}

// A chunk is this long at most, but for a text that is longer; the first ones are shorter, as many keep little.
const (
	leastTexts = 512
	mostTexts  = 1 << 16
)

// Add appends bytes, and returns where they lie.
func (t *Texts) Add(text []byte) (at uint32) {
	last := len(t.chunks) - 1
	if last < 0 || len(t.chunks[last])-t.used < len(text) || t.used >= mostTexts { // a place has 16 bits
		last++
		t.chunks, t.used = append(t.chunks, make([]byte, max(len(text), min(mostTexts, leastTexts<<min(last, 8))))), 0
	}
	at = uint32(last)<<16 | uint32(t.used)
	t.used += copy(t.chunks[last][t.used:], text)
	t.size += len(text)
	return at
}

// At returns bytes that were added; they never change.
func (t *Texts) At(at uint32, size int) []byte {
	from := at & (mostTexts - 1)
	return t.chunks[at>>16][from : from+uint32(size) : from+uint32(size)]
}

// Size returns how many bytes were added.
func (t *Texts) Size() int { return t.size }

// Room says whether more can be added.
func (t *Texts) Room() bool { return len(t.chunks) < 1<<16 }
