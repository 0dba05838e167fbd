package carbon

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plumbago/carbon/stat"
)

var (
	_ Decoder = (*LineDecoder)(nil)
	_ Encoder = (*LineEncoder)(nil)
)

// arrival is when the lines of the corpus come in.
const arrival = 1600000000_123

// A row of testdata/lines.txt.
type row struct{ what, line, want string }

// corpus reads testdata/lines.txt.
func corpus(t testing.TB) []row {
	t.Helper()
	text, err := os.ReadFile("testdata/lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	repeat := regexp.MustCompile(`<(.)\*(\d+)>`)
	expanded := repeat.ReplaceAllStringFunc(string(text), func(s string) string {
		parts := repeat.FindStringSubmatch(s)
		n, _ := strconv.Atoi(parts[2])
		return strings.Repeat(parts[1], n)
	})
	var rows []row
	for i, line := range strings.Split(expanded, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.IndexByte(line, '"')
		quoted, err := strconv.QuotedPrefix(line[max(at, 0):])
		if err != nil {
			t.Fatalf("testdata/lines.txt:%d: %v", i+1, err)
		}
		in, _ := strconv.Unquote(quoted)
		rows = append(rows, row{strings.TrimSpace(line[:at]), in, strings.TrimSpace(line[at+len(quoted):])})
	}
	return rows
}

// leaves says what becomes of lines, in the words of testdata/lines.txt.
func leaves(t *testing.T, b *Batch) string {
	t.Helper()
	var out []string
	f := NewFrame()
	defer f.Free()
	e := LineEncoder{Types: true}
	for i := range b.Points {
		f.Bytes = f.Bytes[:0]
		if !e.Append(f, b, &b.Points[i]) {
			t.Fatal("an empty frame takes any point")
		}
		out = append(out, strconv.Quote(strings.TrimSuffix(string(f.Bytes), "\n")))
	}
	if b.Cleaned > 0 {
		out = append(out, "cleaned")
	}
	for why, n := range b.Bad {
		for range n {
			out = append(out, stat.Reason(why).String())
		}
	}
	if out == nil {
		return "nothing"
	}
	return strings.Join(out, " ")
}

// Each line of the corpus gives what its row says, by itself as in a datagram, with its newline, and between others.
func TestCorpus(t *testing.T) {
	for _, row := range corpus(t) {
		t.Run(row.what, func(t *testing.T) {
			l := DefaultLimits()
			for _, in := range []string{row.line, row.line + "\n"} {
				if got := leaves(t, decode(t, in, &l, arrival)); got != row.want {
					t.Errorf("%.200q gives %.200s; want %.200s", in, got, row.want)
				}
			}
			held(t, row.line, &l, arrival)
			held(t, "a.b 1 2\n"+row.line+"\n..c 3 4 D\n"+row.line+"\nd 5", &l, arrival)
			held(t, row.line+"\n"+row.line, limitsOf(NamesStrict), arrival)
			held(t, row.line+"\n"+row.line, limitsOf(NamesVerbatim), arrival)
		})
	}
}

// The whole corpus in one batch, which grows while it is read.
func TestCorpusAtOnce(t *testing.T) {
	var all strings.Builder
	for _, row := range corpus(t) {
		all.WriteString(row.line + "\n")
	}
	l := DefaultLimits()
	held(t, all.String(), &l, arrival)
	held(t, strings.Repeat("a:1|D|#y:2,x:1\n", 10_000), &l, arrival)
}

// Inside, times are kept to the millisecond, also where the seconds alone leave.
func TestLineTime(t *testing.T) {
	f := func(t *testing.T, in string, want int64) {
		t.Helper()
		l := DefaultLimits()
		b := decode(t, in, &l, arrival)
		if len(b.Points) != 1 || b.Points[0].Time != want {
			t.Errorf("%q gives %+v; want the time %d", in, b.Points, want)
		}
	}
	f(t, "a 1", arrival)
	f(t, "a 1 -1", arrival)
	f(t, "a 1 D", arrival)
	f(t, "a:1|N", arrival)
	f(t, "a 1 1700000000", 1700000000_000)
	f(t, "a 1 1700000000.7519", 1700000000_751)
	f(t, "a 1 1.7000000005e9", 1700000000_500)
}

// A name as long as a Point can say is the longest there is, whatever the limits are.
func TestLongestName(t *testing.T) {
	l := DefaultLimits()
	l.MaxName, l.MaxLine = 1<<20, 1<<20
	for _, n := range []int{math.MaxUint16, math.MaxUint16 + 1} {
		b := decode(t, strings.Repeat("a", n)+" 1 2\n", &l, arrival)
		if taken := len(b.Points) == 1; taken != (n == math.MaxUint16) {
			t.Errorf("a name of %d bytes: taken %v, refused %v", n, taken, b.Bad)
		}
	}
}

// What arrives as a good line leaves with the very bytes of its value, however the number is written.
func TestValueBytesStay(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var in bytes.Buffer
	var want []string
	b, f, d, e := NewBatch(), NewFrame(), NewLineDecoder(DefaultLimits()), LineEncoder{}
	for i := range 100_000 {
		value := strconv.FormatFloat(randomFloat(random), "efgG"[random.IntN(4)], random.IntN(25)-1, 64)
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			continue // a large float rounded up to fewer digits
		}
		line := fmt.Sprintf("servers.web-%d.load %s %d\n", i, value, 1700000000+i)
		in.WriteString(line)
		want = append(want, line)
		if in.Len() < BlockSize/2 && i < 99_999 {
			continue
		}
		b.Bytes, b.Points = append(b.Bytes[:0], in.Bytes()...), b.Points[:0]
		if err := d.Decode(b, arrival); err != nil || len(b.Points) != len(want) {
			t.Fatalf("%d lines give %d points, %v", len(want), len(b.Points), err)
		}
		f.Bytes, f.Points = f.Bytes[:0], 0
		for j := range b.Points {
			if !e.Append(f, b, &b.Points[j]) {
				t.Fatal("a frame has no room for half a block")
			}
		}
		if got := string(f.Bytes); got != strings.Join(want, "") || f.Points != len(want) {
			t.Fatalf("%d points leave as %q; want %q", f.Points, got, want)
		}
		in.Reset()
		want = want[:0]
	}
}

