// Run measures plumbago beside other relays on the same work: one generator, one counting sink, and the systems of a
// scenario in turn between them, so that whatever else the machine does meets all of them alike. It reports medians,
// their spread and ratios. scripts/bench calls it; bench/README.md says how to read its results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A bench is what all scenarios share.
type bench struct {
	root    string   // of the tree
	bin     string   // where the programs are
	peers   string   // where the configurations are
	results string   // where results go
	groups  []string // the first two nodes of the generator's names
	base    string   // revision to compare with, "" for none
	runs    int
	seconds int      // instead of the scenario's, if not 0
	systems []string // those asked for; empty for the usual ones
	built   bool     // the programs are there already
	verify  bool     // look into every line that arrives, which costs the sink more than it costs a relay
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run parses the arguments and runs the scenarios. It expects the working directory to be the root of the tree.
func run(ctx context.Context, args []string) error {
	var b bench
	var systems string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&b.runs, "runs", 3, "how often each system is measured")
	f.IntVar(&b.seconds, "seconds", 0, "how long a run sends, instead of what the scenario says")
	f.StringVar(&systems, "systems", "", "measure only these, separated by commas")
	f.StringVar(&b.base, "base", "", "measure plumbago as of this revision too")
	f.BoolVar(&b.verify, "verify", false, "look into every line at the sink: what is right, not how fast it is")
	f.BoolVar(&b.built, "built", false, "build nothing, take the programs that are in bin")
	f.StringVar(&b.results, "results", "bench/results", "where to write the results")
	f.Usage = func() { usageText(f) }
	names, err := parse(f, args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if systems != "" {
		b.systems = strings.Split(systems, ",")
	}
	var chosen []scenario
	for _, name := range names {
		found := find(name)
		if found == nil {
			return fmt.Errorf("there is no scenario %q", name)
		}
		chosen = append(chosen, found...)
	}
	if len(chosen) == 0 || b.runs < 1 {
		usageText(f)
		return errors.New("at least one scenario and one run are needed")
	}
	b.root, b.bin, b.peers = ".", "bin", "bench/peers"
	if err := b.build(ctx, "load", "sink", "copy", "plumbago"); err != nil {
		return err
	}
	if b.base != "" && !b.built {
		if err := b.buildBase(ctx); err != nil {
			return err
		}
	}
	aims := ""
	for _, s := range chosen {
		text, err := b.scenario(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if text != "" {
			aims += fmt.Sprintf("\n%s: %s\n\n%s", s.name, s.about, text)
		}
	}
	fmt.Print(aims)
	return nil
}

// parse takes flags and names in any order.
func parse(f *flag.FlagSet, args []string) (names []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			return names, nil
		}
		names = append(names, f.Arg(0))
		args = f.Args()[1:]
	}
}

// usageText prints what can be asked for.
func usageText(f *flag.FlagSet) {
	fmt.Fprintln(os.Stderr, "usage: scripts/bench SCENARIO... [--runs N] [--seconds S] [--systems NAME,...] [--base REVISION] [--verify]")
	for _, s := range scenarios() {
		fmt.Fprintf(os.Stderr, "  %-8s %s\n", s.name, s.about)
	}
	fmt.Fprintln(os.Stderr, "A, B and so on are all of that letter, targets those that say what is wanted, all is everything.")
	f.PrintDefaults()
}

// scenario measures all entries of one scenario in turn, round by round, and writes the results. It returns what was wanted of it
// beside what came out.
func (b *bench) scenario(ctx context.Context, s scenario) (aims string, err error) {
	if b.seconds > 0 {
		s.seconds = b.seconds
	}
	s.chosen(b.systems, b.base != "")
	if len(s.entries) == 0 {
		return "", fmt.Errorf("it has none of the systems %v", b.systems)
	}
	about := b.runs * len(s.entries) * (s.seconds + 2)
	fmt.Printf("== %s: %s; %d runs of %d s, about %d s if nobody loses lines\n", s.name, s.about, b.runs, s.seconds, about)
	r := newResult(b, s)
	skipped := map[string]bool{}
	for round := range b.runs {
		for _, e := range s.entries {
			if skipped[e.label] {
				continue
			}
			m, err := b.measure(ctx, s, e)
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			if err != nil {
				m.Skipped = err.Error()
			}
			m.Round = round
			r.Measurements = append(r.Measurements, m)
			skipped[e.label] = m.Skipped != ""
			fmt.Println("  ", m)
		}
	}
	text := r.markdown(s)
	fmt.Println(text)
	return r.aims(s), r.write(b.results, text)
}

// program returns the path of a program of this tree.
func (b *bench) program(name string) string { return filepath.Join(b.bin, name) }

// build makes programs of this tree, the generator among them, which it asks for the names.
func (b *bench) build(ctx context.Context, names ...string) error {
	abs, err := filepath.Abs(b.bin)
	if err != nil {
		return err
	}
	b.bin = abs
	for _, name := range names {
		path := "./bench/" + name
		if name == "plumbago" {
			path = "./cmd/plumbago"
		}
		if b.built {
			continue
		}
		if err := compile(ctx, b.root, b.program(name), path); err != nil {
			return err
		}
	}
	out, err := exec.CommandContext(ctx, b.program("load"), "-print", "groups").Output()
	if err != nil {
		return fmt.Errorf("asking the generator for its names: %w", err)
	}
	b.groups = strings.Fields(string(out))
	return nil
}

// buildBase makes plumbago as of the base.
func (b *bench) buildBase(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-base-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	archive := exec.CommandContext(ctx, "sh", "-c", `git archive --format=tar -- "$1" | tar -x -C "$2"`, "sh", b.base, dir)
	archive.Dir, archive.Stderr = b.root, os.Stderr
	if err := archive.Run(); err != nil {
		return fmt.Errorf("taking %s out of git: %w", b.base, err)
	}
	return compile(ctx, dir, b.program("plumbago-base"), "./cmd/plumbago")
}

// compile builds a program as it is released: static.
func compile(ctx context.Context, dir, out, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, path)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", path, err, text)
	}
	return nil
}

// took says how long something lasted so far, for people.
func took(since time.Time) string { return time.Since(since).Round(time.Second).String() }
