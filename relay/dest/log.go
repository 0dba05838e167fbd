package dest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// A sink is a log: a standard stream, a file, or a tree of files. Whole lines are appended; the files stay open through
// errors that pass, such as a full disk, and are opened anew by reopen.
type sink struct {
	endpoint string
	jump     bool // the jumpscale layout, which alone can make a tree
	patience time.Duration

	layout layout
	file   *output // the one file, or
	tree   *tree   // the files of a tree
	opened time.Time
	text   text
	owed   []byte // the rest of a line whose beginning is in its file: it is written before anything else
	owedTo []byte // which file that is, in a tree
	trusting
}

func newSink(endpoint, name string, patience time.Duration) (*sink, error) {
	s := &sink{endpoint: endpoint, jump: name == "jumpscale", patience: patience}
	switch name {
	case "plain", "json", "":
		s.layout = verbatim
	case "jumpscale":
		s.layout = jumpscaleLines
	case "senf":
		s.layout = senf
	default:
		return nil, fmt.Errorf("unknown layout %q", name)
	}
	if endpoint == "" {
		return nil, errors.New(`it is neither "stdout" nor "stderr" nor a path`)
	}
	if strings.HasSuffix(endpoint, "/") && !s.jump {
		return nil, errors.New("it is a directory: only the jumpscale layout writes a tree of files")
	}
	return s, nil
}

// open opens what is not open yet.
func (s *sink) open(context.Context) (err error) {
	if s.file != nil || s.tree != nil {
		return nil
	}
	switch {
	case s.endpoint == "stdout":
		s.file, err = standard(os.Stdout)
	case s.endpoint == "stderr":
		s.file, err = standard(os.Stderr)
	case s.jump && isTree(s.endpoint):
		s.layout = jumpscaleTree
		s.tree, err = openTree(s.endpoint)
	default:
		s.file, err = openOutput(s.endpoint)
	}
	if err == nil && s.opened.IsZero() {
		s.opened = time.Now()
	}
	return err
}

// isTree says whether path is meant as the root of a tree.
func isTree(path string) bool {
	if strings.HasSuffix(path, "/") {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// reopen closes all files and opens them by their names again.
func (s *sink) reopen(ctx context.Context) error {
	s.shut()
	return s.open(ctx)
}

func (s *sink) close(context.Context, time.Time) error {
	s.shut()
	return nil
}

// shut closes all files.
func (s *sink) shut() {
	if s.file != nil {
		s.file.close()
		s.file = nil
	}
	if s.tree != nil {
		s.tree.close()
		s.tree = nil
	}
	s.owed = s.owed[:0]
}

// send appends the parcels' lines. After an error the next send goes on where it stopped, be it inside a line.
func (s *sink) send(ctx context.Context, ps []parcel) (written int64, err error) {
	paid, err := s.pay(ctx)
	if err != nil {
		return 0, s.keep(err)
	}
	for i := range ps {
		n, err := s.append(ctx, &ps[i], paid)
		written += n
		if err != nil {
			return written, s.keep(err)
		}
	}
	return written, nil
}

// keep closes the files unless err may go away while they stay open, and returns err.
func (s *sink) keep(err error) error {
	if !passes(err) {
		s.shut()
	}
	return err
}

// append appends what is left of p. If paid, the first line of a parcel that was cut is in its file already.
func (s *sink) append(ctx context.Context, p *parcel, paid bool) (written int64, err error) {
	s.text.reset()
	s.layout(&s.text, p.frame.Bytes[p.done:], time.Since(s.opened))
	base, from, lines := p.done, 0, s.text.lines
	if p.cut && paid {
		from = lines[0].out
		p.meet(base, &lines[0], true)
		lines = lines[1:]
	}
	p.cut = false
	for len(lines) > 0 {
		run := sameFile(lines)
		n, err := s.write(ctx, run, from)
		written += int64(n)
		end, fit := from+n, !errors.Is(err, errUnfit)
		if !fit {
			end = run[len(run)-1].out
		}
		for len(run) > 0 && run[0].out <= end {
			from = run[0].out
			p.meet(base, &run[0], fit)
			run, lines = run[1:], lines[1:]
		}
		if err != nil && fit {
			if from < end {
				s.owed = append(s.owed[:0], s.text.bytes[end:run[0].out]...)
				s.owedTo = append(s.owedTo[:0], run[0].file...)
				p.cut = true
			}
			return written, err
		}
	}
	return written, nil
}

// meet marks l as written, or as one that cannot be; base is where the text began in p.
func (p *parcel) meet(base int, l *line, written bool) {
	if written {
		p.delivered += l.points
	} else {
		p.failed += l.points
	}
	p.done = base + l.in
}

// sameFile returns the first of lines that go to one file.
func sameFile(lines []line) []line {
	n := 1
	for n < len(lines) && lines[n].unfit == lines[0].unfit && bytes.Equal(lines[n].file, lines[0].file) {
		n++
	}
	return lines[:n]
}

// write appends the lines of one file, which begin at from in the text. errUnfit says that they can never be written.
func (s *sink) write(ctx context.Context, run []line, from int) (int, error) {
	if run[0].unfit {
		return 0, errUnfit
	}
	out, err := s.output(run[0].file)
	if err != nil {
		return 0, err
	}
	return out.write(ctx, s.text.bytes[from:run[len(run)-1].out], s.patience)
}

// end is never asked for: a log is never stale.
func (s *sink) end(context.Context, time.Time) error { return nil }

func (s *sink) stale() <-chan struct{} { return nil }

// pay writes what is owed and reports whether a line became whole by it.
func (s *sink) pay(ctx context.Context) (bool, error) {
	if len(s.owed) == 0 {
		return false, nil
	}
	out, err := s.output(s.owedTo)
	if err != nil {
		return false, err
	}
	n, err := out.write(ctx, s.owed, s.patience)
	s.owed = s.owed[n:]
	return len(s.owed) == 0, err
}

// output returns the open file for a path in the tree, or the only one.
func (s *sink) output(path []byte) (*output, error) {
	if s.tree != nil {
		return s.tree.output(path)
	}
	return s.file, nil
}
