package mmstats

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// usual is how many of the last values an average is over if nothing else is said.
const usual = 100

// A sum is a float64 that several goroutines add to.
type sum struct{ bits atomic.Uint64 }

func (s *sum) add(v float64) {
	for {
		was := s.bits.Load()
		if s.bits.CompareAndSwap(was, math.Float64bits(math.Float64frombits(was)+v)) {
			return
		}
	}
}

func (s *sum) load() float64 { return math.Float64frombits(s.bits.Load()) }

// A pool is what was added of some values.
type pool struct {
	total sum
	count atomic.Int64 // added to after total
}

func (p *pool) add(v float64) {
	p.total.add(v)
	p.count.Add(1)
}

// mean returns the mean of what was added, 0 of nothing.
func (p *pool) mean() float64 {
	n := p.count.Load()
	if n == 0 {
		return 0
	}
	return p.total.load() / float64(n)
}

// An Average is the mean of all that was added to it.
type Average struct {
	all   pool
	place place
	turn  turn
}

// NewAverage adds a mean to f.
func NewAverage(f *File, label string) *Average { return &Average{place: newPlace(f, label, "d", 8)} }

// Add adds a value.
func (a *Average) Add(v float64) {
	a.all.add(v)
	a.turn.publish(a.write)
}

func (a *Average) write() { a.place.write(math.Float64bits(a.Value())) }

// Value returns the mean.
func (a *Average) Value() float64 { return a.all.mean() }

// A ring holds the last values that were added to it.
type ring struct {
	slots []atomic.Uint64
	n     atomic.Uint64 // how many were added
}

func newRing(size int) ring {
	if size <= 0 {
		size = usual
	}
	return ring{slots: make([]atomic.Uint64, size)}
}

func (r *ring) add(v float64) {
	i := r.n.Add(1) - 1
	r.slots[i%uint64(len(r.slots))].Store(math.Float64bits(v))
}

// held returns how many values there are.
func (r *ring) held() int { return int(min(r.n.Load(), uint64(len(r.slots)))) }

// mean returns the mean of the values, summed up by Neumaier's method so that large ones that come and go leave nothing.
func (r *ring) mean() float64 {
	n := r.held()
	if n == 0 {
		return 0
	}
	var total, lost float64
	for i := range n {
		v := math.Float64frombits(r.slots[i].Load())
		next := total + v
		if math.Abs(total) >= math.Abs(v) {
			lost += total - next + v
		} else {
			lost += v - next + total
		}
		total = next
	}
	return (total + lost) / float64(n)
}

// A MovingAverage is the mean of the last values that were added to it.
type MovingAverage struct {
	last  ring
	place place
	turn  turn
}

// NewMovingAverage adds a mean over the last size values to f; a size of 0 means 100.
func NewMovingAverage(f *File, label string, size int) *MovingAverage {
	return &MovingAverage{last: newRing(size), place: newPlace(f, label, "d", 8)}
}

// Add adds a value.
func (a *MovingAverage) Add(v float64) {
	a.last.add(v)
	a.turn.publish(a.write)
}

func (a *MovingAverage) write() { a.place.write(math.Float64bits(a.Value())) }

// Value returns the mean.
func (a *MovingAverage) Value() float64 { return a.last.mean() }

// A Timer is the mean of the last times that something took, in seconds.
type Timer struct {
	mean *MovingAverage
	last atomic.Int64
}

// NewTimer adds a timer over the last size times to f; a size of 0 means 100.
func NewTimer(f *File, label string, size int) *Timer {
	return &Timer{mean: NewMovingAverage(f, label, size)}
}

// Start begins a time. As in "defer timer.Start().Stop()".
func (t *Timer) Start() Running { return Running{t, time.Now()} }

// Add adds a time that was taken elsewhere.
func (t *Timer) Add(d time.Duration) {
	t.last.Store(int64(d))
	t.mean.Add(d.Seconds())
}

// Last returns the time that was added last.
func (t *Timer) Last() time.Duration { return time.Duration(t.last.Load()) }

// Value returns the mean, in seconds.
func (t *Timer) Value() float64 { return t.mean.Value() }

