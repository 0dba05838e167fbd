package carbon

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"plumbago/carbon/stat"
)

// limitsOf returns the default limits with names treated as n says.
func limitsOf(n Names) *Limits {
	l := DefaultLimits()
	l.Names = n
	return &l
}

// slowClean is clean said in terms of strings and a map, for names that are UTF-8 or not.
func slowClean(name string, l *Limits) (cleaned string, mended bool, why stat.Reason, ok bool) {
	odd := func(r rune) bool {
		return r == ' ' || unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r)
	}
	switch {
	case len(name) > l.MaxName:
		return "", false, stat.TooLong, false
	case name == "", strings.ContainsFunc(name, func(r rune) bool { return r < 0x80 && odd(r) }):
		return "", false, stat.BadName, false
	case !utf8.ValidString(name):
		return "", false, stat.BadUTF8, false
	case strings.ContainsFunc(name, odd):
		return "", false, stat.BadName, false
	}
	kept := strings.ReplaceAll(name, "/", "_")
	path, tags, _ := strings.Cut(kept, ";")
	if strings.Trim(path, ".") == "" {
		return "", false, stat.BadName, false
	}
	if l.Names == NamesVerbatim {
		return kept, kept != name, 0, true
	}
	nodes := slices.DeleteFunc(strings.Split(path, "."), func(node string) bool { return node == "" })
	cleaned = strings.Join(nodes, ".") + slowTags(tags)
	if cleaned != name && l.Names == NamesStrict {
		return "", false, stat.BadName, false
	}
	return cleaned, cleaned != name, 0, true
}

// slowTags puts "k=v;k2=v2" into canonical order, each with a ";" before it.
func slowTags(tags string) string {
	values := make(map[string]string)
	for tag := range strings.SplitSeq(tags, ";") {
		key, value, _ := strings.Cut(tag, "=")
		if key != "" && value != "" && !strings.ContainsAny(key, "!^") && value[0] != '~' {
			values[key] = value
		}
	}
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var out strings.Builder
	for _, key := range keys {
		out.WriteString(";" + key + "=" + values[key])
	}
	return out.String()
}

func TestCleanMends(t *testing.T) {
	f := func(t *testing.T, in, want string) {
		t.Helper()
		got, mended, why, ok := clean([]byte(in), limitsOf(NamesClean))
		if !ok || string(got) != want || mended != (in != want) {
			t.Errorf("clean(%q) = %q, mended %v, %v %v; want %q", in, got, mended, why, ok, want)
		}
		if _, _, why, ok := clean([]byte(in), limitsOf(NamesStrict)); ok != (in == want) || !ok && why != stat.BadName {
			t.Errorf("strict clean(%q): %v %v", in, why, ok)
		}
	}
	f(t, "a", "a")
	f(t, "a.b", "a.b")
	f(t, ".a.b", "a.b")
	f(t, "a.b.", "a.b")
	f(t, "..a...b.", "a.b")
	f(t, "a/b", "a_b")
	f(t, "../../etc/x", "_._etc_x")
	f(t, "a.b>c%d", "a.b>c%d")
	f(t, "é.ü", "é.ü")
	f(t, "é..ü", "é.ü")
	f(t, "a;x=1;y=2", "a;x=1;y=2")
	f(t, "a;y=2;x=1", "a;x=1;y=2")
	f(t, "a;x=1;x=2", "a;x=2")
	f(t, "a;x=2;y=1;x=1", "a;x=1;y=1")
	f(t, "a..b.;x=1..2.", "a.b;x=1..2.")
	f(t, "a;x=..", "a;x=..")
	f(t, "a;", "a")
	f(t, "a.;", "a")
	f(t, "a;x", "a")
	f(t, "a;x=", "a")
	f(t, "a;=1", "a")
	f(t, "a;x=~1", "a")
	f(t, "a;x=1~", "a;x=1~")
	f(t, "a;x!=1", "a")
	f(t, "a;x^y=1", "a")
	f(t, "a;x=1!^", "a;x=1!^")
	f(t, "a;x=b=c", "a;x=b=c")
	f(t, "a;;x=1;;", "a;x=1")
	f(t, "a;b=1;b-c=2", "a;b=1;b-c=2") // by key, not by the text of the tag: "=" comes after "-"
	f(t, "a;b-c=2;b=1", "a;b=1;b-c=2")
	f(t, "a;x/y=1/2;x0=1", "a;x0=1;x_y=1_2")
	f(t, strings.Repeat("a", 4096), strings.Repeat("a", 4096))
}

