package daemon

import (
	"fmt"
	"path/filepath"
	"time"

	"plumbago/conf"
	"plumbago/relay/dest"
	"plumbago/relay/spool"
)

// SpoolRoot returns where the spools lie below state.dir.
func SpoolRoot(dir string) string { return filepath.Join(dir, "spool") }

// openSpools opens every cluster's spools, or none. Another process may have one of them.
func (d *Daemon) openSpools() error {
	for i, c := range d.table.Clusters {
		if err := c.Open(); err != nil {
			for _, opened := range d.table.Clusters[:i] {
				opened.Unopen()
			}
			return err
		}
	}
	return nil
}

// A SpoolInfo is what lies on disk for one endpoint, seen from outside.
type SpoolInfo struct {
	Cluster  string     `json:"cluster"` // what the directory is called, if it is not called as a spool is
	Endpoint string     `json:"endpoint"`
	Form     string     `json:"form"` // plaintext, types, pickle or redis: how the points are encoded
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
		o := &f.Cluster[i]
		for _, address := range o.Addresses() {
			if o.Spool > 0 {
				own[dest.NameSpool(o.Name, address, o.Options).String()] = true
			}
		}
	}
	all := make([]SpoolInfo, len(listed))
	for i := range listed {
		all[i] = spoolInfo(&listed[i])
		all[i].Orphan = !own[all[i].Name]
	}
	return all, nil
}

// WarnOfSpools adds to f's warnings the spools below its state.dir that hold points which nobody will send, and those that
// cannot be read.
func WarnOfSpools(f *conf.File) {
	if f.State.Dir == "" {
		return
	}
	all, err := Spools(f, f.State.Dir)
	if err != nil {
		f.Warn("state.dir", err.Error(), "")
	}
	for i := range all {
		s := &all[i]
		switch {
		case s.Error != "":
			f.Warn("state.dir", fmt.Sprintf("the spool in %s cannot be read: %s", s.Dir, s.Error), "")
		case s.Orphan && s.Points > 0:
			f.Warn("state.dir", fmt.Sprintf("%d points wait for %s of %q, which no cluster has with a spool", s.Points, s.Endpoint, s.Cluster),
				`"plumbago spool cat" prints them, "plumbago spool purge" throws them away`)
		}
	}
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
