package admin

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"plumbago/carbon/stat"
	"plumbago/cmd/internal/daemon"
)

// A collector reads the daemon's own counts when it is scraped: nothing is counted twice, and the path of a line knows
// nothing of it.
type collector struct{ daemon *daemon.Daemon }

func registry(d *daemon.Daemon) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{d}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("plumbago_"+name, help, labels, nil)
}

// What is exported, named as the ledger names it.
var (
	received   = desc("received_total", "Lines, pickle items and statsd values received.")
	invalid    = desc("invalid_total", "What was received that was no sample, by reason.", "reason")
	accepted   = desc("accepted_total", "Samples accepted.")
	emitted    = desc("emitted_total", "Points that aggregates gave out.")
	both       = desc("both_total", "Samples that were aggregated and sent.")
	dropped    = desc("dropped_total", "Samples and results that met no other end, by reason.", "reason")
	unrouted   = desc("unrouted_total", "Samples and results that no rule took.")
	aggregated = desc("aggregated_total", "Samples and results that were folded into an aggregate.")
	sent       = desc("sent_total", "Samples and results that were sent to a cluster.")
	balanced   = desc("ledger_balanced", "1 if every law of the ledger holds, else 0.")

	enqueued  = desc("endpoint_enqueued_total", "Points put into an endpoint's queue, with those that were moved out of it.", "cluster", "endpoint")
	delivered = desc("endpoint_delivered_total", "Points delivered.", "cluster", "endpoint")
	lost      = desc("endpoint_dropped_total", "Points lost on their way to an endpoint, by reason.", "cluster", "endpoint", "reason")
	queued    = desc("endpoint_queued_points", "Points waiting in memory.", "cluster", "endpoint")
	resent    = desc("endpoint_resent_total", "Points written again after a broken connection.", "cluster", "endpoint")
	moved     = desc("endpoint_moved_total", "Points handed to another member of the cluster.", "cluster", "endpoint")
	oldest    = desc("endpoint_oldest_queued_seconds", "How long ago the oldest point came that waits, or is not proven to have been read.", "cluster", "endpoint")
	unproven  = desc("endpoint_unproven_points", "Points written to an endpoint that are not proven to have been read.", "cluster", "endpoint")
	behind    = desc("endpoint_oldest_unproven_seconds", "Age of the oldest point that is written and not proven to have been read.", "cluster", "endpoint")
	proofs    = desc("endpoint_proofs_total", "Connections whose end proved that all that was sent on them had been read.", "cluster", "endpoint")
	confirm   = desc("endpoint_confirm", "1 for what counts as delivered on the present connection: close, window, written or answer.", "cluster", "endpoint", "mode")
	unacked   = desc("endpoint_unacked_bytes", "Bytes written to an endpoint's connection that its system has not acknowledged.", "cluster", "endpoint")
	rtt       = desc("endpoint_rtt_seconds", "Round-trip time of an endpoint's connection.", "cluster", "endpoint")
	up        = desc("endpoint_up", "1 while the endpoint is connected, else 0.", "cluster", "endpoint")

	ruleHits    = desc("rule_hits_total", "Samples and results that met a rule.", "rule")
	ruleLastHit = desc("rule_last_hit_timestamp_seconds", "When the latest of them arrived.", "rule")

	series     = desc("aggregate_series", "Live series of an aggregate rule.", "rule")
	ruleLate   = desc("aggregate_late_total", "Samples that came too late for their slice, or are too far ahead.", "rule")
	ruleMissed = desc("aggregate_missed_total", "Slices that a rollup does not hold, since it was over when they came.", "rule")
	ruleEarly  = desc("aggregate_early_total", "Of these, those too far ahead (max_future).", "rule")
	ruleAmends = desc("aggregate_amended_total", "Results emitted again with late samples merged.", "rule")
	ruleDiffs  = desc("aggregate_diff_cases_total", "Samples of counters that gave no rate, or fell.", "rule", "case")
)

// Describe leaves the collector unchecked: endpoints and rules come with the configuration.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect asks the daemon and writes what it says.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	l, err := c.daemon.Ledger(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(received, err)
		return
	}
	collectCounts(ch, &l)
	for i := range l.Endpoints {
		collectEndpoint(ch, &l.Endpoints[i])
	}
	collectBuild(ch)
	if status, err := c.daemon.Status(ctx); err == nil {
		collectStatus(ch, &status)
	}
}

func counter(ch chan<- prometheus.Metric, d *prometheus.Desc, n int64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func collectCounts(ch chan<- prometheus.Metric, l *stat.Ledger) {
	counter(ch, received, l.Received)
	for why, n := range l.Invalid {
		counter(ch, invalid, n, stat.Reason(why).String())
	}
	counter(ch, accepted, l.Accepted)
	counter(ch, emitted, l.Emitted)
	counter(ch, own, l.Self)
	counter(ch, both, l.Both)
	for why, n := range l.Dropped {
		counter(ch, dropped, n, stat.Drop(why).String())
	}
	counter(ch, unrouted, l.Unrouted)
	counter(ch, aggregated, l.Aggregated)
	counter(ch, sent, l.Sent)
	gauge(ch, balanced, truth(l.Balanced))
}

func collectEndpoint(ch chan<- prometheus.Metric, e *stat.Endpoint) {
	counter(ch, enqueued, e.Enqueued+e.Moved, e.Cluster, e.Endpoint)
	counter(ch, delivered, e.Delivered, e.Cluster, e.Endpoint)
	for why, n := range e.Dropped {
		counter(ch, lost, n, e.Cluster, e.Endpoint, stat.Loss(why).String())
	}
	gauge(ch, queued, float64(e.Queued), e.Cluster, e.Endpoint)
	gauge(ch, unproven, float64(e.Unproven), e.Cluster, e.Endpoint)
	counter(ch, resent, e.Resent, e.Cluster, e.Endpoint)
	counter(ch, moved, e.Moved, e.Cluster, e.Endpoint)
}
