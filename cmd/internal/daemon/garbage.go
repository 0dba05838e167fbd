package daemon

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// How much garbage may gather before it is collected, against what is in use: as much again while that is little, and less the
// more it is. A heap of a million series holds hardly a pointer, so that collecting more often costs next to nothing.
const (
	smallHeap   = 64 << 20
	mostGarbage = 100 // percent
	fewGarbage  = 15
	weighEvery  = time.Second
)

// garbage is how much of it, in percent, may gather beside so many bytes that are in use.
func garbage(live uint64) int {
	if live <= smallHeap {
		return mostGarbage
	}
	return max(fewGarbage, int(mostGarbage*smallHeap/live))
}

// weigh has the collector hold the memory of many series down, until stop is called. Who sets GOGC knows better.
func weigh() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { weighUntil(ctx) })
	return func() {
		cancel()
		wg.Wait()
	}
}

func weighUntil(ctx context.Context) {
	tick := time.NewTicker(weighEvery)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for percent := mostGarbage; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		metrics.Read(live)
		if want := garbage(live[0].Value.Uint64()); want*10 < percent*9 || want*9 > percent*10 { // to set it stops all for a moment
			percent = want
			debug.SetGCPercent(percent)
		}
	}
}
