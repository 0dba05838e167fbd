package ingest

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"plumbago/carbon/pattern"
	"plumbago/ingest/mmstats"
)

// forgetFigure is how long the total of a counter is remembered that no file has any more. Then one of the same name is another
// one: aggregates begin a counter anew after such a gap too.
const forgetFigure = 2 * time.Hour

// Figures are what fields of files add up to, from one period to the next.
type figures struct {
	o      FilesOptions
	gauges []*pattern.Glob

	files  map[string]*fileMemory
	totals map[string]*total
	names  []string // of totals that are in the period, in order
	epoch  int64    // counts the periods
}

// A fileMemory is what the counters of one file said last. A file of the same path that was made at another time, or whose
// counter fell, begins anew.
type fileMemory struct {
	created  float64
	counters map[string]uint64
	epoch    int64
}

// A total is what is said of one name.
type total struct {
	counter bool
	count   uint64  // of a counter: what has grown so far
	growth  uint64  // of a counter, in this period
	value   float64 // of any other number
	epoch   int64   // when it was seen last
	seen    time.Time
}

// newFigures returns figures that have seen nothing.
func newFigures(o FilesOptions) (*figures, error) {
	f := &figures{o: o, files: map[string]*fileMemory{}, totals: map[string]*total{}}
	if f.o.Name == "" {
		f.o.Name = "{label}"
		if o.Files == "each" {
			f.o.Name = "{label}.{file}"
		}
	}
	for _, text := range o.Gauges {
		g, err := pattern.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("gauges: %w", err)
		}
		f.gauges = append(f.gauges, g)
	}
	switch m := o.Mistake(); {
	case m != "":
		return nil, fmt.Errorf("name %q %s", o.Name, m)
	case o.Files != "sum" && o.Files != "max" && o.Files != "each":
		return nil, fmt.Errorf("files %q is not known: want sum, max or each", o.Files)
	}
	return f, nil
}

// Mistake returns what is wrong with o's Name, "" if nothing is.
func (o FilesOptions) Mistake() string {
	switch {
	case o.Name == "":
		return ""
	case !strings.Contains(o.Name, "{label}"):
		return "has no {label}: all samples would have one name"
	case o.Files != "each" && (strings.Contains(o.Name, "{file}") || strings.Contains(o.Name, "{pid}")):
		return fmt.Sprintf("tells files apart, and files = %q puts them together", o.Files)
	}
	return ""
}

// begin begins a period.
func (f *figures) begin() {
	f.epoch++
	f.names = f.names[:0]
}

// take adds the fields of one file and returns how many of them are numbers.
func (f *figures) take(path string, fields []mmstats.Field) (numbers int64) {
	pid, created := 0.0, 0.0
	for i := range fields {
		switch n, _ := fields[i].Number(); {
		case strings.HasSuffix(fields[i].Label, "sys.pid"):
			pid = n
		case strings.HasSuffix(fields[i].Label, "sys.created"):
			created = n
		}
	}
	m := f.files[path]
	if known := m != nil && m.created == created; !known {
		m = &fileMemory{created: created, counters: map[string]uint64{}}
		f.files[path] = m
	}
	m.epoch = f.epoch
	named := strings.NewReplacer("{file}", base(path), "{pid}", strconv.FormatFloat(pid, 'f', -1, 64))
	for i := range fields {
		v, ok := fields[i].Number()
		if !ok || math.IsNaN(v) || math.IsInf(v, 0) || fields[i].Torn {
			continue
		}
		label := clean(fields[i].Label)
		if label == "" {
			continue
		}
		numbers++
		name := strings.ReplaceAll(named.Replace(f.o.Name), "{label}", label)
		if n, is := fields[i].Value.(uint64); is && fields[i].Counter() && !f.isGauge(label) {
			f.count(m, name, fields[i].Label, n)
		} else {
			f.gauge(name, v)
		}
	}
	return numbers
}

// isGauge says whether a field that looks like a counter is none.
func (f *figures) isGauge(label string) bool {
	return slices.ContainsFunc(f.gauges, func(g *pattern.Glob) bool {
		_, ok := g.Match(label, nil)
		return ok
	})
}

// count adds a counter: what it has grown by since the last period in its file, all of it if it is new there or fell.
func (f *figures) count(m *fileMemory, name, label string, n uint64) {
	growth := n
	if was, known := m.counters[label]; known && was <= n {
		growth = n - was
	}
	m.counters[label] = n
	t, first := f.total(name, true)
	switch {
	case f.o.Files == "each":
		t.count, t.growth = n, 0
	case f.o.Files == "max" && !first:
		t.growth = max(t.growth, growth)
	case f.o.Files == "max":
		t.growth = growth
	default:
		t.growth += growth
	}
}

// gauge adds any other number.
func (f *figures) gauge(name string, v float64) {
	t, first := f.total(name, false)
	switch {
	case first || f.o.Files == "each":
		t.value = v
	case f.o.Files == "max":
		t.value = max(t.value, v)
	default:
		t.value += v
	}
}

// total returns what is said of name, and whether this is the first time in the period.
func (f *figures) total(name string, counter bool) (t *total, first bool) {
	t = f.totals[name]
	if t == nil || t.counter != counter {
		t = &total{counter: counter}
		f.totals[name] = t
	}
	if first = t.epoch != f.epoch; first {
		t.epoch, t.growth, t.value = f.epoch, 0, 0
		f.names = append(f.names, name)
	}
	return t, first
}

// finish ends a period: counters grow, and what is not there any more is forgotten.
func (f *figures) finish(at time.Time) {
	for _, name := range f.names {
		t := f.totals[name]
		t.count += t.growth
		t.growth, t.seen = 0, at
	}
	for path, m := range f.files {
		if m.epoch != f.epoch {
			delete(f.files, path)
		}
	}
	for name, t := range f.totals {
		if at.Sub(t.seen) > forgetFigure {
			delete(f.totals, name)
		}
	}
}

// lines yields a line for each name, at a time in Unix seconds.
func (f *figures) lines(at int64) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var line []byte
		for _, name := range f.names {
			t := f.totals[name]
			line = append(append(line[:0], name...), ' ')
			if t.counter {
				line = strconv.AppendUint(line, t.count, 10)
			} else {
				line = strconv.AppendFloat(line, t.value, 'g', -1, 64)
			}
			line = strconv.AppendInt(append(line, ' '), at, 10)
			if t.counter {
				line = append(line, " D"...)
			}
			if !yield(append(line, '\n')) {
				return
			}
		}
	}
}

// clean returns a label as a name that a line can hold.
func clean(label string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == ':' || r == '|' || r == ';' {
			return '_'
		}
		return r
	}, label)
}
