package ingest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"plumbago/ingest/mmstats"
)

// A process is one that publishes figures.
type process struct {
	file  *mmstats.File
	hits  *mmstats.Counter
	depth *mmstats.Gauge[uint64]
	load  *mmstats.Gauge[float64]
}

func newProcess(t *testing.T, dir, name string) *process {
	t.Helper()
	f, err := mmstats.Create(mmstats.Options{Path: dir, Filename: name, Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	return &process{f, mmstats.NewCounter(f, "app.hits"), mmstats.NewGauge[uint64](f, "app.depth"), mmstats.NewGauge[float64](f, "app.load")}
}

// texts returns the lines that f makes of the files in dir, without their times.
func (f *figures) texts(t *testing.T, dir string) string {
	t.Helper()
	f.begin()
	paths, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, path := range paths {
		fields, err := mmstats.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f.take(path, fields)
	}
	f.finish(time.Unix(1000+10*f.epoch, 0))
	var all []string
	for line := range f.lines(7) {
		all = append(all, strings.TrimSuffix(string(line), "\n"))
	}
	return strings.Join(all, ", ")
}

// TestFigures follows two processes, of which one ends and another begins under its name.
func TestFigures(t *testing.T) {
	f := func(o FilesOptions, want ...string) {
		t.Helper()
		o.Gauges = []string{"app.d*"}
		figures, err := newFigures(o)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		a, b := newProcess(t, dir, "a.b.mmstats"), newProcess(t, dir, "c")
		for i, step := range []func(){
			func() {
				a.hits.Add(10)
				b.hits.Add(100)
				a.depth.Set(3)
				b.depth.Set(4)
				a.load.Set(0.5)
				b.load.Set(0.25)
			},
			func() { a.hits.Add(5); b.hits.Add(1); b.depth.Set(0) },
			func() { _ = b.file.Remove(); a.hits.Add(2) },
			func() { b = newProcess(t, dir, "c"); b.hits.Add(7); b.load.Set(2) },
			func() { a.hits.Set(1) }, // it fell: another counter
		} {
			step()
			if got := figures.texts(t, dir); got != want[i] {
				t.Errorf("%+v, step %d:\ngot  %s\nwant %s", o, i+1, got, want[i])
			}
		}
	}
	f(FilesOptions{Files: "sum"},
		"app.hits 110 7 D, app.depth 7 7, app.load 0.75 7",
		"app.hits 116 7 D, app.depth 3 7, app.load 0.75 7",
		"app.hits 118 7 D, app.depth 3 7, app.load 0.5 7",
		"app.hits 125 7 D, app.depth 3 7, app.load 2.5 7",
		"app.hits 126 7 D, app.depth 3 7, app.load 2.5 7")
	f(FilesOptions{Files: "max"},
		"app.hits 100 7 D, app.depth 4 7, app.load 0.5 7",
		"app.hits 105 7 D, app.depth 3 7, app.load 0.5 7",
		"app.hits 107 7 D, app.depth 3 7, app.load 0.5 7",
		"app.hits 114 7 D, app.depth 3 7, app.load 2 7",
		"app.hits 115 7 D, app.depth 3 7, app.load 2 7")
	f(FilesOptions{Files: "each"},
		"app.hits.a_b 10 7 D, app.depth.a_b 3 7, app.load.a_b 0.5 7, app.hits.c 100 7 D, app.depth.c 4 7, app.load.c 0.25 7",
		"app.hits.a_b 15 7 D, app.depth.a_b 3 7, app.load.a_b 0.5 7, app.hits.c 101 7 D, app.depth.c 0 7, app.load.c 0.25 7",
		"app.hits.a_b 17 7 D, app.depth.a_b 3 7, app.load.a_b 0.5 7",
		"app.hits.a_b 17 7 D, app.depth.a_b 3 7, app.load.a_b 0.5 7, app.hits.c 7 7 D, app.depth.c 0 7, app.load.c 2 7",
		"app.hits.a_b 1 7 D, app.depth.a_b 3 7, app.load.a_b 0.5 7, app.hits.c 7 7 D, app.depth.c 0 7, app.load.c 2 7")
}

// TestFiguresLeaveOut leaves out what is no number, and makes names of odd labels.
func TestFiguresLeaveOut(t *testing.T) {
	figures, err := newFigures(FilesOptions{Files: "sum", Name: "x.{label}"})
	if err != nil {
		t.Fatal(err)
	}
	figures.begin()
	n := figures.take("f", []mmstats.Field{
		{Label: "text", Value: "5"}, {Label: "nothing"}, {Label: "yes", Value: true}, {Label: "a b:c|d;e", Value: int64(-5)},
		{Label: "torn", Value: 1.5, Torn: true}, {Label: "", Value: 1.5}, {Label: "static", Type: "Q", WriteBuffer: 255, Value: uint64(5)},
	})
	figures.finish(time.Unix(5, 0))
	var got string
	for line := range figures.lines(9) {
		got += string(line)
	}
	if want := "x.yes 1 9\nx.a_b_c_d_e -5 9\nx.static 5 9\n"; got != want || n != 3 {
		t.Errorf("%d numbers: %q, want %q", n, got, want)
	}
}

// TestFileSource samples at the ends of periods, by the clock, and goes on when a file is damaged.
func TestFileSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		p := newProcess(t, dir, "p.mmstats")
		if err := os.WriteFile(filepath.Join(dir, "q.mmstats"), []byte("no figures"), 0o600); err != nil {
			t.Fatal(err)
		}
		sink := newRecorder()
		w := NewWorker(sink, sink.asks, time.Millisecond, zap.NewNop())
		w.Start()
		o := DefaultOptions()
		o.Protocol, o.Address = "mmstats", []string{"file://" + filepath.Join(dir, "*.mmstats")}
		l, err := NewListener(o, 1, []*Worker{w}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Open(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second) // the bubble begins at a full minute
		l.Start()
		p.hits.Add(1001)
		time.Sleep(7*time.Second - time.Millisecond)
		synctest.Wait()
		sink.wantNames(t, 0)
		time.Sleep(time.Millisecond)
		sink.want(t, "app.hits", "app.depth", "app.load")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		sink.wantNames(t, 6)
		if s := l.Stats().Files; s == nil || *s != (FilesStats{Read: 4, Fields: 6, Damaged: 2}) {
			t.Errorf("%+v", s)
		}
		for _, close := range []func(context.Context) error{l.Close, w.Close} {
			if err := close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
}