func TestLineEncoder(t *testing.T) {
	b := NewBatch()
	point := func(t *testing.T, value float64, ms int64, k Kind, e LineEncoder, want string) {
		t.Helper()
		f := NewFrame()
		defer f.Free()
		if !e.Append(f, b, b.Add([]byte("a.b;x=1"), k, value, ms)) || string(f.Bytes) != want || f.Points != 1 {
			t.Errorf("%v at %d leaves as %q; want %q", value, ms, f.Bytes, want)
		}
	}
	point(t, 1.5, 1700000000_999, Raw, LineEncoder{}, "a.b;x=1 1.5 1700000000\n")
	point(t, 1e6, 0, Diff, LineEncoder{}, "a.b;x=1 1000000 0\n")
	point(t, 1e-7, 1, Diff, LineEncoder{Types: true}, "a.b;x=1 1e-7 0 D\n")
	point(t, 0, -1, Raw, LineEncoder{Types: true}, "a.b;x=1 0 -1 N\n")
}

// A frame never outgrows its limit, and is as it was after a point that had no room; only an empty one takes any point.
func TestLineEncoderLimit(t *testing.T) {
	l := DefaultLimits()
	b := decode(t, "a.b 1 1700000000\na.b 1\na.b 1 D\n", &l, arrival)
	b.Add([]byte("c"), Raw, 1.0/3, arrival)
	for _, types := range []bool{false, true} {
		for limit := 1; limit < 200; limit++ {
			e, f := LineEncoder{Limit: limit, Types: types}, NewFrame()
			for i := 0; ; i++ {
				before, points := string(f.Bytes), f.Points
				if e.Append(f, b, &b.Points[i%len(b.Points)]) {
					if before != "" && len(f.Bytes) > limit {
						t.Fatalf("%q is longer than %d", f.Bytes, limit)
					}
					continue
				}
				if before == "" || string(f.Bytes) != before || f.Points != points {
					t.Fatalf("a frame of %q, limit %d, is %q after a point without room", before, limit, f.Bytes)
				}
				break
			}
			if limit > 150 && len(f.Bytes) < limit-70 {
				t.Errorf("a frame of limit %d is full at %d", limit, len(f.Bytes))
			}
		}
	}
	full := NewFrame()
	e := LineEncoder{}
	for e.Append(full, b, &b.Points[0]) {
	}
	if len(full.Bytes) > FrameSize || cap(full.Bytes) > FrameSize {
		t.Errorf("a full frame has %d bytes and room for %d", len(full.Bytes), cap(full.Bytes))
	}
}

