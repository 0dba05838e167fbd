package pattern

import (
	"slices"
	"strings"
)

// An automaton finds which of many texts are in a path, in one walk over it (Aho and Corasick). Its states are the
// beginnings of the texts, each at most once, numbered by their length; the state after a byte is the longest of them
// that the path so far ends with.
//
// The shortest, where nearly all steps are made, have a row that says for each class of bytes what comes next. The
// others have only what continues their text, and the next shorter state that the path ends with as well.
type automaton struct {
	needs   []need
	classes [256]uint8 // of bytes; 0 is that of those in no text
	width   int        // how many classes there are
	first   int        // the byte that all texts begin with, -1 if there are several
	rows    []uint32   // of the states that have them, which come first; with finds where the next state has something found
	states  []state
	edges   []edge  // those of a state lie together, by class
	found   []int32 // the needs whose text a state is; those of a state lie together
}

type state struct {
	shorter  uint32 // the next shorter state that the path ends with
	finding  uint32 // the same of those whose text is complete, 0 if there are none
	edge     uint32 // the first of its edges; they end where the next state's begin
	found    uint32 // the first of its needs, likewise
	hasFound bool   // its text, or that of a shorter one, is complete
}

type edge struct {
	class uint8
	to    uint32
}

// finds, in a row, says that the text of the next state, or that of a shorter one, is complete.
const finds = 1 << 31

// maxRows bounds the memory of the rows, 4 bytes for each entry.
const maxRows = 1 << 18

// newAutomaton makes an automaton for the texts of needs.
func newAutomaton(needs []need) automaton {
	a := automaton{needs: needs, width: 1}
	for _, n := range needs {
		for _, c := range []byte(n.text) {
			if a.classes[c] == 0 && a.width < 256 { // the 256th would have 0 for itself
				a.classes[c] = uint8(a.width)
				a.width++
			}
		}
	}
	a.build()
	a.link()
	a.fill()
	a.first = -1
	if a.states[1].edge == 1 && needs[0].text != "" { // the root has one edge
		a.first = int(needs[0].text[0])
	}
	return a
}

// build makes the states and edges, level by level: the texts in order, those with the same beginning lie together.
func (a *automaton) build() {
	order := make([]int32, len(a.needs))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		return a.compare(a.needs[i].text, a.needs[j].text)
	})
	type span struct{ from, to, depth int } // the texts that begin with a state
	queue := []span{{0, len(order), 0}}
	for at := 0; at < len(queue); at++ {
		q := queue[at]
		a.states = append(a.states, state{edge: uint32(len(a.edges)), found: uint32(len(a.found))})
		i := q.from
		for ; i < q.to && len(a.needs[order[i]].text) == q.depth; i++ {
			a.found = append(a.found, order[i])
		}
		for i < q.to {
			c := a.needs[order[i]].text[q.depth]
			from := i
			for i < q.to && a.needs[order[i]].text[q.depth] == c {
				i++
			}
			a.edges = append(a.edges, edge{a.classes[c], uint32(len(queue))})
			queue = append(queue, span{from, i, q.depth + 1})
		}
	}
	a.states = append(a.states, state{edge: uint32(len(a.edges)), found: uint32(len(a.found))}) // ends the last one's
}

// compare orders texts by the classes of their bytes.
func (a *automaton) compare(s, t string) int {
	for i := 0; i < len(s) && i < len(t); i++ {
		if s[i] != t[i] {
			return int(a.classes[s[i]]) - int(a.classes[t[i]])
		}
	}
	return len(s) - len(t)
}

// link finds the shorter states, which come before.
func (a *automaton) link() {
	for i := range a.states[:len(a.states)-1] {
		s := &a.states[i]
		s.hasFound = s.found < a.states[i+1].found || s.finding != 0
		for _, e := range a.edges[s.edge:a.states[i+1].edge] {
			to := &a.states[e.to]
			if i > 0 {
				to.shorter = a.next(s.shorter, e.class)
			}
			to.finding = to.shorter
			if to.shorter != 0 && a.states[to.shorter].found == a.states[to.shorter+1].found {
				to.finding = a.states[to.shorter].finding
			}
		}
	}
}

// fill makes the rows.
func (a *automaton) fill() {
	n := min(len(a.states)-1, maxRows/a.width)
	rows := make([]uint32, n*a.width)
	for i := range n {
		row := rows[i*a.width : (i+1)*a.width]
		if i > 0 {
			copy(row, rows[int(a.states[i].shorter)*a.width:])
		}
		for _, e := range a.edges[a.states[i].edge:a.states[i+1].edge] {
			if row[e.class] = e.to; a.states[e.to].hasFound {
				row[e.class] |= finds
			}
		}
	}
	a.rows = rows
}

// next returns the state after one more byte.
func (a *automaton) next(at uint32, class uint8) uint32 {
	for {
		if row := int(at)*a.width + int(class); row < len(a.rows) {
			return a.rows[row] &^ finds
		}
		for _, e := range a.edges[a.states[at].edge:a.states[at+1].edge] {
			if e.class == class {
				return e.to
			}
		}
		if at == 0 {
			return 0
		}
		at = a.states[at].shorter
	}
}

// walk calls do with the numbers of the needs that path meets, some perhaps more than once.
func (a *automaton) walk(path string, do func(need int32)) {
	at := uint32(0)
	for i := 0; i < len(path); i++ {
		if at == 0 && a.first >= 0 { // texts within names mostly begin with a dot
			skip := strings.IndexByte(path[i:], byte(a.first))
			if skip < 0 {
				return
			}
			i += skip
		}
		class := a.classes[path[i]]
		found := false
		if row := int(at)*a.width + int(class); row < len(a.rows) {
			at = a.rows[row]
			found = at&finds != 0
			at &^= finds
		} else {
			at = a.next(at, class)
			found = a.states[at].hasFound
		}
		if !found {
			continue
		}
		for s := at; s != 0; s = a.states[s].finding {
			for _, n := range a.found[a.states[s].found:a.states[s+1].found] {
				if a.needs[n].met(path, i+1) {
					do(n)
				}
			}
		}
	}
}
