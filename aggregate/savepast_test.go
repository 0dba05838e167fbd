package aggregate

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"plumbago/aggregate/history"
	"plumbago/aggregate/state"
	"plumbago/carbon"
)

// pastOf returns what is kept, as text by the name of the result.
func pastOf(tb testing.TB, a *Aggregator) map[string]string {
	tb.Helper()
	all := map[string]string{}
	err := a.Past(context.Background(), func(s *history.Series) {
		text := fmt.Sprintf("%s %s %v %t %t:", s.Of, s.Fn, s.Period, s.Own, s.Diff)
		before := int64(math.MinInt64)
		s.Each(math.MinInt64, math.MaxInt64, func(p history.Point) {
			if p.Time <= before {
				tb.Errorf("%s: %d after %d", s.Name, p.Time, before)
			}
			before = p.Time
			text += fmt.Sprintf(" %d=%v", p.Time, p.Value)
		})
		all[s.Name] = text
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// The kept past is in a snapshot that is asked for it, next to records of others, and not in any other.
func TestSavePast(t *testing.T) {
	o := options(func(o *Options) {
		o.Rollups = []time.Duration{time.Minute}
		o.Output = []OutputOptions{{Window: Window{Slices: 2}, Functions: []string{"max"}, As: "{name}.two"}}
	})
	inBubble(t, o, func(b *bench) {
		for i, clock := range []string{"12:00:10", "12:00:20", "12:01:10"} {
			b.send(carbon.Raw, "a;dc=x", float64(i), clock)
			b.send(carbon.Diff, "b", float64(100*i), clock)
		}
		b.at("12:10:00")
		want := b.kept()
		for _, past := range []bool{false, true} {
			var text bytes.Buffer
			w := state.NewWriter(&text, 7, time.Now())
			w.Record([]byte("mine"))
			if err := b.SaveTo(context.Background(), w, past); err != nil {
				t.Fatal(err)
			}
			w.Record([]byte("more"))
			if err := w.Finish(); err != nil {
				t.Fatal(err)
			}
			for _, keep := range []time.Duration{0, time.Hour} {
				a := New(rulesFor(t, o), 3, 1000)
				a.Remember(history.Options{Keep: keep, Series: 100})
				others := ""
				sum, err := a.RestoreFrom(bytes.NewReader(text.Bytes()), 7, func(r []byte) error { others += string(r); return nil })
				if err != nil || sum.Series != 2 || others != "minemore" {
					t.Errorf("%+v %q, %v", sum, others, err)
				}
				got := pastOf(t, a)
				if complete := len(want) == len(got); complete != (past && keep > 0) {
					t.Errorf("past %t, %v: there are %v of %v", past, keep, got, want)
				}
			}
			a := New(rulesFor(t, o), 1, 1000)
			if _, err := a.RestoreFrom(bytes.NewReader(text.Bytes()), 7, nil); err != errContents {
				t.Errorf("records that nobody takes: %v", err)
			}
		}
		if got := b.kept(); !maps.Equal(got, want) {
			t.Errorf("saving changed %v to %v", want, got)
		}
		b.points = nil
	})
}

// Whatever a record of the past says, it is refused, or what was read is written and read again the same.
func FuzzRestorePast(f *testing.F) {
	o := DefaultOptions()
	o.Output = []OutputOptions{{Window: Window{Slices: 3}, As: "w.{name}.{fn}"}}
	restored := func(tb testing.TB, record []byte) (*Aggregator, error) {
		a := New(rulesFor(tb, []Options{o}), 1, 1000)
		a.Remember(history.Options{Keep: time.Minute, Series: 3})
		s := a.shards[0]
		for i := range 3 {
			name := fmt.Appendf(nil, "s%d", i)
			a.Bind(0, carbon.Kind(i%2), name, name, Origin{})
		}
		s.tables[0].sync()
		for slot := range s.tables[0].series.len() {
			s.tables[0].series.at(slot).heard = deleted + 1
		}
		r := a.restorer()
		r.seat = a.Seats()[0]
		return a, r.record(record)
	}
	save := func(a *Aggregator) []byte {
		s := a.shards[0]
		record := []byte{recordPast}
		for slot := range s.tables[0].series.len() {
			record = s.appendPast(record, s.tables[0], uint32(slot))
		}
		return record
	}
	seed := []byte{recordPast}
	for i := range 3 {
		seed = append(state.AppendText(seed, fmt.Sprint("s", i)), byte(i%2), 1)
		seed = append(state.AppendText(seed, fmt.Sprintf("s%d.avg", i)), 2, 20)
		seed = state.AppendFloat(append(state.AppendFloat(seed, 1.5), 20), float64(i))
	}
	f.Add(seed)
	f.Add([]byte{recordPast, 2, 's', '0', 0, 0})
	f.Fuzz(func(t *testing.T, record []byte) {
		if len(record) == 0 || record[0] != recordPast {
			return
		}
		a, err := restored(t, record)
		if err != nil {
			return
		}
		b, err := restored(t, save(a))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := pastOf(t, b), pastOf(t, a); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got, want := save(b), save(a); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
