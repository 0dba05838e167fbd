package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"plumbago/cmd/internal/daemon"
	"plumbago/relay/dest"
)

// What is exported of the way to an endpoint, and of the process.
var (
	own         = desc("self_total", "Samples of plumbago's own figures, as [self] has them.")
	queuedBytes = desc("endpoint_queued_bytes", "Memory of what waits or is not proven.", "cluster", "endpoint")
	written     = desc("endpoint_written_bytes_total", "Bytes written.", "cluster", "endpoint")
	reconnects  = desc("endpoint_reconnects_total", "How often an endpoint came up again.", "cluster", "endpoint")
	delay       = desc("endpoint_write_delay_seconds", "How long points took from their arrival to their first writing, but for those that were on disk.", "cluster", "endpoint")
	build       = desc("build_info", "1, with the version.", "version")
)

func collectFlow(ch chan<- prometheus.Metric, cluster string, e *dest.Status) {
	gauge(ch, oldest, e.Oldest, cluster, e.Endpoint)
	gauge(ch, queuedBytes, float64(e.QueuedBytes), cluster, e.Endpoint)
	counter(ch, written, e.WrittenBytes, cluster, e.Endpoint)
	counter(ch, reconnects, e.Reconnects, cluster, e.Endpoint)
	n, sum, upTo := e.Delays.Histogram()
	ch <- prometheus.MustNewConstHistogram(delay, n, sum, upTo, cluster, e.Endpoint)
}

func collectBuild(ch chan<- prometheus.Metric) { gauge(ch, build, 1, daemon.Version()) }
