package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"plumbago/conf"
)

// stateful returns a daemon with a state directory, not started.
func stateful(t *testing.T, dir string) (*Daemon, *observer.ObservedLogs) {
	t.Helper()
	text := fmt.Sprintf("[state]\ndir = %q\n[[listen]]\naddress = \"tcp://127.0.0.1:0\"\n[[rule]]\nmatch = \"**\"\n[rule.aggregate]\n", dir)
	f, faults := conf.Parse("test.toml", []byte(text), os.LookupEnv)
	if faults != nil {
		t.Fatal(faults)
	}
	core, logs := observer.New(zap.InfoLevel)
	d, err := New(f, zap.New(core), Options{Cores: 2, Deaf: true})
	if err != nil {
		t.Fatal(err)
	}
	return d, logs
}

// The directory is made, a snapshot is written at a stop and taken over at a start, and one that cannot be read is set
// aside with a message while the daemon starts all the same.
func TestSnapshotLife(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	path := filepath.Join(dir, "aggregates.state")
	run := func() (StateStatus, *observer.ObservedLogs) {
		t.Helper()
		d, logs := stateful(t, dir)
		if err := d.Start(); err != nil {
			t.Fatal(err)
		}
		s, err := d.Status(t.Context())
		if err != nil || s.State == nil || s.State.Dir != dir {
			t.Fatalf("%+v, %v", s.State, err)
		}
		d.Close(t.Context())
		return *s.State, logs
	}
	if s, _ := run(); s.Restored != nil || s.Error != "" {
		t.Errorf("at first: %+v", s)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	if s, _ := run(); s.Restored == nil || s.Restored.Gap < 0 || s.Restored.Gap > 600 {
		t.Errorf("then: %+v", s)
	}
	if err := os.WriteFile(path, []byte("no state at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, logs := run(); s.Restored != nil || logs.FilterMessageSnippet("set aside").Len() != 1 {
		t.Errorf("with another's file: %+v, %v", s, logs.All())
	}
	if aside, _ := filepath.Glob(path + ".bad-*"); len(aside) != 1 {
		t.Errorf("set aside are %v", aside)
	}
}

// A directory that cannot be made is an error of the start, and leaves nothing running.
func TestSnapshotDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d, _ := stateful(t, filepath.Join(file, "dir"))
	if err := d.Start(); err == nil {
		t.Error("it started")
		d.Close(t.Context())
	}
}
