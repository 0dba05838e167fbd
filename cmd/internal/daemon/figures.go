package daemon

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"

	"plumbago/carbon"
	"plumbago/carbon/stat"
	"plumbago/relay/dest"
)

// A figure is one of plumbago's own: a name below the prefix of [self], and a value.
type figure struct {
	name  string
	kind  carbon.Kind // Diff of what only grows
	value float64

	fraction bool // whether it is no whole number
}

// figures gathers them under names.
type figures struct{ all []figure }

func (f *figures) count(name string, n int64) {
	f.all = append(f.all, figure{name: name, kind: carbon.Diff, value: float64(n)})
}

func (f *figures) level(name string, v float64) {
	f.all = append(f.all, figure{name: name, kind: carbon.Raw, value: v})
}

func (f *figures) spent(name string, seconds float64) {
	f.all = append(f.all, figure{name: name, kind: carbon.Diff, value: seconds, fraction: true})
}

// ownFigures are the figures under plumbago's own names: those of /metrics, with dots.
func ownFigures(l *stat.Ledger, s *Status) []figure {
	var f figures
	f.count("received", l.Received)
	for why, n := range l.Invalid {
		f.count("invalid."+stat.Reason(why).String(), n)
	}
	f.count("accepted", l.Accepted)
	f.count("emitted", l.Emitted)
	f.count("self", l.Self)
	f.count("both", l.Both)
	for why, n := range l.Dropped {
		f.count("dropped."+stat.Drop(why).String(), n)
	}
	f.count("unrouted", l.Unrouted)
	f.count("aggregated", l.Aggregated)
	f.count("sent", l.Sent)
	balanced := 0.0
	if l.Balanced {
		balanced = 1
	}
	f.level("ledger_balanced", balanced)
	for i := range l.Endpoints {
		f.account(&l.Endpoints[i])
	}
	for i := range s.Clusters {
		for j := range s.Clusters[i].Endpoints {
			f.endpoint(s.Clusters[i].Name, &s.Clusters[i].Endpoints[j])
		}
	}
	for i := range s.Listeners {
		f.listener(&s.Listeners[i])
	}
	for i := range s.Rules {
		f.rule(&s.Rules[i])
	}
	f.level("history.series", float64(s.History.Series))
	f.level("history.points", float64(s.History.Points))
	f.process(s.Uptime)
	return f.all
}

// endpointName is where the figures of an endpoint are.
func endpointName(cluster, endpoint string) string {
	return "endpoints." + node(cluster) + "." + node(endpoint) + "."
}

func (f *figures) account(e *stat.Endpoint) {
	at := endpointName(e.Cluster, e.Endpoint)
	f.count(at+"enqueued", e.Enqueued+e.Moved)
	f.count(at+"delivered", e.Delivered)
	for why, n := range e.Dropped {
		f.count(at+"dropped."+stat.Loss(why).String(), n)
	}
	f.level(at+"queued", float64(e.Queued))
	f.level(at+"unproven", float64(e.Unproven))
	f.level(at+"spooled", float64(e.Spooled))
	f.count(at+"resent", e.Resent)
	f.count(at+"moved", e.Moved)
}

func (f *figures) endpoint(cluster string, e *dest.Status) {
	at := endpointName(cluster, e.Endpoint)
	up := 0.0
	if e.State == dest.Up {
		up = 1
	}
	f.level(at+"up", up)
	f.level(at+"oldest_queued_seconds", e.Oldest)
	f.level(at+"queued_bytes", float64(e.QueuedBytes))
	f.count(at+"written_bytes", e.WrittenBytes)
	f.count(at+"reconnects", e.Reconnects)
	n, seconds, _ := e.Delays.Histogram()
	f.count(at+"write_delay.points", int64(n))
	f.spent(at+"write_delay.seconds", seconds)
}

func (f *figures) listener(l *ListenStatus) {
	at := "listeners." + node(l.Name) + "."
	f.level(at+"connections", float64(l.Open))
	f.count(at+"bytes", l.Bytes)
	f.count(at+"datagrams", l.Datagrams)
	f.count(at+"kernel_dropped", l.Dropped)
	f.count(at+"rate_limited", l.RateLimited)
}

func (f *figures) rule(r *RuleStatus) {
	at := fmt.Sprintf("rules.%d.", r.Rule)
	f.count(at+"hits", r.Hits)
	if a := r.Aggregate; a != nil {
		f.level(at+"series", float64(a.Series))
		f.count(at+"emitted", a.Emitted)
		f.count(at+"late", a.Late)
		f.count(at+"amended", a.Amended)
	}
}

// process are the figures of the process as a whole.
func (f *figures) process(uptime float64) {
	f.level("uptime_seconds", uptime)
	f.level("goroutines", float64(runtime.NumGoroutine()))
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.level("heap_bytes", float64(m.HeapAlloc))
	f.level("memory_bytes", float64(m.Sys-m.HeapReleased))
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
		f.spent("cpu_seconds", seconds(u.Utime)+seconds(u.Stime))
	}
}

// node makes a node of a name of anything: of letters, digits, "_" and "-" only.
func node(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, text)
}
