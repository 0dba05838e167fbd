package pattern

import (
	"math"
	"slices"
	"strings"
)

// A Set says which of many matchers may match a name, in one walk over it however many they are, or over its beginning if that is
// all they ask for. Of each matcher it looks for texts that the names it matches must have; what has them may match, and Match says
// whether it does. It takes about 30 bytes of memory for each byte of those texts, and up to a megabyte more for speed.
//
// It never changes, and may be used by many goroutines at once.
type Set struct {
	words  int
	always []uint64  // the matchers that need no text, or one that nearly all names have
	tagged []uint64  // the matchers that need tags
	heads  heads     // texts at the beginning
	texts  automaton // and elsewhere

	headUsers, textUsers [][]int32 // the matchers that need each of them
}

// Wanted are needs that matchers have, each once, and whose they are.
type wanted struct {
	number map[need]int
	needs  []need
	users  [][]int32
}

// add notes that the i-th matcher has a need.
func (w *wanted) add(n need, i int) {
	if w.number == nil {
		w.number = map[need]int{}
	}
	at, ok := w.number[n]
	if !ok {
		at = len(w.needs)
		w.number[n], w.needs, w.users = at, append(w.needs, n), append(w.users, nil)
	}
	w.users[at] = append(w.users[at], int32(i))
}

// NewSet makes a Set of matchers.
func NewSet(ms []*Matcher) *Set {
	s := &Set{words: (len(ms) + 63) / 64}
	s.always, s.tagged = make([]uint64, s.words), make([]uint64, s.words)
	all := make([][]key, len(ms))
	users := map[need]int{}
	for i, m := range ms {
		all[i] = m.is.keys()
		for _, k := range all[i] {
			k.each(func(n need) { users[n]++ })
		}
	}
	cost := func(n need) float64 { // a guess at the share of the names that have it
		return float64(users[n])/float64(len(ms)) + math.Pow(2, -float64(len(n.text)))
	}
	var heads, texts wanted
	for i, m := range ms {
		if len(m.is.tags) > 0 {
			s.tagged[i/64] |= 1 << (i % 64)
		}
		best := cheapest(all[i], cost)
		if slices.ContainsFunc(best, usual) {
			best = nil
		}
		if best == nil {
			s.always[i/64] |= 1 << (i % 64)
		}
		for _, n := range best {
			if n.at&begin != 0 {
				heads.add(n, i)
			} else {
				texts.add(n, i)
			}
		}
	}
	s.heads, s.headUsers = newHeads(heads.needs), heads.users
	s.texts, s.textUsers = newAutomaton(texts.needs), texts.users
	return s
}

// Candidates says which matchers may match name: the i-th if bits[i/64]>>(i%64)&1 is set. All that match are among them.
// It uses the room of bits.
func (s *Set) Candidates(name string, bits []uint64) []uint64 {
	bits = append(bits[:0], s.always...)
	path, tags := cut(name)
	s.heads.walk(path, func(need int32) { mark(bits, s.headUsers[need]) })
	if len(s.textUsers) > 0 {
		s.texts.walk(path, func(need int32) { mark(bits, s.textUsers[need]) })
	}
	if tags == "" {
		for i, tagged := range s.tagged {
			bits[i] &^= tagged
		}
	}
	return bits
}

// mark sets the bits of matchers.
func mark(bits []uint64, users []int32) {
	for _, i := range users {
		bits[i/64] |= 1 << (i % 64)
	}
}

// A key is what the values of one key of a match need: for each value its choices.
type key [][][]need

// keys returns what the keys of t need. Keys that need no text are left out.
func (t *terms) keys() (keys []key) {
	var globs, regexps key
	for _, g := range t.globs {
		globs = append(globs, g.choices())
	}
	for _, e := range t.regexps {
		regexps = append(regexps, e.choices())
	}
	plain := func(texts []string, at place) (k key) {
		for _, text := range texts {
			k = append(k, [][]need{{{text, at}}})
		}
		return k
	}
	for _, k := range []key{globs, regexps, plain(t.prefix, begin), plain(t.suffix, end), plain(t.contains, anywhere)} {
		useful := len(k) > 0
		for _, value := range k {
			useful = useful && len(value) > 0
		}
		if useful {
			keys = append(keys, k)
		}
	}
	return keys
}

func (k key) each(do func(need)) {
	for _, value := range k {
		for _, choice := range value {
			for _, n := range choice {
				do(n)
			}
		}
	}
}

// cheapest returns the needs to look for: those of the key, and in it for each value of the choice, that fewest names
// are likely to have.
func cheapest(keys []key, cost func(need) float64) (best []need) {
	least := math.Inf(1)
	for _, k := range keys {
		var needs []need
		sum := 0.0
		for _, value := range k {
			var pick []need
			low := math.Inf(1)
			for _, choice := range value {
				c := 0.0
				for _, n := range choice {
					c += cost(n)
				}
				if c < low {
					low, pick = c, choice
				}
			}
			needs, sum = append(needs, pick...), sum+low
		}
		if sum < least {
			least, best = sum, needs
		}
	}
	return best
}

// usual says whether nearly all names meet a need, so that it is not worth a look.
func usual(n need) bool { return n.text == "." && n.at == anywhere }

// met says whether a need is met where its text ends in path.
func (n *need) met(path string, after int) bool {
	return (n.at&begin == 0 || after == len(n.text)) && (n.at&end == 0 || after == len(path))
}

// in says whether path meets n.
func (n *need) in(path string) bool {
	switch n.at {
	case begin:
		return strings.HasPrefix(path, n.text)
	case end:
		return strings.HasSuffix(path, n.text)
	case all:
		return path == n.text
	}
	return strings.Contains(path, n.text)
}
