package story

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"plumbago/cmd/internal/daemon"
)

// Run runs a story that Against made ready in a bubble of its own. With update it writes what really came into the
// story's expectations.
func Run(t *testing.T, s *Story, update bool) {
	synctest.Test(t, func(t *testing.T) {
		r := &runner{T: t, story: s, stage: s.stage, update: update, sinks: newSinks(s.endpoints())}
		if state := &r.stage.file.State; state.Dir != "" {
			state.Dir = t.TempDir() // its own, which is empty at first
		}
		if !r.start() {
			return
		}
		for i := range s.Steps {
			time.Sleep(time.Until(s.Steps[i].At))
			synctest.Wait()
			r.step(&s.Steps[i])
		}
		r.stop()
		for _, k := range r.sinks {
			k.set("down")
		}
	})
}

// A runner is one run of a story.
type runner struct {
	*testing.T
	story  *Story
	stage  *stage
	update bool
	sinks  sinks
	daemon *daemon.Daemon
	conns  map[string]net.Conn
}

func (r *runner) fail(s *Step, format string, args ...any) {
	r.Helper()
	r.Errorf("%s:%d: %s: %s", r.story.File, s.Line, s.Title, fmt.Sprintf(format, args...))
}

func (r *runner) start() bool {
	d, err := daemon.New(r.stage.file, zap.NewNop(), daemon.Options{Dial: r.sinks.dial, Cores: 2, Deaf: true})
	if err == nil {
		err = d.Start()
	}
	if err != nil {
		r.Errorf("starting: %v", err)
		return false
	}
	r.daemon, r.conns = d, map[string]net.Conn{}
	return true
}

// stop ends the daemon in order, as SIGTERM does, and checks its last ledger.
func (r *runner) stop() {
	for _, c := range r.conns {
		c.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r.daemon.Close(ctx)
	synctest.Wait()
	l, err := r.daemon.Ledger(context.Background()) // ctx may be used up by queues that could not drain
	if err != nil || !l.Balanced {
		text, _ := json.Marshal(l)
		r.Errorf("the ledger does not balance at the end (%v): %s", err, text)
	}
}

func (r *runner) step(s *Step) {
	switch s.Verb {
	case "send":
		r.send(s)
	case "expect":
		r.expect(s)
	case "ledger":
		r.ledger(s)
	case "query":
		r.query(s)
	case "down", "up", "stall":
		r.sink(s).set(s.Verb)
	case "reload":
		s.stage.file.State.Dir = r.stage.file.State.Dir
		if _, err := r.daemon.Apply(s.stage.file); err != nil {
			r.fail(s, "%v", err)
			return
		}
		r.stage = s.stage
	case "restart":
		r.stop()
		if !r.start() {
			r.FailNow()
		}
	}
	synctest.Wait()
}

// sink is the one that a step names.
func (r *runner) sink(s *Step) *sink { return r.sinks[r.stage.names[s.Arg]] }

// send writes the body's lines on the step's connection.
func (r *runner) send(s *Step) {
	conn := r.conns[s.Arg]
	if conn == nil {
		ours, theirs := net.Pipe()
		r.daemon.Listener(r.stage.listen).Serve(theirs)
		conn, r.conns[s.Arg] = ours, ours
	}
	for _, line := range r.lines(s) {
		if _, err := fmt.Fprintln(conn, line); err != nil {
			r.fail(s, "%v", err)
		}
	}
}

// lines returns the body's lines with its words for times put into figures.
func (r *runner) lines(s *Step) (lines []string) {
	for _, line := range s.Body {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		words := strings.Fields(line)
		for i := range words {
			if words[i] == "now" {
				words[i] = unix(time.Now())
			} else if at, ok := clock(words[i]); ok {
				words[i] = unix(at)
			}
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return lines
}

// unix writes a time as Unix seconds, with decimals only where it has them.
func unix(t time.Time) string {
	return strings.TrimSuffix(fmt.Sprintf("%d.%03d", t.Unix(), t.Nanosecond()/1e6), ".000")
}

// expect compares what came to a sink with the body, in any order.
func (r *runner) expect(s *Step) {
	got := r.sink(s).look()
	slices.Sort(got)
	var want []string
	for _, line := range s.Body {
		if !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != "" {
			want = append(want, strings.Join(strings.Fields(line), " "))
		}
	}
	slices.Sort(want)
	if slices.Equal(got, want) {
		return
	}
	if r.update {
		s.Body = got
		return
	}
	r.fail(s, "got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
}

// ledger compares figures of the ledger with the body, and the ledger with its laws.
func (r *runner) ledger(s *Step) {
	l, err := r.daemon.Ledger(context.Background())
	if err != nil {
		r.fail(s, "%v", err)
		return
	}
	text, _ := json.Marshal(l)
	if !l.Balanced {
		r.fail(s, "it does not balance: %s", text)
	}
	var tree map[string]any
	json.Unmarshal(text, &tree)
	for _, line := range s.Body {
		key, value, ok := strings.Cut(line, " ")
		if strings.HasPrefix(line, "#") || !ok {
			continue
		}
		if got := figure(tree, key); got != strings.TrimSpace(value) {
			r.fail(s, "%s is %s, not %s: %s", key, got, value, text)
		}
	}
}

// figure finds a key like "sent", "dropped.late" or "endpoints.0.delivered".
func figure(tree any, key string) string {
	for part := range strings.SplitSeq(key, ".") {
		switch t := tree.(type) {
		case map[string]any:
			tree = t[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(t) {
				return "missing"
			}
			tree = t[i]
		}
	}
	if tree == nil {
		return "missing"
	}
	return fmt.Sprint(tree)
}
