package admin

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"plumbago/carbon/stat"
)

// onlyEndpoint is a collector of one endpoint's figures.
type onlyEndpoint struct{ e *stat.Endpoint }

func (c onlyEndpoint) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

func (c onlyEndpoint) Collect(ch chan<- prometheus.Metric) { collectEndpoint(ch, c.e) }

// A counter never goes down, as Prometheus would take that for a new process: points that leave an endpoint's account for
// another member's stay counted as put into its queue.
func TestMovedStaysEnqueued(t *testing.T) {
	e := &stat.Endpoint{Cluster: "c", Endpoint: "e", EndpointCounts: stat.EndpointCounts{Enqueued: 5, Queued: 5}}
	r := prometheus.NewRegistry()
	r.MustRegister(onlyEndpoint{e})
	f := func(want float64) {
		t.Helper()
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() != "plumbago_endpoint_enqueued_total" {
				continue
			}
			if got := family.GetMetric()[0].GetCounter().GetValue(); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			return
		}
		t.Error("it is not exported")
	}
	f(5)
	e.Enqueued, e.Queued, e.Moved = 1, 1, 4
	f(5)
}
