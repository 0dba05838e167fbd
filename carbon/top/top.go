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
	heap []*Entry[K, V] // the lightest first
}

// An Entry is a key that is kept.
type Entry[K comparable, V any] struct {
	Key    K
	Weight int64
	Over   int64 // by how much Weight may be too large: what the key found there
	Value  V     // since the key was taken in
	at     int   // in the heap
}

// New returns a Top of so many keys.
func New[K comparable, V any](size int) *Top[K, V] {
	return &Top[K, V]{size: size, of: map[K]*Entry[K, V]{}}
}

// Add gives a key more weight and returns its entry, which is good until the next call.
func (t *Top[K, V]) Add(k K, weight int64) *Entry[K, V] {
	e, ok := t.of[k]
	switch {
	case ok:
		e.Weight += weight
	case len(t.heap) < t.size:
		e = &Entry[K, V]{Key: k, Weight: weight, at: len(t.heap)}
		t.heap, t.of[k] = append(t.heap, e), e
		t.up(e)
		return e
	default:
		e = t.heap[0]
		delete(t.of, e.Key)
		*e = Entry[K, V]{Key: k, Weight: e.Weight + weight, Over: e.Weight}
		t.of[k] = e
	}
	t.down(e)
	return e
}

// AddText is Add for a text, which is copied only if it is taken in.
func AddText[V any](t *Top[string, V], k []byte, weight int64) *Entry[string, V] {
	if e := FindText(t, k); e != nil {
		t.AddTo(e, weight)
		return e
	}
	return t.Add(string(k), weight)
}

// FindText returns the entry of a text, good until the next call, or nil if it is not kept.
func FindText[V any](t *Top[string, V], k []byte) *Entry[string, V] { return t.of[string(k)] }

// AddTo gives the key of an entry, which Find has just returned, more weight.
func (t *Top[K, V]) AddTo(e *Entry[K, V], weight int64) {
	e.Weight += weight
	t.down(e)
}

// Full says whether a new key takes another's place.
func (t *Top[K, V]) Full() bool { return len(t.heap) == t.size }

// Len returns how many keys are kept.
func (t *Top[K, V]) Len() int { return len(t.heap) }

// Each shows f what is kept, in no order.
func (t *Top[K, V]) Each(f func(e *Entry[K, V])) {
	for _, e := range t.heap {
		f(e)
	}
}

func (t *Top[K, V]) up(e *Entry[K, V]) {
	for e.at > 0 && e.Weight < t.heap[(e.at-1)/2].Weight {
		t.swap(e.at, (e.at-1)/2)
	}
}

func (t *Top[K, V]) down(e *Entry[K, V]) {
	for {
		child := 2*e.at + 1
		if child+1 < len(t.heap) && t.heap[child+1].Weight < t.heap[child].Weight {
			child++
		}
		if child >= len(t.heap) || t.heap[child].Weight >= e.Weight {
			return
		}
		t.swap(e.at, child)
	}
}

func (t *Top[K, V]) swap(i, j int) {
	h := t.heap
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}
