package relay

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"plumbago/carbon"
	"plumbago/relay/dest"
)

// A batch that a lane takes by runs leaves the same bytes in the same frames, the same counts and the same tallies as one of which it
// takes each point by itself.
func TestRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	kinds := []string{"d", "f.sent", "f.only", "s", "s", "s", "s", "t", "t", "t", "u", "both", "none"}
	var text bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&text, "%s.%d %d", kinds[random.IntN(len(kinds))], random.IntN(300), i)
		if random.IntN(5) > 0 {
			text.WriteString(" 1700000000")
		}
		text.WriteString([]string{"\n", "\n", "\n", "\r\n", " D\n"}[random.IntN(5)])
	}
	f := func(t *testing.T, take func(l *Lane, b *carbon.Batch)) (frames []string, l *Lane) {
		tab := table(t, []string{"a", "b"}, dropping("d.*"), folding("f.*.*", "f"), sending("f.sent.*", "b"), sending("both.*", "a", "b"), sending("s.*", "a"),
			sending("t.*", "a"), sending("u.*", "b"))
		l = tab.NewLane(nil)
		l.give = func(d *dest.Dest, f *carbon.Frame) {
			frames = append(frames, fmt.Sprintf("%s %d %s", d.Address(), f.Points, f.Bytes))
			f.Free()
		}
		for range 3 { // new names, and known ones
			b := carbon.NewBatch()
			b.Bytes, b.Arrival = append(b.Bytes, text.Bytes()...), 1700000000123
			if err := carbon.NewLineDecoder(carbon.DefaultLimits()).Decode(b, b.Arrival); err != nil || len(b.Points) != 5000 {
				t.Fatalf("%d points: %v", len(b.Points), err)
			}
			take(l, b)
		}
		l.pushAll()
		return frames, l
	}
	got, fast := f(t, (*Lane).Accept)
	want, plain := f(t, func(l *Lane, b *carbon.Batch) {
		for i := range b.Points {
			s, g := l.know(b, &b.Points[i]), &l.memory.young
			l.take(b, &b.Points[i], &l.routes[s.route], g.refsOf(s), g.formsOf(s))
		}
		b.Free()
	})
	if len(want) < 4 || !slices.Equal(got, want) {
		t.Errorf("%d frames, or their bytes, are not the %d that they should be", len(got), len(want))
	}
	if fast.Counts() != plain.Counts() || fast.Counts().Sent == 0 || !fast.counts.Balanced() {
		t.Errorf("got  %+v\nwant %+v", fast.Counts(), plain.Counts())
	}
	sums := [2][7]Tally{}
	fast.Tally(fast.table, sums[0][:])
	plain.Tally(plain.table, sums[1][:])
	if sums[0] != sums[1] || sums[0][4].Hits == 0 || sums[0][5].Hits == 0 {
		t.Errorf("tallies are %v, want %v", sums[0], sums[1])
	}
}
