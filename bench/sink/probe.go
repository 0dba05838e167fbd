package main

import (
	"bytes"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A watch looks for the lines that load sends with -probe: their value is when they were sent, in microseconds of Unix
// time, so that their arrival says how long they were on the way. A nil watch does nothing.
type watch struct {
	mu    sync.Mutex
	delay []float64 // seconds
}

// probeName begins the names of such lines; after it comes the number of a connection.
const probeName = "probe.delay."

// A probeReport is how long probes were on the way, in seconds.
type probeReport struct {
	Probes int     `json:"probes"`
	P50    float64 `json:"p50"`
	P99    float64 `json:"p99"`
	P999   float64 `json:"p999"`
	Most   float64 `json:"most"`
}

// take looks at a read. All it keeps of what is no probe is the start of an unfinished line.
func (w *watch) take(s *stream, b []byte) {
	if w == nil {
		return
	}
	now := time.Now().UnixMicro()
	end := bytes.IndexByte(b, '\n') + 1
	if end == 0 {
		s.tail = append(s.tail, b...)
		return
	}
	w.line(append(s.tail, b[:end]...), now)
	last := bytes.LastIndexByte(b, '\n') + 1
	s.tail = append(s.tail[:0], b[last:]...)
	for b = b[end:last]; len(b) > 0; {
		at := bytes.Index(b, []byte(probeName))
		if at < 0 {
			return
		}
		end := at + bytes.IndexByte(b[at:], '\n') + 1
		if at == 0 || b[at-1] == '\n' {
			w.line(b[at:end], now)
		}
		b = b[end:]
	}
}

// line notes a probe, if that is what line is.
func (w *watch) line(line []byte, now int64) {
	fields := bytes.Fields(line)
	if len(fields) < 2 || !bytes.HasPrefix(line, []byte(probeName)) {
		return
	}
	if sent, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
		w.mu.Lock()
		w.delay = append(w.delay, float64(now-sent)/1e6)
		w.mu.Unlock()
	}
}

// zero forgets everything.
func (w *watch) zero() {
	if w != nil {
		w.mu.Lock()
		w.delay = nil
		w.mu.Unlock()
	}
}

// report ranks the delays.
func (w *watch) report() *probeReport {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	all := slices.Sorted(slices.Values(w.delay))
	w.mu.Unlock()
	r := &probeReport{Probes: len(all)}
	if n := len(all); n > 0 {
		r.P50, r.P99, r.P999, r.Most = all[n/2], all[n*99/100], all[n*999/1000], all[n-1]
	}
	return r
}
