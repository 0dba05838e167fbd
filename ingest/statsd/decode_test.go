package statsd

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"plumbago/carbon"
)

// corpus is lines of every kind, good and bad.
var corpus = []string{
	"a.b:5\n|c\nb:6|c", "a:\n1|c", "a\n:1|c\nb:1|g", "a:1|m\ns\nb:2|ms", "a:123456789012345|c", "a:1234567890123456|c", "a:12345678901234567890|g",
	"a:007|ms", "a:1|c2", "a:1|ms2", "a:1|m", "a:1|", "a:+5|g", "a:-0|ms", "a:-1|ms", "a:1.5|c\na:1.5|g", "a..b:1|c", ".a:1|c", "a.:1|c", "a;b=c:1|c",
	"a.b:1|c", "a.b:1|c|@0.1", "a:1|c:2|ms:3|g", "a:1:2:3|c", "a:1:2|ms|@0.5", "a:+5|g", "a:-5|g", "a:5|g|@0.1", "a:x|s", "a:|s",
	"users:a:1234|s", "a:1|h", "a:-1|h", "a:-1|ms", "a:-1|d", "a:1|m", "a:1|kv", "a:1", "a", ":1|c", "a:|c", "a:nan|c", "a:inf|g", "a:0x10|c",
	"a:1e3|c", "a:1e999|c", "a:1|c|@0", "a:1|c|@2", "a:1|c|@-1", "a:1|c|@x", "a:1|c|@1e-300", "a:1|c|", "a:1|c||@1", "a:1|c|@1|@1", "a: 1 | c ", "a:1| ms",
	"a:1|c|#k:v", "a:1|c|#k:v,x:y:z", "a:1|c|@0.1|#k:v", "a:1|c|#k:v|@0.1", "a:1|c|#", "a:1|c|#k", "a:1|c|#,", "a:1|c|#k:", "a:1|c|#b:2,a:1",
	"a:1|c|#a;b:c;d", "a:1|c|#url:http://x/y?z", "a:1|c|#k:v|c:ci-1234|T1656581400", "a:1|c|c:ci-1|e:it-x,cn-y|card:low", "a:1|c|#k:v|#l:w",
	"a:1|ms|c:abc:2|c", "a:1|c|T12:2|c", "a:1|c|#k:v:2|c", "my name/is odd!:1|c", "é\xa0\xff:1|c", "a\u2003b:1|c", "..a..b.:1|c", "a;k=v:1|c", "a;x=1;k=v:1|g",
	"a;k:1|c", "/:1|c", "!!:1|c", "_e{5,4}:title|text", "_sc|name|0", "   ", "\r", "a:1|c\r", "a|b:1|c", "a#b:1|c", "a:1|c:|ms:3|c", "a:1|c:2|q:3|c",
	"a:1|c:", strings.Repeat("x", 30) + ":1|c", "a:1|s|@0.5", "a:(-10)|g", "a:1|C", "a:.5|g", "a:5.|g", "a:.|g", "a:1|c|@.5",
}

// show writes what the decoder makes of in, a value a word.
func show(in string, tags Tags) string {
	b := carbon.NewBatch()
	defer b.Free()
	b.Bytes = append(b.Bytes, in...)
	_ = NewDecoder(carbon.DefaultLimits(), tags, 0).Decode(b, 1600000000123)
	var out []string
	for i := range b.Points {
		p := &b.Points[i]
		text := fmt.Sprintf("%s=%v|%v", b.Name(p), p.Value, p.Kind)
		switch {
		case p.Kind == carbon.Timer && math.Float64frombits(p.Extra()) != 1:
			text += fmt.Sprintf("*%v", math.Float64frombits(p.Extra()))
		case p.Kind == carbon.Gauge && p.Extra() == 1:
			text += "+"
		}
		out = append(out, text)
	}
	for why, n := range b.Bad {
		for range n {
			out = append(out, fmt.Sprint("!", why))
		}
	}
	return strings.Join(out, " ")
}

