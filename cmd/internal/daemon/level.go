package daemon

import (
	"errors"
	"fmt"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// levels are those that the log can be set to.
var levels = []zapcore.Level{zapcore.DebugLevel, zapcore.InfoLevel, zapcore.WarnLevel, zapcore.ErrorLevel}

// Level returns the least grave level of messages that the log has.
func (d *Daemon) Level() string {
	if d.options.Level == nil {
		return ""
	}
	return d.options.Level.String()
}

// SetLevel changes it, until the end of the process.
func (d *Daemon) SetLevel(text string) error {
	if d.options.Level == nil {
		return errors.New("the log's level cannot be changed")
	}
	for _, l := range levels {
		if l.String() == text {
			before := d.options.Level.Level()
			d.options.Level.SetLevel(min(before, l, zapcore.InfoLevel)) // so that this is said
			d.log.Info("changed the level of the log", zap.Stringer("from", before), zap.Stringer("to", l))
			d.options.Level.SetLevel(l)
			return nil
		}
	}
	return fmt.Errorf("%q is no level: there are debug, info, warn and error", text)
}
