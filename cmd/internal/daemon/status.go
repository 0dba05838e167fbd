package daemon

import (
	"context"
	"time"

	"plumbago/aggregate"
	"plumbago/carbon/transport"
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
	History    HistoryStatus   `json:"history"`
	Memory     MemoryStatus    `json:"memory"`
	State      *StateStatus    `json:"state,omitempty"`
	Reload     *ReloadStatus   `json:"reload,omitempty"` // how the last one went
}

// A ListenStatus is one listener's.
type ListenStatus struct {
	Name     string   `json:"name"` // its addresses as they are configured
	Protocol string   `json:"protocol"`
	Address  []string `json:"address"`
	ingest.Stats
	Callers      []ingest.Caller         `json:"callers"`                // those that gave the most trouble, or connected most often
	Sockets      []ingest.SocketStats    `json:"sockets,omitempty"`      // those for datagrams
	Certificates []transport.Certificate `json:"certificates,omitempty"` // what TLS uses
}

// A ClusterStatus is one cluster's.
type ClusterStatus struct {
	Name      string        `json:"name"`
	Protocol  string        `json:"protocol"`
	Policy    string        `json:"policy"`
	Endpoints []dest.Status `json:"endpoints"`
}

// A RuleStatus is what a rule met.
type RuleStatus struct {
	Rule      int            `json:"rule"` // its place in the table, from 1
	File      string         `json:"file,omitempty"`
	Line      int            `json:"line"`
	Match     string         `json:"match"`
	Action    string         `json:"action"`             // drop, rewrite, aggregate or send
	Hits      int64          `json:"hits"`               // samples and results that met it
	LastHit   *time.Time     `json:"last_hit,omitempty"` // when the latest of them arrived
	Aggregate *FoldingStatus `json:"aggregate,omitempty"`
}

// A FoldingStatus is what the aggregate of a rule did, beside the ledger.
type FoldingStatus struct {
	Series   int64            `json:"series"`
	Emitted  int64            `json:"emitted"`
	Amended  int64            `json:"amended"`
	Late     int64            `json:"late"`     // samples refused for their time
	Early    int64            `json:"early"`    // of these, those too far ahead
	Missed   int64            `json:"missed"`   // slices that a rollup does not hold, since it was over when they came
	Refused  int64            `json:"refused"`  // samples of series that a limit forbids
	Repeated int64            `json:"repeated"` // samples that dedup took for one that came before
	Diffs    map[string]int64 `json:"diffs"`    // first, same_time, back, gap, reset
}

// A HistoryStatus is how much is kept of the past of what the aggregates emit.
type HistoryStatus struct {
	Series  int64 `json:"series"` // results of which something is kept
	Points  int64 `json:"points"`
	Bytes   int64 `json:"bytes"`    // of memory, about
	NotKept int64 `json:"not_kept"` // results of live series of which nothing is, since history.series are
}

// Status says how the daemon is.
func (d *Daemon) Status(ctx context.Context) (Status, error) {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	s := Status{
		Version: Version(), Uptime: d.uptime().Seconds(), Config: d.file.Name(), ConfigHash: d.file.Hash(),
		Listeners: []ListenStatus{}, Clusters: []ClusterStatus{}, Rules: []RuleStatus{}, State: d.stateStatus(), Reload: d.reloadStatus(),
	}
	s.Memory = newMemory(d.memory.limit).status()
	s.Memory.Tight = d.memory.tight.Load()
	opened := d.opened()
	for _, l := range d.listeners {
		ls := ListenStatus{Name: l.Name(), Protocol: l.Protocol(), Address: []string{}, Callers: []ingest.Caller{}}
		if opened {
			ls.Stats, ls.Sockets, ls.Certificates, ls.Callers = d.leaving.statsOf(l), l.Sockets(), l.Certificates(), l.Callers()
			for _, a := range l.Addrs() {
				ls.Address = append(ls.Address, url{a}.String())
			}
		}
		s.Listeners = append(s.Listeners, ls)
	}
	for i, c := range d.table.Clusters {
		o := d.file.Cluster[i]
		cs := ClusterStatus{Name: c.Name, Protocol: o.Protocol, Policy: o.Policy}
		for _, e := range c.Dests {
			cs.Endpoints = append(cs.Endpoints, e.Status())
		}
		s.Clusters = append(s.Clusters, cs)
	}
	kept, err := d.aggregator.PastFigures(ctx)
	if err != nil {
		return s, err
	}
	s.History = HistoryStatus{kept.Series, kept.Points, kept.Bytes, kept.NotKept}
	s.Rules, err = d.rules(ctx)
	return s, err
}

// rules says what each rule met.
func (d *Daemon) rules(ctx context.Context) ([]RuleStatus, error) {
	tallies, err := d.table.Tally(ctx)
	if err != nil {
		return nil, err
	}
	for i, lane := range d.lanes {
		if err := d.ask(ctx, d.workers[i], func() { lane.Tally(d.table, tallies) }); err != nil {
			return nil, err
		}
	}
	all := []RuleStatus{}
	for i, t := range tallies {
		o := &d.file.Rule[i]
		s := RuleStatus{Rule: i + 1, File: o.File, Line: o.Line, Match: d.table.Match(i), Action: d.table.Action(i), Hits: t.Hits}
		if t.Last > 0 {
			last := time.UnixMilli(t.Last)
			s.LastHit = &last
		}
		all = append(all, s)
	}
	figures, err := d.aggregator.Figures(ctx)
	if err != nil {
		return nil, err
	}
	for i, f := range figures {
		if d.table.Folding(i) == 0 {
			continue // it measures what a listener gets
		}
		fs := &FoldingStatus{Series: f.Series, Emitted: f.Emitted, Amended: f.Amended, Late: f.Late, Early: f.Early, Missed: f.Missed, Refused: f.Refused, Repeated: f.Repeated,
			Diffs: map[string]int64{}}
		for c, n := range f.Cases {
			fs.Diffs[aggregate.Case(c).String()] = n
		}
		all[d.table.Folding(i)-1].Aggregate = fs
	}
	return all, nil
}

// uptime is how long ago d was started, 0 if it was not.
func (d *Daemon) uptime() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.started.IsZero() {
		return 0
	}
	return time.Since(d.started)
}
