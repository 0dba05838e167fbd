package carbon

import (
	"math"
	"strconv"

	"plumbago/carbon/stat"
)

// refuse counts what an item holds that is no sample, and keeps its values as text, in the order of a line's fields.
func (d *PickleDecoder) refuse(b *Batch, why stat.Reason, values ...*pickleValue) {
	if len(b.Refusals) == mostRefusals {
		b.Refuse(why)
		return
	}
	text := d.text[:0]
	for i, v := range values {
		if i > 0 {
			text = append(text, ' ')
		}
		text = appendPickled(text, b, v)
	}
	d.text = text[:0]
	b.RefuseText(why, 0, text)
}

// refusePoint refuses one (timestamp, value) of a name.
func (d *PickleDecoder) refusePoint(b *Batch, why stat.Reason, name, point *pickleValue) {
	at, n, ok := d.machine.children(*point)
	if !ok || n != 2 {
		d.refuse(b, why, name, point)
		return
	}
	time := d.machine.cells.at(at)
	d.refuse(b, why, name, d.machine.cells.at(time.next), time)
}

// appendPickled writes what a value is, or of what kind.
func appendPickled(text []byte, b *Batch, v *pickleValue) []byte {
	switch v.kind {
	case pickleText:
		at, size := v.pair()
		return append(text, b.Bytes[at:at+min(size, refusalSize+1)]...)
	case pickleNumber:
		if f := math.Float64frombits(v.bits); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return AppendNumber(text, f)
		}
		return strconv.AppendFloat(text, math.Float64frombits(v.bits), 'g', -1, 64)
	case pickleBool:
		return strconv.AppendBool(text, v.bits != 0)
	}
	return append(text, '?')
}