func TestDecode(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := show(in, TagsGraphite); got != want {
			t.Errorf("%q is %s; want %s", in, got, want)
		}
	}
	f("a.b:1|c", "a.b=1|c")
	f("a:1|c|@0.1", "a=10|c")
	f("a:1|c|@0.1:2|c", "a=10|c a=2|c")
	f("a:1:2|ms|@0.5:7|c", "a=1|ms*2 a=2|ms*2 a=7|c")
	f("a:320|h\nb:3|d\n\nc:5|g", "a=320|ms b=3|ms c=5|g")
	f("a:+5|g:-3|g:7|g", "a=5|g+ a=-3|g+ a=7|g")
	f("my name/is odd!:1|c", "my_name-is_odd=1|c")
	f("a:1|c|@0.5|#dc:ams,host:x.y", "a;dc=ams;host=x.y=2|c")
	f("a:1|c|#host:x,dc:ams|@0.5|c:123", "a;dc=ams;host=x=2|c")
	f("a:1|N", "a=1|N")
	f("a:7|D|#k:v", "a;k=v=7|D")
	f("a:1|s:2|s", "a=0|s a=0|s")
	f("a:1|m", "!3")
	f("a:x|c:2|c", "a=2|c !1")
	f("a:-1|ms:-1|h", "a=-1|ms !1")
	f("a:1|c|@0", "!1")
	f(":1|c", "!0")
}

func TestDecodeTags(t *testing.T) {
	f := func(in string, tags Tags, want string) {
		t.Helper()
		if got := show(in, tags); got != want {
			t.Errorf("%q with tags as %s is %s; want %s", in, tags, got, want)
		}
	}
	const line = "a.b:1|c|#host:x.y,dc:a=b,bare"
	f(line, TagsGraphite, "a.b;dc=a=b;host=x.y=1|c")
	f(line, TagsNodes, "a.b.dc.a_b.host.x_y=1|c")
	f(line, TagsDrop, "a.b=1|c")
	f("a;k=v:1|c", TagsNodes, "a;k=v=1|c")
}

// A line listener reads statsd's lines among its own.
func TestLineDecoder(t *testing.T) {
	b := carbon.NewBatch()
	defer b.Free()
	b.Bytes = append(b.Bytes, "a 1 2\nb:3|c|@0.5\nc:4|N\nd:5|x\ne:6|ms:7|g\nf 8\n x:9|c \ny:1|c 2\n"...)
	_ = NewLineDecoder(carbon.DefaultLimits(), TagsGraphite, 0).Decode(b, 1600000000123)
	var got []string
	for i := range b.Points {
		got = append(got, fmt.Sprintf("%s=%v|%v", b.Name(&b.Points[i]), b.Points[i].Value, b.Points[i].Kind))
	}
	if want := "a=1|N b=6|c c=4|N e=6|ms e=7|g f=8|N x=9|c y:1|c=2|N"; strings.Join(got, " ") != want {
		t.Errorf("got %v; want %s", got, want)
	}
}

func TestDecodeAllocates(t *testing.T) {
	if race {
		t.Skip("allocations are different under race")
	}
	d := NewDecoder(carbon.DefaultLimits(), TagsGraphite, 0)
	b := carbon.NewBatch()
	in := []byte("a.b.c:1|c\na.b.d:320|ms|@0.1\na.b.e:5|g\na.b.f:x|s\na.b.g:1|c|#dc:ams\n")
	if n := testing.AllocsPerRun(100, func() {
		b.Bytes, b.Points = append(b.Bytes[:0], in...), b.Points[:0]
		_ = d.Decode(b, 1)
	}); n > 0 {
		t.Errorf("a block costs %v allocations", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	f := func(name, line string) {
		b.Run(name, func(b *testing.B) {
			in := []byte(strings.Repeat(line+"\n", 60<<10/(len(line)+1)))
			d, batch := NewDecoder(carbon.DefaultLimits(), TagsGraphite, 0), carbon.NewBatch()
			lines := strings.Count(string(in), "\n")
			for b.Loop() {
				batch.Bytes, batch.Points = append(batch.Bytes[:0], in...), batch.Points[:0]
				_ = d.Decode(batch, 1)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
		})
	}
	f("count", "servers.web17.requests:1|c")
	f("timer", "servers.web17.latency:320.5|ms|@0.1")
	f("tags", "servers.web17.latency:320.5|ms|#dc:ams,host:web17")
}
