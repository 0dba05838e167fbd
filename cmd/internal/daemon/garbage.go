package daemon

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// How much garbage may gather before it is collected, against what is in use: half as much while that is little, and less the
// more it is. A heap of a million series holds hardly a pointer, so that collecting more often costs next to nothing; what a flood
// keeps taking is used again, and no garbage.
const (
	goes        = 100 // percent, unless it is told otherwise
	mostGarbage = 50  // percent
	fewGarbage  = 15
	atMost      = 64 << 20 // bytes, unless fewGarbage are more
)

// garbage is how much of it, in percent, may gather beside so many bytes that are in use.
func garbage(live uint64) int {
	if live <= atMost {
		return mostGarbage
	}
	return min(mostGarbage, max(fewGarbage, int(100*atMost/live)))
}

// weigh has the collector hold the memory of many series down, until stop is called. Who sets GOGC knows better.
func weigh() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	var s scale
	s.percent = goes
	s.wait()
	return s.stop
}

// A scale weighs what is in use after each collection, so that it costs nothing while nothing happens.
type scale struct {
	mu      sync.Mutex
	percent int
	stopped bool
}

// wait has weigh called after the next collection: that of an object which nobody holds.
func (s *scale) wait() {
	runtime.AddCleanup(&scale{}, func(s *scale) { s.weigh() }, s)
}

// weigh sets how much garbage may gather until the next collection.
func (s *scale) weigh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if want := garbage(live[0].Value.Uint64()); want*10 < s.percent*9 || want*9 > s.percent*10 { // to set it stops all for a moment
		s.percent = want
		debug.SetGCPercent(want)
	}
	s.wait()
}

// stop lets the collector be.
func (s *scale) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
}
