package statsd

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plumbago/aggregate/sketch"
	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// An outcome is what becomes of one value: a point, or the reason why it is refused.
type outcome struct {
	bad   bool
	why   stat.Reason
	name  string
	kind  carbon.Kind
	value float64
	extra uint64
}

// A reading is what becomes of a line.
type reading struct {
	outcomes []outcome
	cleaned  uint32
}

func refused(why stat.Reason) outcome { return outcome{bad: true, why: why} }

var (
	spaces = regexp.MustCompile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
	others = regexp.MustCompile(`[^a-zA-Z_\-0-9.;=]`)
	groups = regexp.MustCompile(`^([^|]*)\|([^|:]*)((?:\|(?:[A-Za-z]+:[^|]*|[^|:]*))*)(:|$)`)
	fields = regexp.MustCompile(`\|([A-Za-z]+:[^|]*|[^|:]*)`)
	number = regexp.MustCompile(`^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

var slowKinds = map[string]carbon.Kind{
	"c": carbon.Count, "g": carbon.Gauge, "ms": carbon.Timer, "h": carbon.Timer, "d": carbon.Timer, "s": carbon.Set,
}

// slowLine reads a line of statsd's types slowly and obviously: what Decoder is held against.
func slowLine(line string, l carbon.Limits, tags Tags) (r reading) {
	line = strings.TrimSuffix(line, "\r")
	if len(line) > l.MaxLine {
		return reading{outcomes: []outcome{refused(stat.TooLong)}}
	}
	if strings.TrimSpace(line) == "" {
		return r
	}
	name, rest, ok := strings.Cut(line, ":")
	if !ok {
		return reading{outcomes: []outcome{refused(stat.BadFields)}}
	}
	rest, behind, tagged := strings.Cut(rest, "|#")
	list, last, more := strings.Cut(behind, "|")
	if more {
		last = "|" + last
	}
	if strings.Contains(last, "|#") {
		return reading{outcomes: []outcome{refused(stat.BadFields)}}
	}
	name, cleaned, why, named := slowName(name, list, tagged, l, tags)
	good, skipped := false, uint32(0)
	for more := true; more; {
		m := groups.FindStringSubmatch(rest)
		if m == nil {
			r.outcomes = append(r.outcomes, refused(stat.BadFields))
			break
		}
		rest, more = rest[len(m[0]):], m[4] == ":"
		extras := m[3]
		if !more {
			if fields.ReplaceAllString(last, "") != "" {
				r.outcomes = append(r.outcomes, refused(stat.BadFields))
				break
			}
			extras += last
		}
		kind, ok := slowKinds[strings.TrimSpace(m[2])]
		rate, n, fine := slowFields(extras)
		if !ok || !fine {
			r.outcomes = append(r.outcomes, refused(stat.BadFields))
			break
		}
		skipped += n
		values := []string{m[1]}
		if kind != carbon.Set {
			values = strings.Split(m[1], ":")
		}
		for _, value := range values {
			o := slowValue(value, strings.TrimSpace(m[2]), rate)
			if o.kind = kind; !o.bad && !named {
				o = refused(why)
			} else if o.name = name; !o.bad {
				good = true
			}
			r.outcomes = append(r.outcomes, o)
		}
		if !more {
			r.cleaned += skipped
		}
	}
	if good {
		r.cleaned += cleaned
	}
	return r
}

// slowFields reads what stands behind a type.
func slowFields(text string) (rate string, skipped uint32, ok bool) {
	for _, m := range fields.FindAllStringSubmatch(text, -1) {
		switch f := m[1]; {
		case f == "" || f[0] == '@' && rate != "":
			return "", 0, false
		case f[0] == '@':
			rate = f
		case regexp.MustCompile(`^[A-Za-z]`).MatchString(f):
			skipped++
		default:
			return "", 0, false
		}
	}
	return rate, skipped, true
}

func slowNumber(text string) (v float64, ok bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && number.MatchString(text)
}

func slowValue(text, letters, rate string) (o outcome) {
	weight := 1.0
	if rate != "" {
		r, ok := slowNumber(rate[1:])
		if !ok || r < 1e-12 || r > 1 {
			return refused(stat.BadValue)
		}
		weight = 1 / r
	}
	if letters == "s" {
		if text == "" {
			text = "0"
		}
		return outcome{extra: sketch.Hash([]byte(text))}
	}
	text = strings.TrimSpace(text)
	v, ok := slowNumber(text)
	if !ok {
		return refused(stat.BadValue)
	}
	switch letters {
	case "c":
		if v *= weight; math.IsInf(v, 0) {
			return refused(stat.BadValue)
		}
		return outcome{value: v}
	case "g":
		if strings.ContainsAny(text[:1], "+-") {
			return outcome{value: v, extra: 1}
		}
		return outcome{value: v}
	case "ms":
		if v < 0 {
			return refused(stat.BadValue)
		}
	}
	return outcome{value: v, extra: math.Float64bits(weight)}
}

// slowName makes a name as the reference does, and then clean.
func slowName(name, list string, tagged bool, l carbon.Limits, tags Tags) (full string, cleaned uint32, why stat.Reason, ok bool) {
	full = name
	if tagged && list != "" {
		if tags == TagsDrop {
			cleaned++
		} else {
			for tag := range strings.SplitSeq(list, ",") {
				full += ";" + strings.Replace(strings.Replace(tag, ";", "_", 1), ":", "=", 1)
			}
		}
	}
	if len(full) > l.MaxName {
		return "", cleaned, stat.TooLong, false
	}
	full = others.ReplaceAllString(strings.ReplaceAll(spaces.ReplaceAllString(full, "_"), "/", "-"), "")
	clean, mended, why, ok := carbon.Mend([]byte(full), &l)
	if !ok {
		return "", cleaned, why, false
	}
	if mended {
		cleaned++
	}
	full = string(clean)
	if tagged && list != "" && tags == TagsNodes {
		parts := strings.Split(full, ";")
		for i, tag := range parts[1:] {
			key, value, found := strings.Cut(tag, "=")
			nodes := strings.NewReplacer(".", "_", "=", "_")
			if parts[i+1] = nodes.Replace(key); found {
				parts[i+1] += "." + nodes.Replace(value)
			}
		}
		full = strings.Join(parts, ".")
	}
	return full, cleaned, 0, true
}

// held fails t unless the decoder makes of each line of in what slowLine makes of it alone.
func held(t *testing.T, in string, l carbon.Limits, tags Tags) {
	t.Helper()
	b := carbon.NewBatch()
	defer b.Free()
	b.Bytes = append(b.Bytes, in...)
	if err := NewDecoder(l, tags, 3).Decode(b, 1600000000123); err != nil {
		t.Fatal(err)
	}
	var want carbon.Batch
	points := b.Points
	for _, line := range strings.Split(in, "\n") {
		r := slowLine(line, l, tags)
		want.Cleaned += r.cleaned
		for _, o := range r.outcomes {
			if o.bad {
				want.Refuse(o.why)
				continue
			}
			if len(points) == 0 {
				t.Fatalf("%.500q: %.200q lacks a point, %+v", in, line, o)
			}
			p := &points[0]
			points = points[1:]
			got := outcome{name: string(b.Name(p)), kind: p.Kind, value: p.Value, extra: p.Extra()}
			if fmt.Sprint(got) != fmt.Sprint(o) {
				t.Fatalf("%.500q: %.200q gives\n%+v; want\n%+v", in, line, got, o)
			}
			if p.Hash != carbon.Hash([]byte(o.name), o.kind)^Salt(3) {
				t.Fatalf("%.500q: %.200q has the hash of something else", in, line)
			}
		}
	}
	if len(points) > 0 || b.Bad != want.Bad || b.Cleaned != want.Cleaned {
		t.Fatalf("%.500q: %d points too many, refused %v, cleaned %d; want %v, %d", in, len(points), b.Bad, b.Cleaned, want.Bad, want.Cleaned)
	}
}

// ordinary says whether some line of in is an ordinary sample, which is carbon's business.
func ordinary(in string) bool {
	for line := range strings.SplitSeq(in, "\n") {
		_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\r"), ":")
		if m := regexp.MustCompile(`^[^|]*\|([^|:]*)`).FindStringSubmatch(rest); m != nil {
			if letter := strings.TrimSpace(m[1]); letter == "N" || letter == "D" {
				return true
			}
		}
	}
	return false
}

func FuzzDecoder(f *testing.F) {
	var all []string
	for _, line := range corpus {
		all = append(all, line)
		f.Add(line, uint8(0))
	}
	f.Add(strings.Join(all, "\n"), uint8(1))
	f.Add(strings.Join(all, "\r\n")+"\n", uint8(2))
	f.Fuzz(func(t *testing.T, in string, mode uint8) {
		if ordinary(in) {
			t.Skip()
		}
		l := carbon.DefaultLimits()
		l.Names = []carbon.Names{carbon.NamesClean, carbon.NamesStrict, carbon.NamesVerbatim}[mode/3%3]
		if mode&0x80 != 0 {
			l.MaxName, l.MaxLine = 10, 20
		}
		held(t, in, l, []Tags{TagsGraphite, TagsNodes, TagsDrop}[mode%3])
	})
}
