package daemon

import (
	"strings"

	"plumbago/carbon/stat"
)

// relayCFigures are the figures under the names that dashboards for carbon-c-relay look for.
func relayCFigures(l *stat.Ledger, s *Status) []figure {
	var f figures
	var sent, queued, lost, opened, closed int64
	for i := range l.Endpoints {
		e := &l.Endpoints[i]
		at := "destinations." + relayCName(e.Endpoint) + "."
		dropped := int64(0)
		for _, n := range e.Dropped {
			dropped += n
		}
		waiting := e.Queued + e.Unproven + e.Spooled
		f.count(at+"sent", e.Delivered)
		f.level(at+"queued", float64(waiting))
		f.count(at+"dropped", dropped)
		f.count(at+"stalls", 0)
		sent, queued, lost = sent+e.Delivered, queued+waiting, lost+dropped
	}
	for i := range s.Listeners {
		opened, closed = opened+s.Listeners[i].Accepted, closed+s.Listeners[i].Closed
	}
	f.count("metricsReceived", l.Received)
	f.count("metricsSent", sent)
	f.level("metricsQueued", float64(queued))
	f.count("metricsDropped", lost)
	f.count("metricsDiscarded", l.InvalidTotal())
	f.count("metricsBlackholed", l.Unrouted+l.Dropped[stat.DropRule])
	f.count("metricStalls", 0) // senders are never made to wait for an endpoint, unless overflow = "block" says so
	f.count("connections", opened)
	f.count("disconnects", closed)
	f.count("aggregators.metricsReceived", l.Aggregated)
	f.count("aggregators.metricsSent", l.Emitted)
	f.count("aggregators.metricsDropped", l.Dropped[stat.DropLate]+l.Dropped[stat.DropSeriesLimit])
	return f.all
}

// relayCName writes an endpoint as carbon-c-relay does: the host's dots are "_", its port stays.
func relayCName(endpoint string) string {
	host, port := endpoint, ""
	if i := strings.LastIndexByte(endpoint, ':'); i >= 0 {
		host, port = endpoint[:i], endpoint[i:]
	}
	return node(host) + port
}
