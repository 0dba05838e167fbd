package admin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"plumbago/carbon/stat"
	"plumbago/cmd/internal/daemon"
)

// What is exported of each listener, beside the ledger.
var (
	connections = desc("listener_connections", "Connections that are open.", "listener")
	opened      = desc("listener_connections_total", "Connections that were taken.", "listener")
	read        = desc("listener_bytes_total", "Bytes read.", "listener")
	came        = desc("listener_received_total", "Lines, pickle items and statsd values received.", "listener")
	datagrams   = desc("listener_datagrams_total", "Datagrams received.", "listener")
	kernelDrops = desc("listener_kernel_dropped_total", "Datagrams that the kernel dropped as the receive buffer was full.", "listener")
	socketTook  = desc("socket_datagrams_total", "Datagrams received by a socket; a UDP address has several.", "listener", "address", "socket")
	socketDrops = desc("socket_kernel_dropped_total", "Datagrams that the kernel dropped as the socket's receive buffer was full.", "listener", "address", "socket")
	refused     = desc("listener_refused_total", "Connections and datagrams that were refused, by reason.", "listener", "reason")
	stale       = desc("listener_tls_reload_errors_total", "Changed files of tls that could not be used.", "listener")
	expiry      = desc("listener_certificate_expiry_timestamp_seconds", "When the first certificate of a file expires.", "listener", "file")
	broken      = desc("listener_broken_total", "Connections that were closed because what their samples come in could not be read.", "listener", "reason")
	probes      = desc("listener_probes_total", "Connections that ended before a byte came.", "listener")
	idleClosed  = desc("listener_idle_closed_total", "Connections that were closed because they were silent.", "listener")
	endExpiry   = desc("endpoint_certificate_expiry_timestamp_seconds", "When the first certificate of a file expires.", "cluster", "endpoint", "file")
	statsdCame  = desc("listener_statsd_values_total", "Values that came by a listener for statsd, by type.", "listener", "type")
	statsdBad   = desc("listener_statsd_invalid_total", "What came by a listener for statsd and could not be read, by reason.", "listener", "reason")
	rateLimited = desc("listener_rate_limited_total", "Samples dropped because their peer sends more than rate.", "listener")
)

// What is exported of the spools.
var (
	spoolPoints = desc("endpoint_spool_points", "Points waiting on disk, those that are under way to the endpoint included.", "cluster", "endpoint")
	spoolBytes  = desc("endpoint_spool_bytes", "What they take on disk.", "cluster", "endpoint")
	spoolOldest = desc("endpoint_spool_oldest_seconds", "Age of the oldest point on disk that is not under way.", "cluster", "endpoint")
	spoolFails  = desc("endpoint_spool_failing", "1 while the disk does not take or give what it should, else 0.", "cluster", "endpoint")
)

// What is exported of reloads.
var (
	reloads  = desc("config_reloads_total", "Configurations that were to be loaded while running, by how that went.", "result")
	reloaded = desc("config_last_reload_successful", "0 if the last of them changed nothing, else 1.")
)

// What is exported of the limit on memory.
var (
	memoryUsed  = desc("memory_used_bytes", "Memory that the process takes, as limits.memory counts it.")
	memoryLimit = desc("memory_limit_bytes", "What it may take; 0 for no limit.")
	memoryTight = desc("memory_tight", "1 while memory is short and new series are refused, else 0.")
)

// What is exported of the kept past.
var (
	keptSeries = desc("history_series", "Results of aggregates of which the recent past is kept.")
	keptPoints = desc("history_points", "Points kept of them.")
	keptBytes  = desc("history_bytes", "The memory that they take, about.")
	notKept    = desc("history_not_kept_series", "Results of live series of which nothing is kept, since history.series are.")
)

