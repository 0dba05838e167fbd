package mmstats

import "sync/atomic"

// barrier keeps the processor from moving what comes before it behind it, and the other way round: what is read and written
// here is shared with other processes and not aligned, so that sync/atomic cannot be asked for it.
func barrier() {
	var x atomic.Uint32
	x.Add(1)
}
