package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/cmd/internal/daemon"
	"plumbago/relay"
)

func explainCommand() *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "explain [-c FILE] [--json] NAME...", Short: "Walk names through the table and say what becomes of them",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, names []string) error { return explain(file, asJSON, names) },
	}
	configFlag(cmd, &file)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object a name")
	return cmd
}

func explain(file string, asJSON bool, names []string) error {
	f, err := load(file)
	if err != nil {
		return err
	}
	d, err := daemon.New(f, zap.NewNop(), daemon.Options{})
	if err != nil {
		return err
	}
	bad := false
	for _, name := range names {
		clean, err := carbon.CleanName(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "plumbago: %q is no name: %v\n", name, err)
			bad = true
			continue
		}
		x := d.Explain(clean)
		if asJSON {
			if err := json.NewEncoder(os.Stdout).Encode(x); err != nil {
				return err
			}
			continue
		}
		printExplanation(x)
	}
	if bad {
		return errWrong
	}
	return nil
}

func printExplanation(x relay.Explanation) {
	fmt.Println(x.Name)
	for _, s := range x.Steps {
		where := ""
		if s.Line > 0 {
			where = fmt.Sprintf(" (line %d)", s.Line)
		}
		fmt.Printf("  rule %d%s, match %s: %s", s.Rule, where, s.Match, s.Action)
		if len(s.Outputs) > 0 {
			fmt.Printf(" into %s", strings.Join(s.Outputs, ", "))
		}
		for _, to := range s.To {
			fmt.Printf(" to %s [%s]", to.Cluster, strings.Join(to.Endpoints, " "))
		}
		if s.Stop {
			fmt.Print("; stop")
		}
		fmt.Println()
	}
	fmt.Println("  " + x.End)
}
