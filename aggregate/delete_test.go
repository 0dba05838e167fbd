package aggregate

import (
	"context"
	"strings"
	"testing"
	"time"

	"plumbago/carbon"
)

// delete deletes the series of a prefix.
func (b *bench) delete(prefix string) int {
	b.Helper()
	n, err := b.Delete(context.Background(), func(name []byte) bool { return strings.HasPrefix(string(name), prefix) })
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// forget forgets what is silent.
func (b *bench) forget() {
	b.Helper()
	if _, err := b.Forget(context.Background(), func(*Forgotten) error { b.scatter.Flush(); return nil }); err != nil {
		b.Fatal(err)
	}
}

// used returns how many cells are in use.
func (b *bench) used() (n int) {
	for _, s := range b.shards {
		for _, c := range s.tables[0].cells.chunks {
			if c.data != nil {
				n += 1<<s.tables[0].cells.shift - len(c.free)
			}
		}
	}
	return n
}

// What is deleted is gone with what it has gathered, its past and its baselines, and begins anew.
func TestDelete(t *testing.T) {
	inBubble(t, options(func(o *Options) {
		o.Rollups = []time.Duration{time.Minute}
		o.Output = []OutputOptions{{Window: Window{Slices: 3}, Functions: []string{"max"}, As: "{name}.w"}}
	}), func(b *bench) {
		empty := b.used()
		b.send(carbon.Raw, "web.a", 1, "12:00:00")
		b.send(carbon.Raw, "db.a", 1, "12:00:00")
		b.send(carbon.Diff, "web.b", 100, "12:00:00")
		b.send(carbon.Diff, "web.b", 200, "12:00:10")
		b.at("12:00:25")
		b.send(carbon.Raw, "web.a", 7, "12:00:02") // a correction that is not emitted yet
		b.send(carbon.Raw, "web.a", 3, "12:00:20") // an open slice
		b.take()
		if n := b.delete("web."); n != 2 {
			t.Errorf("%d were deleted, want 2", n)
		}
		if got := b.lives(""); got != "db.a N 1 1 1 false" {
			t.Errorf("there are %q", got)
		}
		if got := b.kept(); len(got) != 3 || got["db.a.max"] == "" {
			t.Errorf("kept %v", got)
		}
		if n := b.delete("web."); n != 0 {
			t.Errorf("%d were deleted again", n)
		}
		b.send(carbon.Diff, "web.b", 300, "12:00:30") // the first of a new series
		b.at("12:03:00")
		b.expect("12:00:32: db.a.w 1 12:00:20", "12:01:02: db.a.1m.avg 1 12:00:00", "12:01:02: db.a.1m.max 1 12:00:00")
		if got := b.lives(""); got != "db.a N 1 1 1 false; web.b D NaN NaN NaN false" {
			t.Errorf("then there are %q", got)
		}
		b.forget()
		b.at("12:05:00")
		b.send(carbon.Raw, "web.a", 5, "12:05:00")
		b.at("12:05:13")
		b.expect("12:05:12: web.a.avg 5 12:05:00", "12:05:12: web.a.max 5 12:05:00", "12:05:12: web.a.w 5 12:05:00")
		if n := b.delete(""); n != 3 {
			t.Errorf("%d were deleted, want 3", n)
		}
		b.forget()
		if n, f := b.made.Load(), b.used(); n != 0 || f != empty {
			t.Errorf("%d series are left, and %d cells in use of %d", n, f, empty)
		}
		if f, err := b.PastFigures(context.Background()); err != nil || f.Series != 0 {
			t.Errorf("of the past is left %+v, %v", f, err)
		}
	})
}

// A series that is never forgotten is, when it is deleted.
func TestDeleteKeptForEver(t *testing.T) {
	inBubble(t, options(func(o *Options) { o.Keep = 0 }), func(b *bench) {
		b.send(carbon.Diff, "a", 1, "12:00:00")
		b.send(carbon.Diff, "b", 1, "12:00:00")
		b.at("23:00:00")
		b.forget()
		if n := b.made.Load(); n != 4 {
			t.Errorf("there are %d", n)
		}
		b.delete("a")
		b.forget()
		if n := b.made.Load(); n != 2 {
			t.Errorf("%d are left", n)
		}
	})
}

// An input that gets a sample between its series' end and its own keeps its series.
func TestDeleteBetween(t *testing.T) {
	inBubble(t, options(nil), func(b *bench) {
		b.send(carbon.Diff, "a", 1, "12:00:00")
		for _, s := range b.shards {
			if err := b.ask(context.Background(), s, func() { s.deleteSeries(s.tables[0], 0, func([]byte) bool { return true }) }); err != nil {
				t.Fatal(err)
			}
		}
		b.send(carbon.Diff, "a", 11, "12:00:10")
		for _, s := range b.shards {
			if err := b.ask(context.Background(), s, func() { s.tables[0].deleteInputs(0) }); err != nil {
				t.Fatal(err)
			}
		}
		b.forget()
		b.send(carbon.Diff, "a", 31, "12:00:20")
		b.at("12:00:33")
		b.expect("12:00:22: a.avg 1 12:00:10", "12:00:22: a.max 1 12:00:10", "12:00:32: a.avg 2 12:00:20", "12:00:32: a.max 2 12:00:20")
	})
}
