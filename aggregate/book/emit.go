package book

import (
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// A Result is what one function gives of one slice, or of one window.
type Result struct {
	Name  string // as the rule's As makes it
	Value float64
	Time  time.Time // of the slice; which end of it, the rule's Stamp says
}

// An outlet hands a shard's results to Emit.
type outlet struct {
	emit   func(Result)
	names  []string // of results, by their ways from 1
	free   []uint32 // ways
	counts stat.Counts
}

// Way gives a result's name a number.
func (o *outlet) Way(name []byte, _ carbon.Kind, _, _ int) uint32 {
	if last := len(o.free) - 1; last >= 0 {
		way := o.free[last]
		o.free = o.free[:last]
		o.names[way-1] = string(name)
		return way
	}
	o.names = append(o.names, string(name))
	return uint32(len(o.names))
}

// Drop takes the number back.
func (o *outlet) Drop(way uint32) {
	if way != 0 {
		o.names[way-1] = ""
		o.free = append(o.free, way)
	}
}

// Accept emits results.
func (o *outlet) Accept(batch *carbon.Batch) {
	o.counts.Emitted += int64(len(batch.Points))
	o.counts.Sent += int64(len(batch.Points))
	if o.emit != nil {
		for i := range batch.Points {
			p := &batch.Points[i]
			o.emit(Result{o.names[p.Hash-1], p.Value, time.UnixMilli(p.Time)})
		}
	}
	batch.Free()
}

// Flush has nothing to hand on: nothing is held back.
func (o *outlet) Flush() bool { return false }

// Close has nothing to hand on either.
func (o *outlet) Close() {}

// Held says that nothing is held: who takes results takes all.
func (o *outlet) Held() <-chan struct{} { return nil }

// Counts returns the ledger of what was emitted.
func (o *outlet) Counts() stat.Counts { return o.counts }