func collectListener(ch chan<- prometheus.Metric, l *daemon.ListenStatus) {
	gauge(ch, connections, float64(l.Open), l.Name)
	counter(ch, opened, l.Accepted, l.Name)
	counter(ch, read, l.Bytes, l.Name)
	counter(ch, came, l.Received, l.Name)
	counter(ch, datagrams, l.Datagrams, l.Name)
	counter(ch, kernelDrops, l.Dropped, l.Name)
	for i, s := range l.Sockets {
		counter(ch, socketTook, s.Datagrams, l.Name, s.Address, strconv.Itoa(i))
		counter(ch, socketDrops, s.Dropped, l.Name, s.Address, strconv.Itoa(i))
	}
	counter(ch, refused, l.Refused.Allow, l.Name, "allow")
	counter(ch, refused, l.Refused.ProxyFrom, l.Name, "proxy_from")
	counter(ch, broken, l.Broken.Proxy, l.Name, "proxy")
	counter(ch, broken, l.Broken.TLS, l.Name, "tls")
	counter(ch, broken, l.Broken.Compress, l.Name, "compress")
	counter(ch, stale, l.Stale, l.Name)
	for _, c := range l.Certificates {
		gauge(ch, expiry, float64(c.NotAfter.Unix()), l.Name, c.File)
	}
	counter(ch, refused, l.Refused.Connections, l.Name, "connections")
	counter(ch, refused, l.Refused.Descriptors, l.Name, "descriptors")
	counter(ch, probes, l.Probes, l.Name)
	counter(ch, idleClosed, l.Idled, l.Name)
	counter(ch, rateLimited, l.RateLimited, l.Name)
	if s := l.Statsd; s != nil {
		counter(ch, statsdCame, s.Counters, l.Name, "counters")
		counter(ch, statsdCame, s.Gauges, l.Name, "gauges")
		counter(ch, statsdCame, s.Timers, l.Name, "timers")
		counter(ch, statsdCame, s.Sets, l.Name, "sets")
		counter(ch, statsdCame, s.Samples, l.Name, "samples")
		for why, n := range s.Bad {
			counter(ch, statsdBad, n, l.Name, stat.Reason(why).String())
		}
	}
}

func collectStatus(ch chan<- prometheus.Metric, s *daemon.Status) {
	var r daemon.ReloadStatus
	if s.Reload != nil {
		r = *s.Reload
	}
	counter(ch, reloads, r.Done, "done")
	counter(ch, reloads, r.Failed, "failed")
	gauge(ch, reloaded, truth(r.Error == ""))
	for i := range s.Listeners {
		collectListener(ch, &s.Listeners[i])
	}
	for _, c := range s.Clusters {
		for _, e := range c.Endpoints {
			gauge(ch, up, truth(e.State == "up"), c.Name, e.Endpoint)
			collectFlow(ch, c.Name, &e)
			gauge(ch, behind, float64(e.UnprovenMS)/1000, c.Name, e.Endpoint)
			counter(ch, proofs, e.Proofs, c.Name, e.Endpoint)
			if e.Confirm != "" {
				gauge(ch, confirm, 1, c.Name, e.Endpoint, e.Confirm)
			}
			if e.Connection != nil {
				gauge(ch, unacked, float64(e.Connection.UnackedBytes), c.Name, e.Endpoint)
				gauge(ch, rtt, e.Connection.RTTMS/1000, c.Name, e.Endpoint)
			}
			if s := e.Spool; s != nil {
				gauge(ch, spoolPoints, float64(s.Points), c.Name, e.Endpoint)
				gauge(ch, spoolBytes, float64(s.Bytes), c.Name, e.Endpoint)
				gauge(ch, spoolOldest, float64(s.OldestMS)/1000, c.Name, e.Endpoint)
				gauge(ch, spoolFails, truth(s.Error != ""), c.Name, e.Endpoint)
			}
			for _, cert := range e.Certificates {
				gauge(ch, endExpiry, float64(cert.NotAfter.Unix()), c.Name, e.Endpoint, cert.File)
			}
		}
	}
	gauge(ch, memoryUsed, float64(s.Memory.Used))
	gauge(ch, memoryLimit, float64(s.Memory.Limit))
	gauge(ch, memoryTight, truth(s.Memory.Tight))
	gauge(ch, keptSeries, float64(s.History.Series))
	gauge(ch, keptPoints, float64(s.History.Points))
	gauge(ch, keptBytes, float64(s.History.Bytes))
	gauge(ch, notKept, float64(s.History.NotKept))
	for _, r := range s.Rules {
		rule := strconv.Itoa(r.Rule)
		counter(ch, ruleHits, r.Hits, rule)
		if r.LastHit != nil {
			gauge(ch, ruleLastHit, float64(r.LastHit.UnixMilli())/1000, rule)
		}
		if a := r.Aggregate; a != nil {
			gauge(ch, series, float64(a.Series), rule)
			counter(ch, ruleLate, a.Late, rule)
			counter(ch, ruleEarly, a.Early, rule)
			counter(ch, ruleMissed, a.Missed, rule)
			counter(ch, ruleAmends, a.Amended, rule)
			for c, n := range a.Diffs {
				counter(ch, ruleDiffs, n, rule, c)
			}
		}
	}
}
