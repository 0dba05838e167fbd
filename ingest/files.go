package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"plumbago/ingest/mmstats"
)

// FilesOptions are the keys of [listen.mmstats]: how files that applications publish their figures in are made into samples.
type FilesOptions struct {
	// What becomes of a field that several files have: "sum" adds them up, "max" takes the largest, "each" makes a sample of
	// each file's. Of counters "sum" and "max" take the growth in each file, so a process that ends or begins again takes
	// nothing away.
	Files string `toml:"files" enum:"sum|max|each"`
	// What samples are called: {label} is the field's label, {file} the file's name without .mmstats and {pid} its
	// process, the latter two only with files = "each". Empty means "{label}", and with "each" "{label}.{file}".
	Name string `toml:"name"`
	// Globs for the labels of fields that are no counters though they are stored as such, as unsigned numbers of 64 bits
	// with two values: the format has no other sign of one. Counters become samples of type D, other numbers of type N.
	Gauges []string `toml:"gauges"`
}

// DefaultFilesOptions are the defaults of [listen.mmstats].
func DefaultFilesOptions() FilesOptions { return FilesOptions{Files: "sum"} }

// FilesStats are what a listener for files met.
type FilesStats struct {
	Read    int64 `json:"read"`    // files read, again at each period
	Fields  int64 `json:"fields"`  // numbers in them
	Damaged int64 `json:"damaged"` // files of which some or all could not be read
}

// filesCounts are what FilesStats reads.
type filesCounts struct{ read, fields, damaged atomic.Int64 }

// A fileSource makes samples of the files of one address, once a period. It hands lines to its worker, so that a label meets
// what any name meets.
type fileSource struct {
	feeder
	glob    string
	figures *figures
	sayBad  seldom
}

// newFileSource returns a source for one address.
func newFileSource(l *Listener, a Address) (*fileSource, error) {
	f, err := newFigures(l.opts.files())
	if err != nil {
		return nil, err
	}
	return &fileSource{feeder: newFeeder(l, a.String()), glob: a.Host, figures: f}, nil
}

// run samples at the periods' ends in Unix time until the listener stops.
func (s *fileSource) run() {
	for {
		period := s.listener.opts.period()
		next := time.Now().Truncate(period).Add(period)
		if !s.listener.pause(time.Until(next)) {
			return
		}
		if !s.sample(next) {
			return
		}
	}
}

// sample reads all files and hands on what they say. It reports whether the listener goes on.
func (s *fileSource) sample(at time.Time) bool {
	paths, err := filepath.Glob(s.glob)
	if err != nil {
		return true // checked before; nothing can be there
	}
	s.figures.begin()
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		fields, err := mmstats.ReadFile(path)
		switch {
		case os.IsNotExist(err): // its process has removed it
			continue
		case err != nil:
			s.damaged(path, err)
		}
		s.listener.counts.files.read.Add(1)
		s.listener.counts.files.fields.Add(s.figures.take(path, fields))
	}
	s.figures.finish(at)
	return s.hand(s.figures.lines(at.Unix()))
}

// damaged counts a file that is not whole, and says so now and then.
func (s *fileSource) damaged(path string, err error) {
	s.listener.counts.files.damaged.Add(1)
	if n, ok := s.sayBad.now(1); ok {
		s.listener.log.Warn("reading a file of figures", zap.String("listener", s.from.listener), zap.String("file", legible(path)),
			zap.String("problem", legible(err.Error())), zap.Int64("times", n))
	}
}

// base returns a file's name as {file} has it: a node of a metric's name.
func base(path string) string {
	return strings.ReplaceAll(strings.TrimSuffix(filepath.Base(path), ".mmstats"), ".", "_")
}
