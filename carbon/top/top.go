// Package top keeps the heaviest of any number of keys in bounded memory, by the algorithm that is called space-saving: a key that
// finds no place takes that of the lightest, and its weight. So whoever has more than the size-th part of all the weight is in it,
// and no weight is ever too small.
//
// A Top has one owner.
package top

// A Top is the heaviest keys, each with a value of its caller's.
type Top[K comparable, V any] struct {
	size int
	of   map[K]*Entry[K, V]
	heap []place[K, V] // the lightest first, by what they weighed when they were put there
}

// A place is where an entry is in the heap. Weights only grow, so the place of one that has become heavier is put right when it would be
// the lightest, and not before: most keys are given weight far more often than one is to go.
type place[K comparable, V any] struct {
	weight int64 // the entry's, at most
	entry  *Entry[K, V]
}

// An Entry is a key that is kept.
type Entry[K comparable, V any] struct {
	Key    K
	Weight int64 // its caller may add to it, for as long as the entry is good
	Over   int64 // by how much Weight may be too large: what the key found there
	Value  V     // since the key was taken in
}

// New returns a Top of so many keys.
func New[K comparable, V any](size int) *Top[K, V] {
	return &Top[K, V]{size: size, of: map[K]*Entry[K, V]{}}
}

// Add gives a key more weight, or none, and returns its entry, which is good until the next call.
func (t *Top[K, V]) Add(k K, weight int64) *Entry[K, V] {
	if e, ok := t.of[k]; ok {
		e.Weight += weight
		return e
	}
	if len(t.heap) < t.size {
		e := &Entry[K, V]{Key: k, Weight: weight}
		t.heap, t.of[k] = append(t.heap, place[K, V]{weight, e}), e
		t.up(len(t.heap) - 1)
		return e
	}
	e := t.lightest()
	delete(t.of, e.Key)
	*e = Entry[K, V]{Key: k, Weight: e.Weight + weight, Over: e.Weight}
	t.of[k] = e
	return e
}

// lightest returns the lightest entry: the first whose place is right.
func (t *Top[K, V]) lightest() *Entry[K, V] {
	for {
		first := &t.heap[0]
		if first.weight == first.entry.Weight {
			return first.entry
		}
		first.weight = first.entry.Weight
		t.down()
	}
}

// FindText returns the entry of a text, good until the next call, or nil if it is not kept.
func FindText[V any](t *Top[string, V], k []byte) *Entry[string, V] { return t.of[string(k)] }

// Full says whether a new key takes another's place.
func (t *Top[K, V]) Full() bool { return len(t.heap) == t.size }

// Len returns how many keys are kept.
func (t *Top[K, V]) Len() int { return len(t.heap) }

// Each shows f what is kept, in no order.
func (t *Top[K, V]) Each(f func(e *Entry[K, V])) {
	for _, p := range t.heap {
		f(p.entry)
	}
}

// up puts a place that was added where it belongs.
func (t *Top[K, V]) up(at int) {
	h := t.heap
	for at > 0 && h[at].weight < h[(at-1)/2].weight {
		h[at], h[(at-1)/2] = h[(at-1)/2], h[at]
		at = (at - 1) / 2
	}
}

// down does so with the first place, which has become heavier.
func (t *Top[K, V]) down() {
	h := t.heap
	for at := 0; ; {
		child := 2*at + 1
		if child+1 < len(h) && h[child+1].weight < h[child].weight {
			child++
		}
		if child >= len(h) || h[child].weight >= h[at].weight {
			return
		}
		h[at], h[child] = h[child], h[at]
		at = child
	}
}
