package aggregate

import "math"

// A touch notes a slice that was emitted in the step at hand.
type touch struct {
	k     uint32
	first bool // for the first time; else it was corrected
}

// means are the sums of some figures of a window's slices, for rules that want their means.
type means struct {
	extremes, deviations bool
	slices               float64
	min, max, deviation  float64
}

// pulse returns how far the windows of a tier of a series have come.
func (t *table) pulse(slot uint32, tier int) *pulse {
	return t.pulses.at(int(slot)*t.rule.pulses + t.rule.tiers[tier].pulse)
}

// slide emits the windows of a tier that end with the slices emitted just now, and again those before the newest that
// hold one of them. In silence windows go on: at each slice that did not come, those that still hold something.
func (s *shard) slide(t *table, slot uint32, tier int) {
	ti, p := &t.rule.tiers[tier], t.pulse(slot, tier)
	from, next := p.next, p.next
	if next == 0 {
		from = math.MaxUint32
	}
	for _, c := range s.touched {
		from = min(from, c.k)
		if c.first && c.k >= next {
			next = c.k + 1
			p.lag = lag(s.now - ti.end(c.k) - t.rule.wait)
		}
	}
	if next == 0 {
		return
	}
	tr := t.track(slot, tier)
	list := t.runs.view(tr)
	for t.goesOn(ti, tr, list, next) && ti.end(next)+t.rule.wait+lagTime(p.lag) <= s.now {
		next++
	}
	for k := from; k < next; {
		if to := t.vacant(ti, tr, list, k, next); to > k {
			k = to
			continue
		}
		s.emitWindows(t, slot, tier, list, k, k >= p.next)
		k++
	}
	p.next = next
}

// nextSlide returns when the windows of a tier go on in silence, and the end of the slice that did not come.
func (s *shard) nextSlide(t *table, slot uint32, tier int) (due, end int64) {
	ti, p, tr := &t.rule.tiers[tier], t.pulse(slot, tier), t.track(slot, tier)
	if p.next == 0 || !t.goesOn(ti, tr, t.runs.view(tr), p.next) {
		return never, 0
	}
	end = ti.end(p.next)
	return end + t.rule.wait + lagTime(p.lag), end
}

// goesOn says whether the windows at slice k are to be emitted though there is no such slice: because they hold earlier
// ones, or because the rule wants zeros.
func (t *table) goesOn(ti *tier, tr *track, list []slice, k uint32) bool {
	_, found := search(list, k)
	return !found && t.vacant(ti, tr, list, k, k+1) == k
}

// mostZeros is how many windows without samples are emitted of one silence at once.
const mostZeros = 10_000

// vacant says whether no window at k gives anything, because none holds a slice: then it returns the next slice at which
// one may, else k. Windows are emitted up to the slice before next.
func (t *table) vacant(ti *tier, tr *track, list []slice, k, next uint32) (to uint32) {
	i, found := search(list, k)
	if found {
		return k
	}
	to = math.MaxUint32
	if i < len(list) {
		to = list[i].k
	}
	last := int64(tr.horizon) // the slice after the last that there was
	if i > 0 {
		last = max(last, int64(list[i-1].k)+1)
	}
	for i--; i >= 0 && int64(list[i].k)+ti.widest > int64(k); i-- {
		if list[i].closed() && t.windowed(ti, list[i].k) {
			return k
		}
	}
	zeros := max(int64(k), int64(min(to, next))-mostZeros)
	if t.rule.Empty == "zero" && zeros < last+t.rule.keepZeros/ti.period {
		return uint32(zeros)
	}
	return to
}

// windowed says whether windows hold slice k of a tier: not if it is partial.
func (t *table) windowed(ti *tier, k uint32) bool {
	return t.rule.Partial == "emit" || !ti.partial(k, t.start)
}

// emitWindows emits the windows of a tier that end with slice k: all of them if that is fresh, else those that hold a
// slice which was emitted just now. It adds slices up from the newest to the oldest, once for all windows.
func (s *shard) emitWindows(t *table, slot uint32, tier int, list []slice, k uint32, fresh bool) {
	ti := &t.rule.tiers[tier]
	i, found := search(list, k)
	if !found {
		i--
	}
	t.rule.layout.clear(t.cells.at(t.window))
	t.side.clear(t.window)
	m := means{extremes: t.rule.WindowMinMax == "mean", deviations: t.rule.WindowStddev == "mean"}
	oldest := k                     // of the slices added up
	nearest := int64(math.MaxInt64) // of the slices emitted just now
	for _, c := range s.touched {
		if c.k <= k {
			nearest = min(nearest, int64(k-c.k))
		}
	}
	for _, o := range ti.windows {
		out := &t.rule.outputs[o]
		for ; i >= 0 && int64(list[i].k)+out.window > int64(k); i-- {
			if sl := &list[i]; sl.closed() && t.windowed(ti, sl.k) {
				t.merge(t.window, sl.columns())
				oldest = sl.k
				m.add(t.view(slot, sl.columns(), 0))
			}
		}
		if !fresh && nearest >= out.window {
			continue
		}
		v := t.view(slot, t.window, t.span(ti, k, out.window, oldest))
		v.means, v.empty = &m, m.slices == 0
		s.emit(t, slot, out, v, k, false, !fresh)
	}
}

// span returns the length of a window of n slices that ends with slice k, in seconds. Of the time before the rule's start
// only what lies after the oldest slice in the window belongs to it, and the slice that contains the start only if
// windows hold it.
func (t *table) span(ti *tier, k uint32, n int64, oldest uint32) float64 {
	from, end := (int64(k)+1-n)*ti.period, ti.end(k)
	whole := (t.start + ti.period - 1) / ti.period * ti.period
	if from >= t.start || whole >= end {
		return float64(end-from) / 1000
	}
	from = max(from, min(whole, int64(oldest)*ti.period))
	if running := whole/ti.period - 1; from < whole && !t.windowed(ti, uint32(running)) {
		from += ti.period
	}
	return float64(end-from) / 1000
}

// add adds what is to be averaged of one slice.
func (m *means) add(v *view) {
	m.slices++
	if m.extremes && v.layout.has(colMin) {
		m.min += v.of(colMin)
	}
	if m.extremes && v.layout.has(colMax) {
		m.max += v.of(colMax)
	}
	if m.deviations && v.layout.has(colScatter) {
		m.deviation += v.deviation()
	}
}
