package pattern

import (
	"bytes"
	"slices"
	"strings"
)

// Heads finds which of many texts a path begins with. It is a tree whose nodes are the beginnings that several texts have in
// common: a walk ends at the first byte that none of them goes on with, so it looks at little of most paths, and it takes some
// twenty bytes for each text beside the text. An automaton would walk over the whole path.
type heads struct {
	needs []need
	text  string  // the labels of the nodes, one after the other
	first []byte  // of each node's label, its first byte: those of the branches of one node lie together
	nodes []head  // level by level, and one more that ends the last one's
	found []int32 // the needs whose text ends at a node; those of a node lie together
}

// A head is a node. What it has ends where the next node's begins.
type head struct {
	label  uint32 // the bytes from the node before to this one
	branch uint32 // the first of the nodes that follow it
	found  uint32
}

// newHeads makes a tree of needs, each of which is to be at the beginning, or all of a path.
func newHeads(needs []need) heads {
	h := heads{needs: needs}
	order := make([]int32, len(needs))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(i, j int32) int { return strings.Compare(needs[i].text, needs[j].text) })
	var labels strings.Builder
	type span struct{ from, to, depth int } // the texts that go on from the node before, all with the same byte
	queue := []span{{0, len(order), 0}}
	for at := 0; at < len(queue) && len(needs) > 0; at++ {
		q := queue[at]
		least, most := needs[order[q.from]].text, needs[order[q.to-1]].text
		end := q.depth
		for end < len(least) && end < len(most) && least[end] == most[end] {
			end++
		}
		h.nodes = append(h.nodes, head{uint32(labels.Len()), uint32(len(queue)), uint32(len(h.found))})
		h.first = append(h.first, (least[q.depth:] + "\x00")[0]) // of the root perhaps none
		labels.WriteString(least[q.depth:end])
		i := q.from
		for ; i < q.to && len(needs[order[i]].text) == end; i++ {
			h.found = append(h.found, order[i])
		}
		for i < q.to {
			c, from := needs[order[i]].text[end], i
			for i < q.to && needs[order[i]].text[end] == c {
				i++
			}
			queue = append(queue, span{from, i, end})
		}
	}
	h.text = labels.String()
	h.nodes = append(h.nodes, head{uint32(len(h.text)), uint32(len(h.nodes)), uint32(len(h.found))})
	return h
}

// walk calls do with the numbers of the needs that path meets.
func (h *heads) walk(path string, do func(need int32)) {
	if len(h.needs) == 0 {
		return
	}
	at, done := uint32(0), 0
	for {
		n, next := &h.nodes[at], &h.nodes[at+1]
		label := h.text[n.label:next.label]
		if !strings.HasPrefix(path[done:], label) {
			return
		}
		done += len(label)
		for _, need := range h.found[n.found:next.found] {
			if h.needs[need].met(path, done) {
				do(need)
			}
		}
		if done == len(path) {
			return
		}
		i := bytes.IndexByte(h.first[n.branch:next.branch], path[done])
		if i < 0 {
			return
		}
		at = n.branch + uint32(i)
	}
}
