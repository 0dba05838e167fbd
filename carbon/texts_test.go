package carbon

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// What was added is found where it was put, of every length, and a copy made meanwhile shows it too.
func TestTexts(t *testing.T) {
	var n, early Texts
	var at []uint32
	var all [][]byte
	r := rand.New(rand.NewPCG(1, 2))
	size := 0
	add := func(length int) {
		name := make([]byte, length)
		for i := range name {
			name[i] = byte(r.IntN(256))
		}
		at, all = append(at, n.Add(name)), append(all, name)
		size += length
	}
	for _, length := range []int{0, 511, 1, 0, 1024, mostTexts, 0, 1, mostTexts - 1, 1, 0, 3 * mostTexts, 0, 1, 2 * mostTexts} {
		add(length)
	}
	early = n
	before := len(all)
	for range 10_000 {
		add(r.IntN(120))
	}
	for i, want := range all {
		if got := n.At(at[i], len(want)); !bytes.Equal(got, want) {
			t.Fatalf("the %d-th of %d bytes is another", i, len(want))
		}
		if i < before && !bytes.Equal(early.At(at[i], len(want)), want) {
			t.Fatalf("the %d-th is another in a copy", i)
		}
	}
	if n.Size() != size || !n.Room() {
		t.Errorf("%d bytes, want %d", n.Size(), size)
	}
	if got := testing.AllocsPerRun(1000, func() { n.At(at[0], 0) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// Texts that lie in others are shared among those that were added, also while more are added to both; each chunk is kept once.
func TestTextsShare(t *testing.T) {
	var from, n Texts
	var at []uint32
	var all [][]byte
	for i := range 20_000 {
		text := fmt.Appendf(nil, "all.some.name.%d", i*i)
		lies := from.Text(from.Add(text), len(text))
		place, ok := uint32(0), i%3 > 0
		if ok {
			text = text[len("all."):]
			place, ok = n.Share(lies.Part(len("all."), len(text)))
		}
		if !ok {
			place = n.Add(text)
		}
		at, all = append(at, place), append(all, text)
	}
	for i, want := range all {
		if got := n.At(at[i], len(want)); !bytes.Equal(got, want) {
			t.Fatalf("the %d-th is %q, want %q", i, got, want)
		}
	}
	if len(n.chunks) > 2*len(from.chunks) || n.Size() >= from.Size()/2 {
		t.Errorf("%d chunks with %d bytes share %d with %d", len(n.chunks), n.Size(), len(from.chunks), from.Size())
	}
	if _, ok := n.Share(Text{}); ok {
		t.Error("no text is shared")
	}
	many := Texts{shared: map[*byte]uint32{}}
	for range mostShared {
		many.shared[new(byte)] = 0
	}
	if _, ok := many.Share(from.Text(at[1], 1)); ok {
		t.Error("more is shared than there are numbers for")
	}
}
