package admin

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"plumbago/cmd/internal/daemon"
)

func collectStatus(ch chan<- prometheus.Metric, s *daemon.Status) {
	for _, c := range s.Clusters {
		for _, e := range c.Endpoints {
			gauge(ch, up, truth(e.State == "up"), c.Name, e.Endpoint)
			gauge(ch, oldest, float64(e.OldestMS)/1000, c.Name, e.Endpoint)
		}
	}
	for _, r := range s.Rules {
		rule := strconv.Itoa(r.Rule)
		gauge(ch, series, float64(r.Series), rule)
		counter(ch, ruleLate, r.Late, rule)
		counter(ch, ruleAmends, r.Amended, rule)
		for c, n := range r.Diffs {
			counter(ch, ruleDiffs, n, rule, c)
		}
	}
}
