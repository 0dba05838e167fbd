package daemon

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/stat"
	"plumbago/conf"
	"plumbago/ingest"
	"plumbago/relay/dest"
)

// sample returns an account and a status with one endpoint and one listener.
func sample() (*stat.Ledger, *Status) {
	l := &stat.Ledger{Counts: stat.Counts{Received: 10, Accepted: 9, Sent: 7, Unrouted: 1, Aggregated: 2, Emitted: 3}}
	l.Invalid[stat.BadValue] = 1
	l.Dropped[stat.DropRule], l.Dropped[stat.DropLate] = 4, 5
	e := stat.Endpoint{Cluster: "my store", Endpoint: "carbon.example.com:2003"}
	e.Enqueued, e.Delivered, e.Queued, e.Unproven = 20, 11, 3, 2
	e.Dropped[stat.LossOverflow] = 4
	l.Endpoints = []stat.Endpoint{e}
	s := &Status{
		Listeners: []ListenStatus{{Name: "tcp://:2003", Stats: ingest.Stats{Accepted: 6, Closed: 5}}},
		Clusters:  []ClusterStatus{{Name: "my store", Endpoints: []dest.Status{{Endpoint: "carbon.example.com:2003", State: dest.Up, Oldest: 1.5}}}},
		Rules:     []RuleStatus{{Rule: 1, Hits: 12, Aggregate: &FoldingStatus{Series: 2}}},
	}
	return l, s
}

// The figures have names that a store takes, each once, and are what the account says.
func TestFigures(t *testing.T) {
	f := func(all []figure, want map[string]float64) {
		t.Helper()
		seen := map[string]bool{}
		for _, one := range all {
			if v, asked := want[one.name]; asked && v != one.value {
				t.Errorf("%s is %v, want %v", one.name, one.value, v)
			}
			if seen[one.name] {
				t.Errorf("%s is there twice", one.name)
			}
			seen[one.name] = true
			odd := func(r rune) bool { return !strings.ContainsRune(".:", r) && node(string(r)) != string(r) }
			if strings.ContainsFunc(one.name, odd) || slices.Contains(strings.Split(one.name, "."), "") {
				t.Errorf("%q is no name", one.name)
			}
			delete(want, one.name)
		}
		if len(want) > 0 {
			t.Errorf("there is no %v", want)
		}
	}
	l, s := sample()
	f(ownFigures(l, s), map[string]float64{
		"received": 10, "invalid.bad_value": 1, "dropped.late": 5, "self": 0, "ledger_balanced": 0,
		"endpoints.my_store.carbon_example_com_2003.queued": 3, "endpoints.my_store.carbon_example_com_2003.dropped.overflow": 4,
		"endpoints.my_store.carbon_example_com_2003.oldest_queued_seconds": 1.5, "endpoints.my_store.carbon_example_com_2003.up": 1,
		"listeners.tcp____2003.connections": 0, "rules.1.hits": 12, "rules.1.series": 2,
	})
	f(relayCFigures(l, s), map[string]float64{
		"metricsReceived": 10, "metricsSent": 11, "metricsQueued": 5, "metricsDropped": 4, "metricsDiscarded": 1, "metricsBlackholed": 5, "metricStalls": 0,
		"connections": 6, "disconnects": 5, "destinations.carbon_example_com:2003.sent": 11, "destinations.carbon_example_com:2003.queued": 5,
		"destinations.carbon_example_com:2003.dropped": 4, "aggregators.metricsReceived": 2, "aggregators.metricsSent": 3, "aggregators.metricsDropped": 5,
	})
}

// What names begin with.
func TestSelfPrefix(t *testing.T) {
	for in, want := range map[string]string{"": "", "a.b": "a.b.", "a.b.": "a.b."} {
		if got := selfPrefix(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	if got := selfPrefix("x.{host}"); !strings.HasPrefix(got, "x.") || strings.ContainsAny(got[2:len(got)-1], ".{}") || !strings.HasSuffix(got, ".") {
		t.Errorf("of the host: %q", got)
	}
}

// Who waits for a configuration that wants figures is told when one comes, whatever the time; until then nothing wakes it.
func TestSelfAfterReload(t *testing.T) {
	parse := func(self string) *conf.File {
		t.Helper()
		f, faults := conf.Parse("test.toml", []byte("[self]\n"+self+"\n[[listen]]\nprotocol = \"line\"\naddress = \"tcp://127.0.0.1:0\"\n"),
			func(string) (string, bool) { return "", false })
		if faults != nil {
			t.Fatal(faults)
		}
		return f
	}
	d, err := New(parse(`interval = "0"`), zap.NewNop(), Options{Cores: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	defer d.Close(t.Context())
	_, turned := d.fileUntil()
	if _, err := d.Apply(parse(`interval = "1s"`)); err != nil {
		t.Fatal(err)
	}
	<-turned
	for l := (stat.Ledger{}); l.Self == 0; {
		if l, err = d.Ledger(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
