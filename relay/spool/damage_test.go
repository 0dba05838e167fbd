package spool

import (
	"encoding/binary"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// laid is a spool on disk, closed, with what was appended to it.
type laid struct {
	files    map[string][]byte
	segments []string
	points   int64
}

// layDown fills a spool with n frames, the first gone of which are confirmed.
func layDown(t testing.TB, n, gone int) (l laid) {
	t.Helper()
	root := t.TempDir()
	s := open(t, root, small)
	put(t, s, n)
	if gone > 0 {
		end, _ := take(t, s, gone)
		s.Confirm(end)
	}
	l.points = balance(t, s).Held
	closeUp(t, s)
	l.files = contents(t, Dir(root, endpoint))
	for name := range l.files {
		if strings.HasSuffix(name, segmentSuffix) {
			l.segments = append(l.segments, name)
		}
	}
	slices.Sort(l.segments)
	return l
}

// damaged opens what l has become, reads all of it, and wants the account to be exact: every point of before is either
// read or lost, and nothing else is read. It returns how many were lost.
func damaged(t testing.TB, root string, l laid) (lost int64) {
	t.Helper()
	lay(t, Dir(root, endpoint), l.files)
	s := open(t, root, small)
	var read int64
	last := uint64(0)
	for {
		rec, ok, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		verify(t, rec)
		if first := rec.End - uint64(rec.Points); first < last {
			t.Fatalf("%d comes after %d", first, last)
		}
		last, read = rec.End, read+int64(rec.Points)
	}
	a := balance(t, s)
	if a.Opened != l.points || a.Held != read || a.Corrupt+read != l.points {
		t.Fatalf("read %d points of %d, and the account says %+v", read, l.points, a)
	}
	s.Confirm(last)
	put(t, s, 1)
	if end, _ := take(t, s, 2); end != s.span.end {
		t.Fatalf("it cannot be used any more: read up to %d of %d", end, s.span.end)
	}
	closeUp(t, s)
	return a.Corrupt
}

// most is what one record may have, and so what one damaged place may cost.
const most = 9

// TestFlip flips every byte, one at a time.
func TestFlip(t *testing.T) {
	l, root := layDown(t, 8, 0), t.TempDir()
	step := 1
	if testing.Short() || raceOn {
		step = 13
	}
	for _, name := range l.segments {
		for i := 0; i < len(l.files[name]); i += step {
			l.files[name][i] ^= 0xff
			if lost := damaged(t, root, l); lost > most {
				t.Fatalf("byte %d of %s cost %d points", i, name, lost)
			}
			l.files[name][i] ^= 0xff
		}
	}
}

// TestPosition wants damage to the position to cost nothing: what was confirmed may be read again.
func TestPosition(t *testing.T) {
	root := t.TempDir()
	var l laid
	f := func(damage func(b []byte) []byte) {
		t.Helper()
		all := maps.Clone(l.files)
		if all[positionFile] = damage(slices.Clone(l.files[positionFile])); all[positionFile] == nil {
			delete(all, positionFile)
		}
		lay(t, Dir(root, endpoint), all)
		s := open(t, root, small)
		end, points := take(t, s, 100)
		if a := balance(t, s); end != s.span.end || points < l.points || a.Corrupt != 0 {
			t.Fatalf("read %d points of %d, %+v", points, l.points, a)
		}
		closeUp(t, s)
	}
	for _, gone := range []int{0, 3, 14, 29} {
		l = layDown(t, 30, gone)
		f(func([]byte) []byte { return nil })
		f(func(b []byte) []byte { return b[:0] })
		f(func(b []byte) []byte { return b[:20] })
		f(func(b []byte) []byte { return b[:slotApart+10] })
		for i := range slotApart + slotSize {
			if i%slotApart < slotSize {
				f(func(b []byte) []byte {
					if i < len(b) {
						b[i] ^= 0x10
					}
					return b
				})
			}
		}
	}
}

// TestTruncate cuts every segment at every length.
func TestTruncate(t *testing.T) {
	l, root := layDown(t, 20, 2), t.TempDir()
	for _, name := range l.segments {
		whole := l.files[name]
		for n := 0; n < len(whole); n += 11 {
			l.files[name] = whole[:n]
			damaged(t, root, l)
		}
		delete(l.files, name)
		damaged(t, root, l)
		l.files[name] = whole
	}
}

// TestTailMissing finds out that the last segment is not there, when all before it has expired.
func TestTailMissing(t *testing.T) {
	l, root := layDown(t, 20, 0), t.TempDir()
	delete(l.files, l.segments[len(l.segments)-1])
	lay(t, Dir(root, endpoint), l.files)
	s := open(t, root, small)
	expired, err := s.Expire(1 << 40)
	if a := balance(t, s); err != nil || a.Held != 0 || a.Corrupt == 0 || a.Expired != expired || a.Opened != l.points {
		t.Fatalf("%+v, %v", a, err)
	}
	closeUp(t, s)
}

// records returns where in a segment the records are.
func records(b []byte) (at []int) {
	for i := segmentHeader; i < len(b); {
		at = append(at, i)
		i += headerSize + int(binary.LittleEndian.Uint32(b[i+4:]))
	}
	return append(at, len(b))
}

// TestMoved swaps, repeats and empties whole records: what comes too late is passed over.
func TestMoved(t *testing.T) {
	l, root := layDown(t, 30, 0), t.TempDir()
	for _, name := range l.segments {
		whole := l.files[name]
		at := records(whole)
		for i := range len(at) - 2 {
			a, b, c := at[i], at[i+1], at[i+2]
			l.files[name] = slices.Concat(whole[:a], whole[b:c], whole[a:b], whole[c:]) // swapped
			if lost := damaged(t, root, l); lost == 0 || lost > most {
				t.Fatalf("a swap cost %d points", lost)
			}
			l.files[name] = slices.Concat(whole[:b], whole[a:b], whole[b:]) // repeated
			if lost := damaged(t, root, l); lost != 0 {
				t.Fatalf("a repetition cost %d points", lost)
			}
			l.files[name] = slices.Concat(whole[:a], make([]byte, b-a), whole[b:]) // zero
			if lost := damaged(t, root, l); lost == 0 || lost > most {
				t.Fatalf("zeros cost %d points", lost)
			}
			l.files[name] = slices.Concat(whole[:a], whole[b:]) // not there
			if lost := damaged(t, root, l); lost == 0 || lost > most {
				t.Fatalf("a missing record cost %d points", lost)
			}
		}
		l.files[name] = whole
	}
}

// FuzzDamage writes anything anywhere into the segments. What is read must have been appended, and what is not must be
// counted.
func FuzzDamage(f *testing.F) {
	l, root := layDown(f, 40, 3), f.TempDir()
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		b := make([]byte, 4+r.IntN(40))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b, uint16(r.Uint32()), r.IntN(3))
	}
	h := header{first: 1 << 50, size: 9, points: 9}
	f.Add(h.append(nil, []byte("forged...")), uint16(300), 0)
	h = header{first: 20, size: 1 << 31, points: 9}
	f.Add(h.append(nil, nil), uint16(600), 1)
	f.Fuzz(func(t *testing.T, junk []byte, at uint16, segment int) {
		name := l.segments[min(max(segment, 0), len(l.segments)-1)]
		whole := l.files[name]
		if forged(junk) {
			t.Skip("a sound record is no damage")
		}
		from := int(at) % (len(whole) + 1)
		bad := slices.Clone(whole)
		copy(bad[from:], junk)
		mine := laid{maps.Clone(l.files), l.segments, l.points}
		mine.files[name] = bad
		if len(junk) > 0 && junk[0]%4 == 0 {
			mine.files[name] = bad[:min(len(bad), from+len(junk))]
		}
		lay(t, Dir(root, endpoint), mine.files)
		if _, err := load(Dir(root, endpoint)); errors.Is(err, ErrFormat) && from < len(segmentMark) {
			t.Skip("its mark is gone and so is every record")
		}
		damaged(t, root, mine)
	})
}

