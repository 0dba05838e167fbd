package daemon

import (
	"path/filepath"
	"time"

	"plumbago/conf"
	"plumbago/relay"
	"plumbago/relay/dest"
	"plumbago/relay/spool"
)

// SpoolRoot returns where the spools lie below state.dir.
func SpoolRoot(dir string) string { return filepath.Join(dir, "spool") }

// A SpoolInfo is what lies on disk for one endpoint, seen from outside.
type SpoolInfo struct {
	Cluster  string     `json:"cluster"` // what the directory is called, if it is not called as a spool is
	Endpoint string     `json:"endpoint"`
	Form     string     `json:"form"` // plaintext, types or pickle: how the points are encoded
	Dir      string     `json:"dir"`
	Points   int64      `json:"points"`
	Bytes    int64      `json:"bytes"`
	Segments int        `json:"segments"`
	Oldest   *time.Time `json:"oldest,omitempty"` // when the oldest point came in
	Newest   *time.Time `json:"newest,omitempty"` // when the oldest point of the last record did
	Torn     int64      `json:"torn_bytes"`       // unfinished at the end; cut off when it is opened
	InUse    bool       `json:"in_use"`
	Pid      int        `json:"pid,omitempty"` // of the process that has it, or had it last
	Orphan   bool       `json:"orphan"`        // no endpoint of the configuration has this spool
	Error    string     `json:"error,omitempty"`

	Name string `json:"-"` // what package spool calls it
}

// Spools looks into all spools below a state directory; f says which of them are orphans.
func Spools(f *conf.File, dir string) ([]SpoolInfo, error) {
	listed, err := spool.List(SpoolRoot(dir))
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for i := range f.Cluster {
		for _, n := range spoolNames(&f.Cluster[i]) {
			own[n.String()] = true
		}
	}
	all := make([]SpoolInfo, len(listed))
	for i := range listed {
		all[i] = spoolInfo(&listed[i])
		all[i].Orphan = !own[all[i].Name]
	}
	return all, nil
}

// spoolNames returns the names of the spools that a cluster's endpoints have.
func spoolNames(o *relay.ClusterOptions) (names []dest.SpoolName) {
	for _, address := range o.Addresses() {
		names = append(names, dest.NameSpool(o.Name, address, o.Options))
	}
	return names
}

func spoolInfo(l *spool.Listing) SpoolInfo {
	s := SpoolInfo{
		Name: l.Name, Cluster: l.Name, Dir: l.Dir, Points: l.Level.Points, Bytes: l.Level.Bytes, Segments: l.Level.Segments,
		Oldest: moment(l.Level.Oldest), Newest: moment(l.Level.Newest), Torn: l.Torn.Bytes, InUse: l.InUse, Pid: l.LastOpen,
	}
	if n, ok := dest.ParseSpoolName(l.Name); ok {
		s.Cluster, s.Endpoint, s.Form = n.Cluster, n.Endpoint, n.Form
	}
	if l.Err != nil {
		s.Error = l.Err.Error()
	}
	return s
}

// moment returns the time of Unix milliseconds, nil for none.
func moment(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}
