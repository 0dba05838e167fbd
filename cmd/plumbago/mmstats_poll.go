package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"plumbago/ingest/mmstats"
)

// A poll is the command "mmstats poll".
type poll struct {
	count, headers int
	delay          time.Duration
	filters        []string
	prefix         string

	fields []string
	paths  []string
	color  bool
	were   map[string]map[string]float64 // each file's numbers at the line before
}

func pollCommand() *cobra.Command {
	p := &poll{}
	seconds := 1
	cmd := &cobra.Command{
		Use: "poll [-c COUNT] [-d SECONDS] [-f LABEL=VALUE] [-n LINES] [-p PREFIX] FIELD,... [FILE...]", Args: arguments(1, -1),
		Short: "Print how some fields change, as vmstat does",
		Long:  "Prints a line every second: for each field the sum over all files of its growth since the line before; the first line has the\nsums themselves. Files that appear later are taken in, with all that they count; those that go away take nothing with them.",
		RunE: func(cmd *cobra.Command, args []string) error {
			p.delay = time.Duration(seconds) * time.Second
			if seconds < 1 {
				return errors.New("--delay must be at least a second")
			}
			for field := range strings.SplitSeq(args[0], ",") {
				p.fields = append(p.fields, p.prefix+strings.TrimSpace(field))
			}
			p.paths = args[1:]
			p.color = terminal(cmd.OutOrStdout())
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return quiet(p.run(ctx, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().IntVarP(&p.count, "count", "c", 0, "print so many lines and end (0: go on)")
	cmd.Flags().IntVarP(&seconds, "delay", "d", 1, "seconds between two lines")
	cmd.Flags().StringArrayVarP(&p.filters, "filter", "f", nil, "only files that have the field LABEL, or with LABEL=VALUE this value")
	cmd.Flags().IntVarP(&p.headers, "headers", "n", 20, "without --count: repeat the header after so many lines")
	cmd.Flags().StringVarP(&p.prefix, "prefix", "p", "", "put before each field, and left out in the header")
	return cmd
}

// terminal says whether out is one.
func terminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (p *poll) run(ctx context.Context, out, problems io.Writer) error {
	p.were = map[string]map[string]float64{}
	tick := time.NewTicker(p.delay)
	defer tick.Stop()
	for n := 0; ; {
		if n == 0 || p.count == 0 && p.headers > 0 && n%p.headers == 0 {
			if _, err := io.WriteString(out, p.header()); err != nil {
				return err
			}
		}
		sums, found := p.look(problems, n == 0)
		if n == 0 && found == 0 {
			return errors.New("no file has any of these fields (see plumbago mmstats slurp)")
		}
		if _, err := io.WriteString(out, p.line(sums)); err != nil {
			return err
		}
		if n++; n == p.count {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// look reads the files and returns what each field has grown by since the last time, and how many files have any.
func (p *poll) look(problems io.Writer, first bool) (sums []float64, found int) {
	sums = make([]float64, len(p.fields))
	now := map[string]map[string]float64{}
	for _, path := range files(p.paths) {
		fields, err := mmstats.ReadFile(path)
		if err != nil && first {
			fmt.Fprintf(problems, "Error reading: %s\n%v\n", path, err)
		}
		if !p.wants(fields) {
			continue
		}
		numbers := map[string]float64{}
		for i := range fields {
			if v, ok := fields[i].Number(); ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
				numbers[fields[i].Label] = v
			}
		}
		now[path] = numbers
		found++
		for i, label := range p.fields {
			sums[i] += numbers[label] - p.were[path][label]
		}
	}
	p.were = now
	return sums, found
}

// wants says whether a file has one of the fields, and everything that is filtered by.
func (p *poll) wants(fields []mmstats.Field) bool {
	for _, filter := range p.filters {
		label, value, valued := strings.Cut(filter, "=")
		ok := false
		for _, f := range fields {
			ok = ok || f.Label == label && (!valued || valueText(f.Value) == value)
		}
		if !ok {
			return false
		}
	}
	for _, f := range fields {
		for _, label := range p.fields {
			if f.Label == label {
				return true
			}
		}
	}
	return false
}

const columnWidth = 20

func (p *poll) header() string {
	columns := make([]string, len(p.fields))
	for i, label := range p.fields {
		name := []rune(printable(strings.TrimPrefix(label, p.prefix)))
		columns[i] = p.paint("1", center(string(name[:min(len(name), columnWidth)])))
	}
	return strings.Join(columns, "|") + "\n"
}

// center centres text as Python's str.center does.
func center(text string) string {
	space := columnWidth - len([]rune(text))
	left := space/2 + space&columnWidth&1
	return strings.Repeat(" ", left) + text + strings.Repeat(" ", space-left)
}

func (p *poll) line(sums []float64) string {
	columns := make([]string, len(sums))
	for i, v := range sums {
		text := strconv.FormatFloat(math.Trunc(v), 'f', 0, 64)
		if text == "-0" {
			text = "0"
		}
		columns[i] = p.paint("33", fmt.Sprintf("%*s", columnWidth-1, text)) + " "
	}
	return strings.Join(columns, "|") + "\n"
}

// paint puts text in a colour of the terminal, if it is one.
func (p *poll) paint(code, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