func TestLineAllocates(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	for _, form := range lineForms {
		in, d, b, f, e := block(form.format), NewLineDecoder(DefaultLimits()), NewBatch(), NewFrame(), LineEncoder{}
		pass := func() {
			b.Bytes, b.Points = append(b.Bytes[:0], in...), b.Points[:0]
			if err := d.Decode(b, arrival); err != nil {
				t.Fatal(err)
			}
			f.Bytes = f.Bytes[:0]
			for i := range b.Points {
				if !e.Append(f, b, &b.Points[i]) {
					f.Bytes = f.Bytes[:0]
				}
			}
		}
		pass() // room grows once
		if n := testing.AllocsPerRun(10, pass); n > 0 {
			t.Errorf("%s: %v allocations a block", form.name, n)
		}
	}
}

// runs writes the points of b into frames by AppendRun, and wants them just so as Append makes them.
func runs(t *testing.T, b *Batch, e *LineEncoder) {
	t.Helper()
	plain, fast := &Frame{}, &Frame{}
	for from := 0; from < len(b.Points); {
		n := e.AppendRun(fast, b, b.Points[from:])
		if n == 0 && len(fast.Bytes) == 0 {
			t.Fatalf("an empty frame does not take %q", b.Text(&b.Points[from]))
		}
		for i := range n {
			if !e.Append(plain, b, &b.Points[from+i]) {
				t.Fatalf("%+v: a run of %d goes into a frame that is full after %d: %q", e, n, i, plain.Bytes)
			}
		}
		if string(plain.Bytes) != string(fast.Bytes) || plain.Points != fast.Points {
			t.Fatalf("%+v: a run is %q, %d points; one by one they are %q, %d", e, fast.Bytes, fast.Points, plain.Bytes, plain.Points)
		}
		if from += n; n == 0 {
			if e.Append(plain, b, &b.Points[from]) {
				t.Fatalf("%+v: there would be room for another point: %q", e, plain.Bytes)
			}
			*plain, *fast = Frame{}, Frame{}
		}
	}
}

// TestAppendRun has lines that can leave as they came, one behind the other, and others between them.
func TestAppendRun(t *testing.T) {
	in := "a.b 1 1700000000\na.c 2 1700000001\na.b 1\na.d 1 1700000000 D\n a.e 1 1700000000\n\na.f 1 1700000000\n.g 1 1700000000\n" +
		"a.h 1 1700000000\r\na.i  1 1700000000\na.j 1 1700000000.5\na.k:1|D|#x:1\na.l:2|D|#x:1\na.m 1 1700000000\na.n 1 1700000000"
	l := DefaultLimits()
	b := decode(t, in, &l, arrival)
	if len(b.Points) < 14 {
		t.Fatalf("only %d points", len(b.Points))
	}
	b.Add([]byte("c"), Raw, 1.0/3, arrival)
	runs(t, b, &LineEncoder{})
	for limit := 1; limit < 200; limit++ {
		runs(t, b, &LineEncoder{Limit: limit})
		runs(t, b, &LineEncoder{Limit: limit, Types: true})
	}
	one := decode(t, "a.b 1 1700000000\na.c 2 1700000001\n", &l, arrival)
	if n := (&LineEncoder{}).AppendRun(&Frame{}, one, one.Points); n != 2 {
		t.Errorf("a run of 2 is taken in parts, of %d first", n)
	}
}

func FuzzAppendRun(f *testing.F) {
	for _, row := range corpus(f) {
		f.Add(row.line+"\na.b 1 1700000000\n"+row.line, uint8(0))
	}
	f.Fuzz(func(t *testing.T, in string, limit uint8) {
		b := &Batch{Bytes: []byte(in)}
		if err := NewLineDecoder(DefaultLimits()).Decode(b, arrival); err != nil {
			t.Fatal(err)
		}
		runs(t, b, &LineEncoder{Limit: int(limit)})
	})
}
