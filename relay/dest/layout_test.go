package dest

import (
	"encoding/json"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"plumbago/carbon"
)

// clock is the time of the original's vectors, to the millisecond.
const clock = 1416700800_123

// records encodes points as records; each is a name, a value and a time.
func records(points ...record) *carbon.Frame {
	b, f, e := carbon.NewBatch(), carbon.NewFrame(), &recordEncoder{limit: carbon.FrameSize}
	for _, p := range points {
		e.Append(f, b, b.Add([]byte(p.name), carbon.Raw, p.value, p.ms))
	}
	b.Free()
	f.Oldest = time.Now().UnixMilli()
	return f
}

func point(name string, value float64, ms int64) record {
	return record{name: []byte(name), value: value, ms: ms}
}

// laid returns the text of points in a layout.
func laid(l layout, points ...record) *text {
	t := &text{}
	f := records(points...)
	defer f.Free()
	l(t, f.Bytes, 12*time.Second+345)
	return t
}

func TestJumpscaleVectors(t *testing.T) {
	file, err := os.ReadFile("testdata/jumpscale.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Log []struct {
			Name, Key, Path, Fixed string
			Value                  float64
			FixedPath              string `json:"fixed_path"`
			Prefix                 string `json:"line_prefix"`
			Suffix                 string `json:"line_suffix"`
			Precondition           string
		}
		DayID [][2]any
	}
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Log) != 6 || len(vectors.DayID) != 5 {
		t.Fatalf("%d lines and %d days read", len(vectors.Log), len(vectors.DayID))
	}
	for _, v := range vectors.Log {
		got := laid(jumpscaleTree, point(v.Key, v.Value, clock))
		want := v.Path
		switch {
		case v.FixedPath != "":
			want = v.FixedPath
		case v.Fixed != "":
			want = "stats_aggregator/_1786"
		case v.Precondition != "":
			want = "stats_aggregator/n1/system/cpu_1786" // the original's path depended on what was there: ours does not
		}
		if path := v.Name + "/" + string(got.lines[0].file); path != want {
			t.Errorf("%s: got path %s, want %s", v.Key, path, want)
		}
		if v.Prefix == "" {
			continue
		}
		stamp, key, _ := strings.Cut(v.Prefix, " ")
		line := stamp + " " + key + strings.Repeat(" ", 100-len(key)) + v.Suffix + "\n"
		if string(got.bytes) != line {
			t.Errorf("got %q, want %q", got.bytes, line)
		}
	}
	for _, v := range vectors.DayID {
		got := laid(jumpscaleTree, point("a.b.c", 1, int64(v[0].(float64))*1000)).lines[0]
		if day, ok := v[1].(float64); !ok && !got.unfit || ok && string(got.file) != "a/b_"+jsonNumber(day) {
			t.Errorf("%v: got %s, unfit %t", v, got.file, got.unfit)
		}
	}
}

