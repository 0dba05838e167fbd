package mmstats

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// create makes a file in a folder of the test's own.
func create(t testing.TB, o Options) *File {
	t.Helper()
	if o.Path == "" {
		o.Path = t.TempDir()
	}
	f, err := Create(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Remove(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// values reads a file's fields as others do.
func values(t testing.TB, f *File) map[string]any {
	t.Helper()
	fields, err := ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	for _, field := range fields {
		m[field.Label] = field.Value
	}
	return m
}

// hold compares what a file says with what it should.
func hold(t testing.TB, f *File, want map[string]any) {
	t.Helper()
	got := values(t, f)
	for label, v := range want {
		if got[label] != v {
			t.Errorf("%s is %v (%T), want %v (%T)", label, got[label], got[label], v, v)
		}
	}
	if err := f.Err(); err != nil {
		t.Error(err)
	}
}

// TestFields sets fields of every kind.
func TestFields(t *testing.T) {
	f := create(t, Options{Prefix: "app."})
	never, once, twice := NewGauge[uint32](f, "never"), NewGauge[uint32](f, "once"), NewGauge[uint32](f, "twice")
	once.Set(11)
	twice.Set(21)
	twice.Set(22)
	counter := NewCounter(f, "counter")
	counter.Add(2)
	counter.Add(-3)
	wrapped := NewGauge[uint32](f, "u32")
	wrapped.Set(0xFFFFFF9C) // -100 of C
	NewGauge[int8](f, "i8").Set(-128)
	NewGauge[bool](f, "yes").Set(true)
	NewGauge[int16](f, "i16").Set(-2)
	NewGauge[uint16](f, "u16").Set(65535)
	NewGauge[int32](f, "i32").Set(-9001)
	NewGauge[int64](f, "i64").Set(math.MinInt64)
	NewGauge[float32](f, "f32").Set(0.1)
	NewGauge[float64](f, "f64").Set(0.1)
	NewStatic(f, "static", uint64(math.MaxUint64))
	text := NewText(f, "utf8", 10)
	text.Set(strings.Repeat("❤", 11))
	short := NewText(f, "short", 0)
	short.Set("a long one")
	short.Set("b")
	NewStaticText(f, "naïve.❤", "Grüße")
	hold(t, f, map[string]any{
		"app.never": uint64(0), "app.once": uint64(11), "app.twice": uint64(22), "app.counter": uint64(math.MaxUint64),
		"app.u32": uint64(4294967196), "app.i8": int64(-128), "app.yes": true, "app.i16": int64(-2), "app.u16": uint64(65535),
		"app.i32": int64(-9001), "app.i64": int64(math.MinInt64), "app.f32": float64(float32(0.1)), "app.f64": 0.1,
		"app.static": uint64(math.MaxUint64), "app.utf8": "❤❤❤", "app.short": "b", "app.naïve.❤": "Grüße",
		"app.sys.pid": uint64(os.Getpid()), "app.sys.uid": uint64(os.Getuid()),
	})
	if never.Value() != 0 || twice.Value() != 22 || text.Value() != "❤❤❤" {
		t.Errorf("%d, %d, %q", never.Value(), twice.Value(), text.Value())
	}
}

// TestAverages has the original's figures.
func TestAverages(t *testing.T) {
	f := create(t, Options{Bare: true})
	all, last := NewAverage(f, "avg"), NewMovingAverage(f, "last", 3)
	timer, spread := NewTimer(f, "timer", 0), NewDistribution(f, "spread", 0, 0.5, 0.99, 0.999)
	for _, v := range []float64{1, 2, 3, 4, 10} {
		all.Add(v)
		last.Add(v)
		spread.Add(v)
	}
	timer.Add(500 * time.Millisecond)
	timer.Add(1500 * time.Millisecond)
	hold(t, f, map[string]any{"avg": 4.0, "last": 5.666666666666667, "timer": 1.0, "spread.avg": 4.0, "spread.min": 1.0, "spread.max": 10.0,
		"spread.p50": 3.0, "spread.p99": 10.0, "spread.p999": 10.0})
	if timer.Last() != 1500*time.Millisecond {
		t.Errorf("the last time is %v", timer.Last())
	}
	large := NewMovingAverage(f, "large", 3)
	for _, v := range []float64{1e100, 1, -1e100} {
		large.Add(v)
	}
	hold(t, f, map[string]any{"large": 1.0 / 3})
}

// TestWindow forgets what is older than the window.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := create(t, Options{Bare: true})
		w := NewWindow(f, "w", time.Minute)
		timer := NewTimer(f, "timer", 0)
		running := timer.Start()
		w.Add(10)
		time.Sleep(30 * time.Second)
		w.Add(20)
		hold(t, f, map[string]any{"w": 15.0})
		time.Sleep(31 * time.Second)
		w.Add(60)
		hold(t, f, map[string]any{"w": 40.0})
		time.Sleep(10 * time.Minute)
		if w.Value() != 0 {
			t.Errorf("of nothing: %v", w.Value())
		}
		w.Add(7)
		hold(t, f, map[string]any{"w": 7.0})
		if d := running.Stop(); d != 11*time.Minute+time.Second || timer.Value() != d.Seconds() {
			t.Errorf("%v, %v", d, timer.Value())
		}
	})
}

