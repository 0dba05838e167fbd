package daemon

import (
	"context"

	"plumbago/aggregate"
	"plumbago/ingest"
	"plumbago/relay/dest"
)

// A Status is what /api/status shows.
type Status struct {
	Version    string          `json:"version"`
	Uptime     float64         `json:"uptime_seconds"`
	Config     string          `json:"config"`      // the file, or "built-in"
	ConfigHash string          `json:"config_hash"` // SHA-256 of what was read, includes too
	Listeners  []ListenStatus  `json:"listeners"`
	Clusters   []ClusterStatus `json:"clusters"`
	Rules      []RuleStatus    `json:"rules"`
}

// A ListenStatus is one listener's.
type ListenStatus struct {
	Name     string   `json:"name"` // its addresses as they are configured
	Protocol string   `json:"protocol"`
	Address  []string `json:"address"`
	ingest.Stats
}

// A ClusterStatus is one cluster's.
type ClusterStatus struct {
	Name      string        `json:"name"`
	Protocol  string        `json:"protocol"`
	Policy    string        `json:"policy"`
	Endpoints []dest.Status `json:"endpoints"`
}

// A RuleStatus is what an aggregate rule met, beside the ledger.
type RuleStatus struct {
	Rule    int              `json:"rule"` // its place in the table, from 1
	Line    int              `json:"line"`
	Series  int64            `json:"series"`
	Emitted int64            `json:"emitted"`
	Amended int64            `json:"amended"`
	Late    int64            `json:"late"`
	Refused int64            `json:"refused"` // samples of series that a limit forbids
	Diffs   map[string]int64 `json:"diffs"`   // first, same_time, back, gap, reset
}

// Status says how the daemon is.
func (d *Daemon) Status(ctx context.Context) (Status, error) {
	s := Status{
		Version: Version(), Uptime: d.uptime().Seconds(), Config: d.File.Name(), ConfigHash: d.File.Hash(),
		Listeners: []ListenStatus{}, Clusters: []ClusterStatus{}, Rules: []RuleStatus{},
	}
	opened := d.opened()
	for _, l := range d.listeners {
		ls := ListenStatus{Name: l.Name(), Protocol: l.Protocol(), Address: []string{}}
		if opened {
			ls.Stats = l.Stats()
			for _, a := range l.Addrs() {
				ls.Address = append(ls.Address, url{a}.String())
			}
		}
		s.Listeners = append(s.Listeners, ls)
	}
	for i, c := range d.table.Clusters {
		o := d.File.Cluster[i]
		cs := ClusterStatus{Name: c.Name, Protocol: o.Protocol, Policy: o.Policy}
		for _, e := range c.Dests {
			cs.Endpoints = append(cs.Endpoints, e.Status())
		}
		s.Clusters = append(s.Clusters, cs)
	}
	figures, err := d.table.Aggregator.Figures(ctx)
	if err != nil {
		return s, err
	}
	for id, f := range figures {
		number, line := d.table.Folding(id)
		rs := RuleStatus{Rule: number, Line: line, Series: f.Series, Emitted: f.Emitted, Amended: f.Amended, Late: f.Late, Refused: f.Refused,
			Diffs: map[string]int64{}}
		for c, n := range f.Cases {
			rs.Diffs[aggregate.Case(c).String()] = n
		}
		s.Rules = append(s.Rules, rs)
	}
	return s, nil
}
