package daemon

import (
	"os"
	"path/filepath"
	"testing"

	"plumbago/carbon"
	"plumbago/ingest/mmstats"
)

// What is published is what is read, in a file that has the figures of now and no other ones.
func TestPublication(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "own.mmstats")
	var p publication
	f := func(path string, all []figure, want map[string]any) {
		t.Helper()
		if err := p.write(path, all); err != nil {
			t.Fatal(err)
		}
		fields, err := mmstats.ReadFile(p.file.Path())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		for _, field := range fields {
			got[field.Label] = field.Value
			if _, asked := want[field.Label]; asked && field.Counter() != (field.Label == "p.sent") {
				t.Errorf("%s is a counter: %v", field.Label, field.Counter())
			}
		}
		if got["sys.pid"] == nil || len(got) != len(want)+6 {
			t.Errorf("the file has %v", got)
		}
		for name, v := range want {
			if got[name] != v {
				t.Errorf("%s is %v, want %v", name, got[name], v)
			}
		}
	}
	f(path, []figure{{"p.sent", carbon.Diff, 3, false}}, map[string]any{"p.sent": uint64(3)})
	f(path, []figure{{"p.sent", carbon.Diff, 5, false}, {"p.cpu", carbon.Diff, 1.5, true}, {"p.up", carbon.Raw, 1, false}},
		map[string]any{"p.sent": uint64(5), "p.cpu": 1.5, "p.up": 1.0})
	f(path, []figure{{"p.sent", carbon.Diff, 6, false}, {"p.up", carbon.Raw, 0, false}}, map[string]any{"p.sent": uint64(6), "p.up": 0.0})
	twice := []figure{{"p.sent", carbon.Diff, 6, false}, {"p.sent", carbon.Diff, 8, false}}
	f(path, twice, map[string]any{"p.sent": uint64(8)})
	same := p.file
	if f(path, twice, map[string]any{"p.sent": uint64(8)}); p.file != same {
		t.Error("two figures of one name make a new file each time")
	}
	f(filepath.Join(dir, "{PID}.x"), []figure{{"p.sent", carbon.Diff, 7, false}}, map[string]any{"p.sent": uint64(7)})
	if _, err := os.Stat(path); err == nil {
		t.Error("the file before it is still there")
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if err := p.close(); err != nil {
		t.Errorf("once more: %v", err)
	}
}
