package lint

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed says which packages of this module, and which modules of others, each package may import besides the standard
// library. Leaves come first and everything points up this table; a package that is not in it does not pass.
var allowed = map[string][]string{
	"carbon/pattern":    {},
	"carbon/stat":       {},
	"carbon/transport":  {compress, lz4},
	"carbon/top":        {},
	"relay/ring":        {},
	"relay/spool":       {},
	"ingest/resp":       {},
	"ingest/mmstats":    {},
	"aggregate/bucket":  {"aggregate/sketch", "aggregate/state"},
	"ingest/lists":      {redis},
	"ingest/events":     {"aggregate/bucket", "aggregate/state", "ingest/resp"},
	"aggregate/sketch":  {},
	"aggregate/history": {},

	"carbon":          {"carbon/stat"},
	"carbon/tap":      {"carbon", "carbon/pattern"},
	"aggregate/state": {"aggregate/sketch"},
	"aggregate":       {"carbon", "carbon/pattern", "carbon/stat", "aggregate/history", "aggregate/sketch", "aggregate/state", zap},
	"aggregate/book":  {"carbon", "carbon/pattern", "carbon/stat", "aggregate", "aggregate/history", "aggregate/state"},
	"aggregate/query": {"carbon/pattern", "aggregate/history"},
	"relay/dest":      {"carbon", "carbon/stat", "carbon/transport", "relay/spool", zap, sys},
	"ingest/statsd":   {"carbon", "carbon/stat", "aggregate/sketch"},
	"ingest":          {"carbon", "carbon/pattern", "carbon/stat", "carbon/top", "carbon/transport", "aggregate/state", "ingest/events", "ingest/lists", "ingest/resp", "ingest/mmstats", "ingest/statsd", zap, sys},
	"relay":           {"carbon", "carbon/pattern", "carbon/stat", "carbon/tap", "carbon/top", "relay/ring", "relay/dest", "aggregate", "aggregate/sketch", zap},

	"conf": {"carbon", "carbon/transport", "carbon/pattern", "aggregate", "aggregate/history", "ingest", "ingest/events", "ingest/lists", "ingest/statsd", "relay", "relay/dest", "relay/ring", toml},

	"cmd/internal/convert":  {"carbon/pattern", "conf", toml},
	"cmd/internal/daemon":   {every, zap, sys, systemd},
	"cmd/internal/admin":    {every, zap, "github.com/prometheus/client_golang"},
	"cmd/internal/page":     {},
	"cmd/internal/story":    {every, zap},
	"cmd/internal/graphite": {"carbon", "carbon/pattern"},
	"cmd/internal/mmash":    {every},
	"cmd/plumbago":          {every, zap, sys, "github.com/spf13/cobra"},

	"bench/load": {},
	"bench/sink": {"github.com/lomik/graphite-pickle"},
	"bench/copy": {},
	"bench/run":  {sys},

	"carbon/transport/certtest": {}, // by tests only

	"scripts/e2e":  {"ingest/mmstats"},
	"scripts/lint": {},
}

const (
	every = "..." // any package of this module
	zap   = "go.uber.org/zap"
	sys   = "golang.org/x/sys"
	toml  = "github.com/BurntSushi/toml"

	redis   = "github.com/redis/go-redis/v9"
	systemd = "github.com/coreos/go-systemd/v22"

	compress = "github.com/klauspost/compress"
	lz4      = "github.com/pierrec/lz4/v4"
)

// A listed package is what "go list -json" says of it.
type listed struct {
	ImportPath string
	Name       string
	Dir        string
	Doc        string
	Imports    []string
	GoFiles    []string
}

// list returns the packages of this module.
func list(t *testing.T) (all []listed) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Dir,Doc,Imports,GoFiles", "plumbago/...")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestImports holds every import to the table.
func TestImports(t *testing.T) {
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, "plumbago/")
		may, ok := allowed[name]
		if !ok {
			t.Errorf("package %s is not in the table of imports", name)
			continue
		}
		for _, path := range p.Imports {
			if first, _, _ := strings.Cut(path, "/"); path == "C" || first != "plumbago" && !strings.Contains(first, ".") {
				continue // the standard library
			}
			if !slices.ContainsFunc(may, func(m string) bool { return covers(m, path) }) {
				t.Errorf("%s imports %s, which the table does not allow", name, path)
			}
		}
	}
}

// covers says whether an entry of the table allows path.
func covers(entry, path string) bool {
	own, is := strings.CutPrefix(path, "plumbago/")
	switch {
	case is:
		return entry == every || entry == own
	default:
		return path == entry || strings.HasPrefix(path, entry+"/")
	}
}
