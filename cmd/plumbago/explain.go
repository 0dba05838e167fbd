package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"plumbago/cmd/internal/daemon"
	"plumbago/relay"
)

// An explainCmd is the command "explain".
type explainCmd struct {
	file   string
	asJSON bool
	daemon client
}

func explainCommand() *cobra.Command {
	e := &explainCmd{}
	cmd := &cobra.Command{
		Use: "explain [-c FILE | --admin URL] [--json] NAME...", Short: "Walk names through the table and say what becomes of them",
		Long: "Walks names through the table of a configuration, or with --admin that of a running daemon, and prints each rule\nthat they meet, what they become, which aggregates they feed, and which endpoints get them. A name of - stands\nfor the lines of standard input.",
		Args: func(cmd *cobra.Command, names []string) error {
			if e.daemon.admin != "" && e.file != "" {
				return errors.New("explain asks a configuration or a running daemon: -c and --admin exclude each other")
			}
			return arguments(1, -1)(cmd, names)
		},
		RunE: func(cmd *cobra.Command, names []string) error {
			return e.run(names, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &e.file)
	e.daemon.flags(cmd, "")
	cmd.Flags().BoolVar(&e.asJSON, "json", false, "print an object a name")
	return cmd
}

func (e *explainCmd) run(names []string, in io.Reader, out io.Writer) error {
	explain := e.ask
	if e.daemon.admin == "" {
		d, err := offline(e.file)
		if err != nil {
			return err
		}
		explain = func(name string) (relay.Explanation, error) { return d.Explain(name), nil }
	}
	w := bufio.NewWriter(out)
	bad, err := each(names, in, func(name string) error {
		x, err := explain(name)
		if err != nil {
			return err
		}
		if e.asJSON {
			return printJSON(w, x)
		}
		return printExplanation(w, &x)
	})
	if flushed := w.Flush(); err == nil {
		err = flushed
	}
	if err == nil && bad {
		err = errWrong
	}
	return err
}

// offline builds the daemon of a configuration, to be asked and never started.
func offline(file string) (*daemon.Daemon, error) {
	f, err := load(file)
	if err != nil {
		return nil, err
	}
	return daemon.New(f, zap.NewNop(), daemon.Options{Cores: 1})
}

// ask has the running daemon explain a name.
func (e *explainCmd) ask(name string) (x relay.Explanation, err error) {
	text, err := e.daemon.get("/api/explain?name=" + url.QueryEscape(name))
	if err != nil {
		return x, err
	}
	if err := json.Unmarshal(text, &x); err != nil {
		return x, fmt.Errorf("reading the explanation: %w", err)
	}
	return x, nil
}

// printExplanation writes a name, the rules that it meets one a line, and its end.
func printExplanation(w io.Writer, x *relay.Explanation) error {
	fmt.Fprintln(w, x.Name)
	name := x.Name
	for i := range x.Steps {
		s := &x.Steps[i]
		fmt.Fprintf(w, "  rule %d (%s), match %s: %s", s.Rule, standing(s), s.Match, s.Action)
		if len(s.Outputs) > 0 {
			fmt.Fprintf(w, " into %s", strings.Join(s.Outputs, ", "))
			if len(s.To) == 0 {
				fmt.Fprint(w, ", which walk on")
			} else {
				fmt.Fprint(w, ", which go")
			}
		}
		for i, to := range s.To {
			before := " to"
			if i > 0 {
				before = ","
			}
			fmt.Fprintf(w, "%s %s [%s]", before, to.Cluster, strings.Join(to.Endpoints, " "))
		}
		if s.Name != name {
			name = s.Name
			fmt.Fprintf(w, "; becomes %s", name)
		}
		if s.Stop {
			fmt.Fprint(w, "; stop")
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintln(w, "  "+x.End)
	return err
}

// standing says where the rule of a step stands.
func standing(s *relay.Step) string {
	if s.File == "" {
		return fmt.Sprintf("line %d", s.Line)
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}
