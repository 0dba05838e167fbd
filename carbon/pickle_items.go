package carbon

import (
	"bytes"
	"errors"
	"math"
	"slices"

	"plumbago/carbon/stat"
)

// A frame may hold as many samples as its bytes can sensibly be: one for each 16 bytes, and 4,096 in any case. Only a
// frame that uses one item many times over has more.
const (
	pickleFreeSamples = 4096
	pickleSampleBytes = 16
)

// pickleNumeral is the longest text that is read as a number.
const pickleNumeral = 128

var errPickleRepeats = errors.New("the pickle repeats its items more often than its length allows")

// deliver turns the result of a pickle of size bytes into points of b.
func (d *PickleDecoder) deliver(b *Batch, top pickleValue, size int, now int64) error {
	at, n, ok := d.machine.children(top)
	if !ok {
		return errors.New("the pickle holds no list")
	}
	room := pickleFreeSamples + size/pickleSampleBytes
	if int(n) > room {
		return errPickleRepeats
	}
	d.names.reset(size)
	b.Points = slices.Grow(b.Points, int(n))
	for ; n > 0; n-- {
		item := d.machine.cells.at(at)
		at = item.next
		if room -= d.item(b, item, room, now); room < 0 || d.names.spent() {
			return errPickleRepeats
		}
	}
	return nil
}

// item takes the points of one item. It returns how many samples that were, good and bad, which is more than room if it
// stopped early.
func (d *PickleDecoder) item(b *Batch, item *pickleValue, room int, now int64) int {
	at, n, ok := d.machine.children(*item)
	if !ok || n < 2 {
		d.refuse(b, stat.BadFields, item)
		return 1
	}
	first := d.machine.cells.at(at)
	at = first.next
	if first.kind != pickleText {
		d.refuse(b, stat.BadFields, first)
		return 1
	}
	name := d.names.find(b, first, item.shared() || first.shared(), &d.limits)
	if !name.ok {
		d.refuse(b, name.why, first)
		return 1
	}
	if name.mended {
		b.Cleaned++
	}
	samples := int(n) - 1
	if samples > room {
		return samples
	}
	for range samples {
		point := d.machine.cells.at(at)
		at = point.next
		value, ms, why, ok := d.point(b, point, now)
		if !ok {
			d.refusePoint(b, why, first, point)
			continue
		}
		b.Points = append(b.Points, Point{
			Hash: name.hash, Value: value, Time: ms, name: name.at, size: name.size, Kind: Raw, Flags: name.flags,
		})
	}
	return samples
}

// point reads one (timestamp, value).
func (d *PickleDecoder) point(b *Batch, p *pickleValue, now int64) (value float64, ms int64, why stat.Reason, ok bool) {
	at, n, ok := d.machine.children(*p)
	if !ok || n != 2 {
		return 0, 0, stat.BadFields, false
	}
	first := d.machine.cells.at(at)
	value, ok = pickledNumber(b, d.machine.cells.at(first.next))
	if !ok {
		return 0, 0, stat.BadValue, false
	}
	ms, ok = pickledTime(b, first, now)
	return value, ms, stat.BadTime, ok
}

// pickledNumber returns the finite number that v is, or that its text is.
func pickledNumber(b *Batch, v *pickleValue) (float64, bool) {
	switch v.kind {
	case pickleNumber, pickleBool:
		f := math.Float64frombits(v.bits)
		return f, !math.IsNaN(f) && !math.IsInf(f, 0)
	case pickleText:
		at, n := v.pair()
		if n > pickleNumeral {
			return 0, false
		}
		return ParseNumber(bytes.Trim(b.Bytes[at:at+n], pickleSpaces))
	}
	return 0, false
}

// pickledTime returns the Unix milliseconds of a timestamp in seconds. It is cut toward zero to see whether it is one
// of 0..2^32-1, or -1 for now; within, its milliseconds are kept.
func pickledTime(b *Batch, v *pickleValue, now int64) (int64, bool) {
	if v.kind == pickleBool {
		return 0, false
	}
	t, ok := pickledNumber(b, v)
	if !ok {
		return 0, false
	}
	return pickledMillis(t, now)
}

// pickledMillis is pickledTime of a number, also of one that is not finite.
func pickledMillis(t float64, now int64) (int64, bool) {
	seconds, fraction := math.Modf(t)
	switch {
	case !(seconds >= -1 && seconds <= math.MaxUint32):
		return 0, false
	case seconds == -1:
		return now, true
	}
	ms := min(int64(fraction*1000+0.5), 999)
	return int64(seconds)*1000 + max(ms, 0), true
}
