package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"
)

// A tapCmd is the command "tap".
type tapCmd struct {
	daemon  client
	lines   int
	samples bool
	results bool
	peers   bool
}

func tapCommand() *cobra.Command {
	t := &tapCmd{}
	cmd := &cobra.Command{
		Use: "tap [GLOB] [--samples] [--results] [--peers] [--lines N]", Short: "Print the samples of a running daemon as they pass", Args: arguments(0, 1),
		Long:    "Prints what passes and has a name that GLOB matches (every name without it) as lines: samples as they come in, before any rule\nhas changed them, and what aggregates give out. It goes on until it is interrupted. A daemon waits for nobody who\nwatches; what it had to leave out is told on standard error.",
		Example: `  plumbago tap 'servers.web1.**' --peers`,
		RunE: func(cmd *cobra.Command, args []string) error {
			glob := ""
			if len(args) > 0 {
				glob = args[0]
			}
			return t.run(glob, cmd.OutOrStdout())
		},
	}
	t.daemon.flags(cmd, defaultAdmin)
	cmd.Flags().BoolVar(&t.samples, "samples", false, "only samples that came in")
	cmd.Flags().BoolVar(&t.results, "results", false, "only what aggregates gave out")
	cmd.Flags().BoolVar(&t.peers, "peers", false, "add behind each sample who sent it, as a comment")
	cmd.Flags().IntVar(&t.lines, "lines", 0, "end after so many lines; 0 goes on")
	return cmd
}

func (t *tapCmd) run(glob string, out io.Writer) error {
	q := url.Values{"match": {glob}}
	switch {
	case t.samples == t.results: // both
	case t.samples:
		q.Set("which", "samples")
	default:
		q.Set("which", "results")
	}
	if t.peers {
		q.Set("peers", "1")
	}
	stream, err := t.daemon.stream("/api/tap?" + q.Encode())
	if err != nil {
		return err
	}
	defer stream.Close()
	in := bufio.NewReader(stream)
	for n := 0; ; {
		line, err := in.ReadString('\n')
		switch {
		case errors.Is(err, io.EOF):
			fmt.Fprintln(os.Stderr, "plumbago: the daemon has ended it")
			return nil
		case err != nil:
			return fmt.Errorf("reading the stream: %w", err)
		case line[0] == '#':
			fmt.Fprint(os.Stderr, "plumbago: ", visible(line[1:len(line)-1]), "\n")
			continue
		}
		if _, err := fmt.Fprintln(out, visible(line[:len(line)-1])); err != nil {
			return err
		}
		if n++; n == t.lines {
			return nil
		}
	}
}
