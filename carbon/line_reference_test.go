package carbon

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"plumbago/carbon/stat"
)

// An outcome is what becomes of one line: a sample, or the reason why it is refused, or nothing.
type outcome struct {
	nothing bool
	why     stat.Reason // only if not ok
	ok      bool

	name, text string
	kind       Kind
	value      float64
	time       int64
	flags      Flags
	cleaned    bool
}

// slowLine is the line protocol read by a decoder that is slow and obvious: what LineDecoder is held against.
func slowLine(line string, l *Limits, now int64) outcome {
	if len(line) > l.MaxLine {
		return outcome{why: stat.TooLong}
	}
	line = strings.Trim(strings.TrimSuffix(line, "\r"), " \t")
	control := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }
	switch {
	case line == "":
		return outcome{nothing: true}
	case strings.ContainsFunc(line, control):
		return outcome{why: stat.BadName}
	case !utf8.ValidString(line):
		return outcome{why: stat.BadUTF8}
	}
	name, value, time, kind, rate, ok := slowFields(line)
	if !ok {
		return outcome{why: stat.BadFields}
	}
	name, cleaned, why, ok := slowClean(name, l)
	if !ok {
		return outcome{why: why}
	}
	o := outcome{ok: true, name: name, text: name + " " + value, kind: kind, time: now, cleaned: cleaned}
	if o.value, ok = slowNumber(value); !ok {
		return outcome{why: stat.BadValue}
	}
	if r, ok := slowNumber(rate); !ok || r <= 0 || r > 1 {
		return outcome{why: stat.BadValue}
	}
	var whole bool
	if o.time, whole, ok = slowTime(time, now); !ok {
		return outcome{why: stat.BadTime}
	}
	if whole {
		o.text += " " + time
		o.flags |= Stamped
	}
	if strings.Contains(name, ";") {
		o.flags |= Tagged
	}
	return o
}

// slowFields takes a line apart; a time or a rate that is not there comes as the one that means the same.
func slowFields(line string) (name, value, time string, kind Kind, rate string, ok bool) {
	kinds := map[string]Kind{"N": Raw, "D": Diff}
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	time, rate = "-1", "1"
	switch len(fields) {
	case 1:
		return slowStatsd(line)
	case 2:
		return fields[0], fields[1], time, Raw, rate, true
	case 3:
		if kind, ok := kinds[fields[2]]; ok {
			return fields[0], fields[1], time, kind, rate, true
		}
		return fields[0], fields[1], fields[2], Raw, rate, true
	case 4:
		kind, ok = kinds[fields[3]]
		return fields[0], fields[1], fields[2], kind, rate, ok
	}
	return name, value, time, kind, rate, false
}

// slowStatsd takes a line of statsd apart and writes its tags as Graphite's.
func slowStatsd(line string) (name, value, time string, kind Kind, rate string, ok bool) {
	name, rest, found := strings.Cut(line, ":")
	sections := strings.Split(rest, "|")
	if !found || len(sections) < 2 || sections[1] != "N" && sections[1] != "D" {
		return
	}
	if sections[1] == "D" {
		kind = Diff
	}
	rate = "1"
	seen := ""
	for _, section := range sections[2:] {
		if section == "" || strings.Contains(seen, section[:1]) {
			return
		}
		seen += section[:1]
		switch section[0] {
		case '@':
			rate = section[1:]
		case '#':
			for tag := range strings.SplitSeq(section[1:], ",") {
				if section != "#" {
					name += ";" + strings.Replace(tag, ":", "=", 1)
				}
			}
		default:
			return
		}
	}
	return name, sections[0], "-1", kind, rate, true
}

// decode returns what a LineDecoder makes of in, in one batch.
func decode(t *testing.T, in string, l *Limits, now int64) *Batch {
	t.Helper()
	b := NewBatch()
	b.Bytes = append(b.Bytes, in...)
	if err := NewLineDecoder(*l).Decode(b, now); err != nil {
		t.Fatalf("decoding %q: %v", in, err)
	}
	return b
}

// held fails t unless the decoder makes of in, line by line, what slowLine makes of each line by itself. So no line has
// touched another one.
func held(t *testing.T, in string, l *Limits, now int64) {
	t.Helper()
	b := decode(t, in, l, now)
	defer b.Free()
	var want Batch
	points := b.Points
	for i, line := range strings.Split(in, "\n") {
		o := slowLine(line, l, now)
		switch {
		case o.nothing:
			continue
		case !o.ok:
			want.Refuse(o.why)
			continue
		case len(points) == 0:
			t.Fatalf("%.500q: line %d, %.200q, gave no point", in, i, line)
		case o.cleaned:
			want.Cleaned++
		}
		p := &points[0]
		points = points[1:]
		got := outcome{
			ok: true, name: string(b.Name(p)), text: string(b.Text(p)), kind: p.Kind, value: p.Value, time: p.Time, flags: p.Flags,
			cleaned: o.cleaned,
		}
		if got != o || fmt.Sprint(got.value) != fmt.Sprint(o.value) {
			t.Fatalf("%.500q: line %d, %.200q, is\n%+v; want\n%+v", in, i, line, got, o)
		}
		if p.Hash != Hash([]byte(o.name), o.kind) {
			t.Fatalf("%.500q: line %d, %.200q, has the hash of something else", in, i, line)
		}
	}
	if len(points) > 0 || b.Bad != want.Bad || b.Cleaned != want.Cleaned {
		t.Fatalf("%.500q: %d points too many, refused %v, cleaned %d; want %v, %d", in, len(points), b.Bad, b.Cleaned, want.Bad, want.Cleaned)
	}
}

func FuzzLineDecoder(f *testing.F) {
	var all []string
	for _, row := range corpus(f) {
		if len(row.line) < 300 {
			all = append(all, row.line)
			f.Add(row.line, uint8(0))
			f.Add("a.b 1 2\n"+row.line+"\n.c 3 4 D", uint8(4))
		}
	}
	f.Add(strings.Join(all, "\n"), uint8(0))
	slices.Reverse(all)
	f.Add(strings.Join(all, "\n")+"\n", uint8(1))
	f.Fuzz(func(t *testing.T, in string, mode uint8) {
		l := limitsOf([]Names{NamesClean, NamesStrict, NamesVerbatim}[mode%3])
		if mode&0x80 != 0 {
			l.MaxName, l.MaxLine = 10, 20
		}
		held(t, in, l, 1600000000123)
	})
}
