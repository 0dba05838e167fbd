package daemon

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	// thinWindow is the time in which messages that are alike are counted together, thinBurst how many of them are written
	// in the first such time. Where it goes on, each further one brings a single line.
	thinWindow = 10 * time.Second
	thinBurst  = 5
	// thinFirst is thinBurst for the first information of a kind: at the start there may be one for each part.
	thinFirst = 100
	// mostKinds is how many kinds of messages are kept in mind before those that have become quiet are forgotten.
	mostKinds = 512
	// mostText is how much of a text is written.
	mostText = 1000
)

// A thinned core writes the first few of messages that are alike, and of the others only the last one in ten seconds, with
// how many it stands for: trouble at a high rate must not become a flood of words about it. Alike are messages of one text,
// which is ours and never made of what came from outside, of one part (an endpoint). What stands in their fields may come
// from anywhere, so it is made plain ASCII of bounded length.
type thinned struct {
	zapcore.Core
	part  uint64 // stands for the fields that were added by With
	kinds *kinds
}

// kinds are the messages that were written lately.
type kinds struct {
	mu    sync.Mutex
	seed  maphash.Seed
	by    map[kind]*tally
	ended bool // nothing is held back any more
}

type kind struct {
	part uint64
	text string
}

// A tally is what was written, and what was not, of one kind of messages.
type tally struct {
	begun time.Time // its window
	left  int       // how many more are written in this window
	held  int64     // how many were not
	core  zapcore.Core
	last  zapcore.Entry // the latest of these
	with  []zapcore.Field
	timer *time.Timer // tells of them at the end of the window; nil if there are none
}

func newThinned(core zapcore.Core) thinned {
	return thinned{Core: core, kinds: &kinds{seed: maphash.MakeSeed(), by: map[kind]*tally{}}}
}

// With returns a core for one part: its fields stand in each of its messages.
func (t thinned) With(fields []zapcore.Field) zapcore.Core {
	var h maphash.Hash
	h.SetSeed(t.kinds.seed)
	fmt.Fprint(&h, t.part)
	for _, f := range fields {
		fmt.Fprintf(&h, "\x00%s\x00%s\x00%d", f.Key, f.String, f.Integer)
	}
	return thinned{Core: t.Core.With(plainFields(fields)), part: h.Sum64(), kinds: t.kinds}
}

// Check adds the core if the level is written at all.
func (t thinned) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if t.Enabled(e.Level) {
		return ce.AddCore(e, t)
	}
	return ce
}

// Write writes a message or holds it back.
func (t thinned) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if !t.kinds.pass(t.Core, kind{t.part, e.Message}, e, fields) {
		return nil
	}
	return write(t.Core, e, fields)
}

func write(core zapcore.Core, e zapcore.Entry, fields []zapcore.Field) error {
	e.Message = plain(e.Message)
	return core.Write(e, plainFields(fields))
}

// pass says whether a message is to be written now; else it is kept in mind.
func (k *kinds) pass(core zapcore.Core, of kind, e zapcore.Entry, fields []zapcore.Field) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		return true
	}
	a := k.by[of]
	if a == nil {
		k.sweep(e.Time)
		a = &tally{}
		k.by[of] = a
	}
	if e.Time.Sub(a.begun) >= thinWindow && a.held == 0 {
		a.left = thinBurst
		if a.begun.IsZero() && e.Level == zapcore.InfoLevel {
			a.left = thinFirst
		}
		a.begun = e.Time
	}
	if a.left > 0 {
		a.left--
		return true
	}
	a.held++
	a.core, a.last, a.with = core, e, slices.Clone(fields)
	if a.timer == nil {
		a.timer = time.AfterFunc(max(0, thinWindow-e.Time.Sub(a.begun)), func() { k.tell(a) })
	}
	return false
}

// sweep forgets kinds that have become quiet, if there are many.
func (k *kinds) sweep(now time.Time) {
	if len(k.by) < mostKinds {
		return
	}
	for of, a := range k.by {
		if a.held == 0 && now.Sub(a.begun) >= thinWindow {
			delete(k.by, of)
		}
	}
}

// tell writes the latest message that was held back, and how many there were. The next window is only for more of them.
func (k *kinds) tell(a *tally) {
	k.mu.Lock()
	held, core, last, with := a.held, a.core, a.last, a.with
	a.begun, a.left, a.held, a.with, a.timer = time.Now(), 0, 0, nil, nil
	k.mu.Unlock()
	if held == 0 {
		return
	}
	_ = write(core, last, append(with, zap.Int64("more", held), zap.Duration("within", thinWindow)))
}

// end tells of all that was held back, and holds nothing back any more.
func (k *kinds) end() {
	k.mu.Lock()
	k.ended = true
	all := []*tally{}
	for _, a := range k.by {
		if a.timer != nil && a.timer.Stop() {
			all = append(all, a)
		}
	}
	k.mu.Unlock()
	for _, a := range all {
		k.tell(a)
	}
}

// plainFields makes the texts in fields plain.
func plainFields(fields []zapcore.Field) []zapcore.Field {
	done := make([]zapcore.Field, len(fields))
	for i, f := range fields {
		switch f.Type {
		case zapcore.StringType:
			f.String = plain(f.String)
		case zapcore.ErrorType, zapcore.StringerType:
			f = zap.String(f.Key, plain(fmt.Sprint(f.Interface)))
		}
		done[i] = f
	}
	return done
}

// plain makes a text printable ASCII of bounded length. One that is so already stays as it is.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case b.Len() >= mostText:
			b.WriteString("...")
			return b.String()
		case r < ' ' || r > '~':
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