// TestGrow adds fields over many pages while others are set.
func TestGrow(t *testing.T) {
	f := create(t, Options{})
	first := NewCounter(f, "first")
	want := map[string]any{}
	for i := range 1000 {
		first.Inc()
		label := strings.Repeat("x", i%300+1) + "." + string(rune('a'+i%26)) + strings.Repeat("y", i/300)
		NewGauge[float64](f, label).Set(float64(i))
		want[label] = float64(i)
	}
	want["first"] = uint64(1000)
	got := values(t, f)
	for label, v := range want {
		if label == "first" && got[label] != v {
			t.Errorf("%s is %v, want %v", label, got[label], v)
		}
	}
	if info, err := os.Stat(f.Path()); err != nil || info.Size()%int64(os.Getpagesize()) != 0 || info.Size() < 100_000 {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestRefused adds what has no room in the file: it counts all the same.
func TestRefused(t *testing.T) {
	f := func(label, want string) {
		t.Helper()
		file := create(t, Options{})
		NewCounter(file, "there")
		c := NewCounter(file, label)
		c.Inc()
		if err := file.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", label, err, want)
		}
		if c.Value() != 1 || values(t, file)["there"] != uint64(0) {
			t.Errorf("%.20q: %d", label, c.Value())
		}
	}
	f("", "no label")
	f("there", "it is there already")
	f(strings.Repeat("x", 65536), "65536 bytes")
}

// TestPlaces fills in the templates of a file's name.
func TestPlaces(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("MMSTATS_PATH", dir)
	t.Setenv("MMSTATS_FILES", "{{app}}-{PID}.x")
	f := create(t, Options{Path: dir})
	if base := filepath.Base(f.Path()); !strings.HasPrefix(base, "{app}-") || !strings.HasSuffix(base, ".x") || strings.Contains(base, "PID") {
		t.Error(base)
	}
	for _, bad := range []string{"{NAME}", "{PID", "PID}"} {
		if _, err := Create(Options{Path: dir, Filename: bad}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if _, err := Create(Options{Path: filepath.Join(dir, "none")}); err == nil {
		t.Error("a folder that is not there is taken")
	}
	t.Setenv("MMSTATS_GLOB", "")
	if want := filepath.Join(dir, "*.mmstats"); Glob() != want {
		t.Errorf("%s, want %s", Glob(), want)
	}
}

// TestRemove deletes a file, and those of the process's other threads, and leaves its fields usable.
func TestRemove(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(Options{Path: dir, Filename: "a-{PID}-{TID}"})
	if err != nil {
		t.Fatal(err)
	}
	c := NewCounter(f, "c")
	if f.kin != "" {
		other := strings.Replace(f.kin, "*", "other", 1)
		if err := os.WriteFile(other, []byte{1}, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := f.Remove(); err != nil {
			t.Error(err)
		}
	}
	c.Inc()
	if NewCounter(f, "late"); f.Err() == nil {
		t.Error("a field was added to a file that is gone")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 || c.Value() != 1 {
		t.Errorf("%v are left", left)
	}
}

// TestReplaced makes a file over one that is in use.
func TestReplaced(t *testing.T) {
	dir := t.TempDir()
	old := create(t, Options{Path: dir, Filename: "same"})
	c := NewCounter(old, "c")
	young, err := Create(Options{Path: dir, Filename: "same", Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	c.Inc()
	NewGauge[uint32](young, "g").Set(5)
	if got := values(t, young); len(got) != 1 || got["g"] != uint64(5) {
		t.Errorf("%v", got)
	}
}

// TestTorn has several goroutines set fields and several read them: no value is ever a mixture, and none goes back. PLUMBAGO_SECONDS is
// for how long they do, at least.
func TestTorn(t *testing.T) {
	f := create(t, Options{Bare: true, Prefix: "odd."}) // so that values cross cache lines
	var gauges []*Gauge[uint64]
	for i := range 12 {
		gauges = append(gauges, NewGauge[uint64](f, strings.Repeat("g", i+1)))
	}
	total := NewCounter(f, "total")
	const adds, writers = 20_000, 4
	span, _ := time.ParseDuration(os.Getenv("PLUMBAGO_SECONDS") + "s") // none is no time
	end := time.Now().Add(span)
	var added, read atomic.Uint64
	done := make(chan struct{})
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			i := uint64(0)
			for ; i < adds || time.Now().Before(end); i++ {
				v := i & math.MaxUint32
				gauges[w*3+int(i)%3].Set(v<<32 | v)
				total.Inc()
			}
			added.Add(i)
		})
	}
	for range 4 {
		reading.Go(func() {
			var was uint64
			for {
				select {
				case <-done:
					return
				default:
				}
				fields, err := ReadFile(f.Path())
				if err != nil {
					t.Error(err)
					return
				}
				read.Add(uint64(len(fields)))
				for _, field := range fields {
					v := field.Value.(uint64)
					switch {
					case field.Torn:
						t.Errorf("%s was never whole", field.Label)
					case field.Label == "odd.total" && v < was:
						t.Errorf("%d after %d", v, was)
					case field.Label == "odd.total":
						was = v
					case v>>32 != v&math.MaxUint32:
						t.Errorf("%s is %x", field.Label, v)
					}
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	hold(t, f, map[string]any{"odd.total": added.Load()})
	t.Logf("%d values set, %d read", 2*added.Load(), read.Load())
}

// TestCutShort reads a file that becomes shorter meanwhile.
func TestCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, append([]byte{1}, make([]byte, 1<<20)...), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := view(file, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := readShared(m.bytes); err == nil || err.Error() != "it was cut short meanwhile" {
		t.Errorf("%v", err)
	}
}

// TestAllocations holds setting a field to no allocation.
func TestAllocations(t *testing.T) {
	f := create(t, Options{})
	c, g, m := NewCounter(f, "c"), NewGauge[float64](f, "g"), NewMovingAverage(f, "m", 10)
	if n := testing.AllocsPerRun(100, func() { c.Inc(); g.Set(1); m.Add(2) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCounter(b *testing.B) {
	c := NewCounter(create(b, Options{}), "c")
	for b.Loop() {
		c.Inc()
	}
}

func BenchmarkReadFile(b *testing.B) {
	f := create(b, Options{})
	for i := range 100 {
		NewCounter(f, strings.Repeat("x", i+1))
	}
	for b.Loop() {
		if _, err := ReadFile(f.Path()); err != nil {
			b.Fatal(err)
		}
	}
}
