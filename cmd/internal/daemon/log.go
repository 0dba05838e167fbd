package daemon

import (
	"fmt"
	"os"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"plumbago/conf"
)

// A Log is where the daemon's own messages go.
type Log struct {
	*zap.Logger
	Level zap.AtomicLevel // from which on messages are written
	out   *output
	kinds *kinds
}

// NewLog opens the log that o describes. What is said often is thinned out.
func NewLog(o conf.Log) (*Log, error) {
	level, err := zap.ParseAtomicLevel(o.Level)
	if err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	out := &output{path: o.File, file: os.Stderr}
	if o.File != "" {
		if err := out.reopen(); err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
	}
	core := zapcore.NewCore(encoder(o.Format, out.file), out, level)
	thin := newThinned(core)
	return &Log{zap.New(thin), level, out, thin.kinds}, nil
}

// Settle tells of all that was held back, and holds nothing back any more: the end is near.
func (l *Log) Settle() { l.kinds.end() }

// Reopen opens the log's file anew, if it is one.
func (l *Log) Reopen() {
	if l.out.name() == "" {
		return
	}
	if err := l.out.reopen(); err != nil {
		l.Error("opening the log anew; the old file goes on", zap.Error(err))
	}
}

// Prepare opens the log that o describes and returns what makes l that one, but for its format.
func (l *Log) Prepare(o conf.Log) (change func(), err error) {
	level, err := zapcore.ParseLevel(o.Level)
	if err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	if o.File == l.out.name() {
		return func() { l.Level.SetLevel(level) }, nil
	}
	file := os.Stderr
	if o.File != "" {
		if file, err = openLog(o.File); err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
	}
	return func() {
		l.Level.SetLevel(level)
		l.out.replace(o.File, file)
	}, nil
}

func encoder(format string, file *os.File) zapcore.Encoder {
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.ISO8601TimeEncoder
	c.EncodeDuration = zapcore.StringDurationEncoder
	c.CallerKey = zapcore.OmitKey
	if format == "auto" {
		format = "json"
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			format = "console"
		}
	}
	if format == "console" {
		c.EncodeLevel = zapcore.CapitalLevelEncoder
		return zapcore.NewConsoleEncoder(c)
	}
	return zapcore.NewJSONEncoder(c)
}

// output is a file that can be replaced while it is written to.
type output struct {
	mu   sync.Mutex
	path string // empty for standard error
	file *os.File
}

func (o *output) name() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.path
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.file.Write(p)
}

// Sync does nothing: every message was written when Write returned, and standard error cannot be synced.
func (o *output) Sync() error { return nil }

func (o *output) reopen() error {
	path := o.name()
	f, err := openLog(path)
	if err != nil {
		return err
	}
	o.replace(path, f)
	return nil
}

// replace has what is written go to another file, which is called path.
func (o *output) replace(path string, f *os.File) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file != os.Stderr {
		o.file.Close()
	}
	o.path, o.file = path, f
}

func openLog(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
}