func TestCleanRefuses(t *testing.T) {
	f := func(t *testing.T, in string, want stat.Reason) {
		t.Helper()
		for _, names := range []Names{NamesClean, NamesStrict, NamesVerbatim} {
			if got, _, why, ok := clean([]byte(in), limitsOf(names)); ok || why != want {
				t.Errorf("%s clean(%q) = %q, %v %v; want %v", names, in, got, why, ok, want)
			}
		}
	}
	f(t, "", stat.BadName)
	f(t, ".", stat.BadName)
	f(t, "...", stat.BadName)
	f(t, ";x=1", stat.BadName)
	f(t, ".;x=1", stat.BadName)
	f(t, "a b", stat.BadName)
	f(t, "a\x00b", stat.BadName)
	f(t, "a\nb", stat.BadName)
	f(t, "a\tb", stat.BadName)
	f(t, "a\x7fb", stat.BadName)
	f(t, "a;x=\x01", stat.BadName)
	f(t, "a\u0085b", stat.BadName)
	f(t, "a\u009bb", stat.BadName)
	f(t, "a\u00a0b", stat.BadName)
	f(t, "a\u2028b", stat.BadName)
	f(t, "a\u202eb", stat.BadName)
	f(t, "a\u2066b", stat.BadName)
	f(t, "a\u200fb", stat.BadName)
	f(t, "a\xffb", stat.BadUTF8)
	f(t, "a;x=\xc3", stat.BadUTF8)
	f(t, "a\xed\xa0\x80", stat.BadUTF8)
	f(t, "\xff\n", stat.BadName)
	f(t, strings.Repeat("a", 4097), stat.TooLong)
}

func TestCleanVerbatim(t *testing.T) {
	f := func(t *testing.T, in, want string) {
		t.Helper()
		got, mended, why, ok := clean([]byte(in), limitsOf(NamesVerbatim))
		if !ok || string(got) != want || mended != (in != want) {
			t.Errorf("clean(%q) = %q, mended %v, %v %v; want %q", in, got, mended, why, ok, want)
		}
	}
	f(t, "..a...b.", "..a...b.")
	f(t, "a;y=2;x=1;", "a;y=2;x=1;")
	f(t, "/a;x=/", "_a;x=_")
}

// A name with more tags, and longer ones, than the room that mendTags has on the stack is mended all the same.
func TestCleanManyTags(t *testing.T) {
	var in strings.Builder
	in.WriteString("a")
	for i := range 200 {
		in.WriteString(";k" + string(rune('a'+(i*7)%26)) + string(rune('a'+(i*11)%26)) + "=value")
	}
	want, _, _, _ := slowClean(in.String(), limitsOf(NamesClean))
	if got, _, _, ok := clean([]byte(in.String()), limitsOf(NamesClean)); !ok || string(got) != want {
		t.Errorf("clean(%q) = %q, %v; want %q", in.String(), got, ok, want)
	}
}

func FuzzClean(f *testing.F) {
	for _, in := range []string{"..a...b.", "a;y=2;x=1;y=3", "a/b;x=/", "é.\u202e", "a;b-c=1;b=2", "\xff", ";x", "a.;x=..", "a\x00"} {
		f.Add(in, uint8(0))
		f.Add(in, uint8(1))
		f.Add(in, uint8(2))
	}
	f.Fuzz(func(t *testing.T, in string, mode uint8) {
		l := limitsOf([]Names{NamesClean, NamesStrict, NamesVerbatim}[mode%3])
		name := []byte(in)
		got, mended, why, ok := clean(name, l)
		want, wantMended, wantWhy, wantOK := slowClean(in, l)
		if ok != wantOK || string(got) != want || mended != wantMended || why != wantWhy {
			t.Fatalf("%s clean(%q) = %q, %v, %v, %v; want %q, %v, %v, %v",
				l.Names, in, got, mended, why, ok, want, wantMended, wantWhy, wantOK)
		}
		if !ok {
			return
		}
		if !bytes.HasSuffix(name, got) {
			t.Errorf("%q lies not at the end of %q", got, name)
		}
		if bytes.ContainsAny(got, "/ \x00\t\r\n") {
			t.Errorf("clean(%q) = %q", in, got)
		}
		if again, mended, _, ok := clean(slices.Clone(got), l); !ok || mended || !bytes.Equal(again, got) {
			t.Errorf("%q is cleaned to %q and then to %q", in, got, again)
		}
	})
}

func TestCleanAllocates(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	f := func(t *testing.T, in string) {
		t.Helper()
		l, room := limitsOf(NamesClean), make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() { clean(append(room[:0], in...), l) }); n > 0 {
			t.Errorf("clean(%q) allocates %v times", in, n)
		}
	}
	f(t, "servers.web.cpu")
	f(t, "..a...b./c")
	f(t, "é..ü")
	f(t, "a;y=2;x=1;y=3;z")
	f(t, "a\xff")
}

func BenchmarkClean(bench *testing.B) {
	for _, in := range []string{
		"servers.web-0123.cpu-3.percent-user", "servers.web-0123.cpu-é.percent-user", "servers..web-0123.cpu-3.percent-user",
		"cpu.percent-user;dc=ams;host=web-0123", "cpu.percent-user;host=web-0123;dc=ams",
	} {
		bench.Run(in, func(bench *testing.B) {
			l, room := limitsOf(NamesClean), make([]byte, 0, 4096)
			for bench.Loop() {
				if _, _, _, ok := clean(append(room[:0], in...), l); !ok {
					bench.Fatal("refused")
				}
			}
		})
	}
}
