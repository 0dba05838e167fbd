package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// generated is how many names are made up where none are given.
const generated = 100_000

// A move is how many names one member loses to another. Either is "" where a name has a copy more or less.
type move struct {
	From  string  `json:"from"`
	To    string  `json:"to"`
	Names int64   `json:"names"`
	Share float64 `json:"share"`
}

// moves counts what moves between two placements.
type moves struct {
	Names     int64   `json:"names"`
	Generated bool    `json:"generated"` // they were made up
	Moved     int64   `json:"moved"`     // names that at least one copy of moves
	Share     float64 `json:"share"`
	Moves     []move  `json:"moves"` // the greatest first
	pairs     map[[2]string]int64
}

// add counts what becomes of a name that was with some members and is with others.
func (m *moves) add(was, is []string) {
	m.Names++
	lost, won := without(was, is), without(is, was)
	if len(lost)+len(won) > 0 {
		m.Moved++
	}
	for i := range max(len(lost), len(won)) {
		var pair [2]string
		if i < len(lost) {
			pair[0] = lost[i]
		}
		if i < len(won) {
			pair[1] = won[i]
		}
		m.pairs[pair]++
	}
}

// without returns the members of list that are not in other.
func without(list, other []string) (rest []string) {
	for _, m := range list {
		if !slices.Contains(other, m) {
			rest = append(rest, m)
		}
	}
	return rest
}

// settle makes the figures of what was counted.
func (m *moves) settle() {
	all := float64(max(m.Names, 1))
	m.Share, m.Moves = float64(m.Moved)/all, []move{}
	for pair, n := range m.pairs {
		m.Moves = append(m.Moves, move{pair[0], pair[1], n, float64(n) / all})
	}
	slices.SortFunc(m.Moves, func(a, b move) int {
		return cmp.Or(cmp.Compare(b.Names, a.Names), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
}

// compare prints what share of the names moves from p to q: of those given, or of made-up ones.
func (r *ringCmd) compare(p, q *placement, names []string, in io.Reader, w io.Writer) error {
	m := &moves{Generated: len(names) == 0, pairs: map[[2]string]int64{}}
	one := func(name string) error {
		m.add(p.of(name), q.of(name))
		return nil
	}
	bad, err := each(names, in, one)
	if err != nil {
		return err
	}
	if m.Generated {
		for i := range generated {
			one(fmt.Sprintf("servers.host%d.%08x.value", i%997, uint32(i)*2654435761))
		}
	}
	m.settle()
	if err := r.printMoves(m, w); err != nil {
		return err
	}
	if bad {
		return errWrong
	}
	return nil
}

func (r *ringCmd) printMoves(m *moves, w io.Writer) error {
	if r.asJSON {
		return printJSON(w, m)
	}
	kind := ""
	if m.Generated {
		kind = "made-up "
	}
	fmt.Fprintf(w, "%d of %d %snames move (%.1f %%)\n", m.Moved, m.Names, kind, 100*m.Share)
	if len(m.Moves) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "from\tto\tnames\tshare")
	for _, move := range m.Moves {
		fmt.Fprintf(t, "%s\t%s\t%d\t%.1f %%\n", cmp.Or(move.From, "-"), cmp.Or(move.To, "-"), move.Names, 100*move.Share)
	}
	return t.Flush()
}