// A Running is a time that has begun.
type Running struct {
	timer *Timer
	begun time.Time
}

// Elapsed returns how long it has been so far.
func (r Running) Elapsed() time.Duration { return time.Since(r.begun) }

// Stop adds the time to its timer and returns it.
func (r Running) Stop() time.Duration {
	d := r.Elapsed()
	r.timer.Add(d)
	return d
}

// spans is how many parts a window has.
const spans = 60

// A Window is the mean of what was added in the last time. It is worked out when something is added: while nothing is,
// it stays as it was.
type Window struct {
	span  time.Duration
	begun time.Time
	parts [spans]atomic.Pointer[part60]
	place place
	turn  turn
}

// A part60 is what was added in a sixtieth of a window, the number-th since its beginning.
type part60 struct {
	number int64
	pool
}

// NewWindow adds a mean over the last d to f, to a sixtieth of it; a d of 0 means a minute.
func NewWindow(f *File, label string, d time.Duration) *Window {
	if d <= 0 {
		d = time.Minute
	}
	return &Window{span: max(d/spans, 1), begun: time.Now(), place: newPlace(f, label, "d", 8)}
}

// Add adds a value.
func (w *Window) Add(v float64) {
	w.part(w.now()).add(v)
	w.turn.publish(w.write)
}

func (w *Window) write() { w.place.write(math.Float64bits(w.Value())) }

func (w *Window) now() int64 { return int64(time.Since(w.begun) / w.span) }

// part returns the part that is now, a new one in the place of an old one.
func (w *Window) part(now int64) *part60 {
	slot := &w.parts[now%spans]
	for {
		p := slot.Load()
		if p != nil && p.number >= now {
			return p
		}
		if young := (&part60{number: now}); slot.CompareAndSwap(p, young) {
			return young
		}
	}
}

// Value returns the mean of the last time, 0 if nothing was added in it.
func (w *Window) Value() float64 {
	now := w.now()
	var total float64
	var n int64
	for i := range w.parts {
		if p := w.parts[i].Load(); p != nil && p.number > now-spans {
			n += p.count.Load()
			total += p.total.load()
		}
	}
	if n == 0 {
		return 0
	}
	return total / float64(n)
}

// A Distribution shows how the last values that were added to it are spread, in several fields.
type Distribution struct {
	last      ring
	fractions []float64
	places    []place // avg, min, max, and one for each fraction
	turn      turn
	sorted    []float64 // of whoever has the turn
}

// NewDistribution adds fields to f over the last size values (0 means 100): LABEL.avg, LABEL.min, LABEL.max, and for each
// fraction, from 0 to 1, its percentile by nearest rank, as LABEL.p50 for 0.5 and LABEL.p999 for 0.999. Each value that is
// added sorts all of them.
func NewDistribution(f *File, label string, size int, fractions ...float64) *Distribution {
	d := &Distribution{last: newRing(size), fractions: fractions}
	d.sorted = make([]float64, 0, len(d.last.slots))
	names := []string{"avg", "min", "max"}
	for _, q := range fractions {
		digits := strconv.FormatFloat(100*min(max(q, 0), 1), 'f', -1, 32)
		names = append(names, "p"+strings.ReplaceAll(digits, ".", ""))
	}
	for _, name := range names {
		d.places = append(d.places, newPlace(f, label+"."+name, "d", 8))
	}
	return d
}

// Add adds a value.
func (d *Distribution) Add(v float64) {
	d.last.add(v)
	d.turn.publish(d.write)
}

func (d *Distribution) write() {
	d.sorted = d.sorted[:0]
	for i := range d.last.held() {
		d.sorted = append(d.sorted, math.Float64frombits(d.last.slots[i].Load()))
	}
	slices.Sort(d.sorted)
	n := len(d.sorted)
	d.places[0].write(math.Float64bits(d.last.mean()))
	d.places[1].write(math.Float64bits(d.sorted[0]))
	d.places[2].write(math.Float64bits(d.sorted[n-1]))
	for i, q := range d.fractions {
		rank := min(max(int(math.Ceil(q*float64(n))), 1), n)
		d.places[3+i].write(math.Float64bits(d.sorted[rank-1]))
	}
}