// forged says whether there is a record in b that was never appended: sums keep damage out, not attackers.
func forged(b []byte) bool {
	for i := range len(b) - headerSize {
		var h header
		if h.decode(b[i:]) {
			return true
		}
	}
	return false
}

// TestForged wants what claims to be far away, or very large, to be taken for damage.
func TestForged(t *testing.T) {
	f := func(h header) {
		t.Helper()
		l := layDown(t, 20, 0)
		name := l.segments[len(l.segments)-1]
		at := records(l.files[name])
		sealed := h.append(nil, nil)
		l.files[name] = slices.Concat(l.files[name][:at[1]], sealed, l.files[name][at[1]:])
		if lost := damaged(t, t.TempDir(), l); lost != 0 {
			t.Fatalf("%+v cost %d points", h, lost)
		}
	}
	f(header{first: 1 << 40, size: 1, points: 1})
	f(header{first: 1 << 63, size: 1, points: 1})
	f(header{first: 0, size: 1, points: 1})
	f(header{first: 100, size: 1 << 31, points: 1})
	f(header{first: 100, size: 1, points: 1 << 31})
	f(header{first: 100, size: 0, points: 0})
}

// TestTorn leaves a part of the last record, which was not said to be safe.
func TestTorn(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, Options{Size: 1 << 20})
	put(t, s, 3)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	safe, end := s.chain.tail.size, s.span.end
	put(t, s, 1)
	torn := int64(s.span.end - end)
	closeUp(t, s)
	l := contents(t, Dir(root, endpoint))
	whole := l[segmentName(0)]
	clear(l[positionFile][:slotSize]) // the second one that was written: the first does not know of the last record
	for n := safe; n < int64(len(whole)); n += 7 {
		l[segmentName(0)] = whole[:n]
		lay(t, Dir(root, endpoint), l)
		s := open(t, root, small)
		want := Torn{Bytes: n - safe}
		if want.Bytes >= headerSize {
			want.Points = torn
		}
		if a := balance(t, s); s.Torn() != want || a.Opened != int64(end) {
			t.Fatalf("cut at %d: %+v, want %+v; %+v", n, s.Torn(), want, a)
		}
		if info, err := os.Stat(filepath.Join(Dir(root, endpoint), segmentName(0))); err != nil || info.Size() != safe {
			t.Fatalf("it was not cut off: %v", err)
		}
		closeUp(t, s)
	}
}