func jsonNumber(v float64) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func TestPython2(t *testing.T) {
	f := func(v float64, want string) {
		t.Helper()
		if got := string(appendPython2(nil, v)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(3.25, "3.25")
	f(4, "4.0")
	f(0, "0.0")
	f(math.Copysign(0, -1), "-0.0")
	f(1416700800.123, "1416700800.12")
	f(1416700800, "1416700800.0")
	f(99999999999, "99999999999.0")
	f(1e11, "100000000000.0")
	f(1e12, "1e+12")
	f(1e-4, "0.0001")
	f(1e-5, "1e-05")
	f(1.0/3, "0.333333333333")
	f(1e300, "1e+300")
}

// The day of a point is of its own time to the millisecond, though its line shows less.
func TestTreeDayIsExact(t *testing.T) {
	got := laid(jumpscaleTree, point("a.b.c", 1, dayZero+dayMS-1), point("a.b.c", 1, dayZero+dayMS))
	if a, b := string(got.lines[0].file), string(got.lines[1].file); a != "a/b_0" || b != "a/b_1" {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestTreePaths(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		if got := string(appendTreePath(nil, []byte(name), dayZero)); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	long := strings.Repeat("x", maxNode)
	f("a", "_0")
	f("a.b", "a_0")
	f("a.b.c.d", "a/b/c_0")
	f("a.b.c;dc=x.y.z", "a/b_0")
	f("..", "_/__0")
	f("...passwd", "_/_/__0")
	f("a..b", "a/__0")
	f(`a/../b.c\d.e`, `a_/_/_b/c_d_0`)
	f("a\x00b.c\nd.e", "a_b/c_d_0")
	f("grün.küche.z", "grün/küche_0")
	f("a\xff.b.c", "a_/b_0")
	f(long+".b.c", long+"/b_0")
	f(long+"x.b.c", long[:keepNode]+"~"+"3631500d06f3bba7"+"/b_0")
	f("b."+long+"y.c", "b/"+long[:keepNode]+"~"+"36314f0d06f3b9f4"+"_0")
}

func TestSenf(t *testing.T) {
	f := func(want string, points ...record) {
		t.Helper()
		got := laid(senf, points...)
		want = strings.ReplaceAll(want, "@", "0000000012.000000345")
		if string(got.bytes) != want {
			t.Errorf("got\n%swant\n%s", got.bytes, want)
		}
		n, size := int64(0), 0
		for _, l := range got.lines {
			n += l.points
		}
		for _, p := range points {
			size += recordSize + len(p.name)
		}
		if last := got.lines[len(got.lines)-1]; n != int64(len(points)) || last.in != size || last.out != len(want) {
			t.Errorf("%d lines stand for %d points, %d bytes of %d", len(got.lines), n, last.in, size)
		}
	}
	f("@ pps.1s.avg 4.5\n", point("pps.1s.avg", 4.5, 1))
	f("@ pps 1\n", point("pps", 1, 1))
	f("@ pps.1s 10 0 4.5 9 2.87228\n", // in senf's order, whatever theirs was
		point("pps.1s.avg", 4.5, 1), point("pps.1s.max", 9, 1), point("pps.1s.count", 10, 1), point("pps.1s.min", 0, 1),
		point("pps.1s.stddev", 2.8722813232690143, 1))
	f("@ pps;dc=a.b 1 2\n@ pps 3 4\n",
		point("pps.avg;dc=a.b", 1, 1), point("pps.max;dc=a.b", 2, 1), point("pps.max", 4, 1), point("pps.avg", 3, 1))
	f("@ a 1 2\n@ a 3 4\n", point("a.avg", 1, 1), point("a.max", 2, 1), point("a.avg", 3, 2), point("a.max", 4, 2))
	f("@ a 1 2\n@ a 3 4\n", point("a.avg", 1, 1), point("a.max", 2, 1), point("a.avg", 3, 1), point("a.max", 4, 1))
	f("@ a.avg 1\n@ b.max 1e+06\n@ a.sum 100000\n@ a.max 1e-05\n",
		point("a.avg", 1, 1), point("b.max", 1e6, 1), point("a.sum", 100000, 1), point("a.max", 1e-5, 1))
	f("@ .avg 1\n@ avg 2\n", point(".avg", 1, 1), point("avg", 2, 1))
}

func TestAppendAge(t *testing.T) {
	if got := string(appendAge(nil, 3*time.Hour+time.Nanosecond)); !regexp.MustCompile(`^\d{10}\.\d{9} $`).MatchString(got) || got != "0000010800.000000001 " {
		t.Errorf("got %q", got)
	}
}

// Whatever a client sends as a name, its path stays inside and can be made, and other names keep theirs.
func FuzzTreePath(f *testing.F) {
	for _, s := range []string{"a.b.c", "..", "../../etc/passwd.x.y", "a\x00.b.c", strings.Repeat("ü", 300) + ".b.c", "./.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		path := string(appendTreePath(nil, []byte(name), clock))
		if strings.HasPrefix(path, "/") || strings.ContainsAny(path, "\x00\n\\") || utf8.ValidString(name) && !utf8.ValidString(path) {
			t.Fatalf("%q: %q", name, path)
		}
		for e := range strings.SplitSeq(path, "/") {
			if e == "" || e == "." || e == ".." || len(e) > 255 {
				t.Fatalf("%q: element %q of %q", name, e, path)
			}
		}
		if !strings.HasSuffix(path, "_1786") {
			t.Fatalf("%q: %q", name, path)
		}
	})
}
