package carbon

import "testing"

// A renamed point has the rest of the text it came in, and all else of it.
func TestRename(t *testing.T) {
	f := func(line, name, want string) {
		t.Helper()
		b := NewBatch()
		defer b.Free()
		b.Bytes = append(b.Bytes, line...)
		b.Arrival = 7
		if err := NewLineDecoder(DefaultLimits()).Decode(b, 1_700_000_000_000); err != nil || len(b.Points) != 1 {
			t.Fatalf("%q: %d points, %v", line, len(b.Points), err)
		}
		var scratch Batch
		for range 2 { // the scratch is used again
			p := b.Rename(&scratch, &b.Points[0], []byte(name))
			out := NewFrame()
			(&LineEncoder{Limit: FrameSize, Types: true}).Append(out, &scratch, p)
			if got := string(out.Bytes); got != want {
				t.Errorf("%q renamed %s: got %q, want %q", line, name, got, want)
			}
			out.Free()
			if (p.Flags&Tagged != 0) != (tagged([]byte(name)) != 0) || scratch.Arrival != 7 {
				t.Errorf("%q renamed %s: flags %b, arrival %d", line, name, p.Flags, scratch.Arrival)
			}
		}
	}
	f("a.b 1.50 1700000000\n", "longer.name;x=y", "longer.name;x=y 1.50 1700000000 N\n")
	f("a.b;x=y\t 1e2  1700000000.25 D\n", "c", "c 1e2 1700000000 D\n")
	f("a.b 3\n", "c", "c 3 1700000000 N\n")
	f("a.b:3|D\n", "c", "c 3 1700000000 D\n")
}

func TestRenameWithoutText(t *testing.T) {
	b := NewBatch()
	defer b.Free()
	p := b.Add([]byte("a;x=y"), Raw, 2, 3000)
	var scratch Batch
	q := b.Rename(&scratch, p, []byte("b"))
	if string(scratch.Name(q)) != "b" || scratch.Text(q) != nil || q.Value != 2 || q.Time != 3000 || q.Flags != 0 {
		t.Errorf("%s %+v", scratch.Name(q), q)
	}
}
