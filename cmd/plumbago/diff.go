package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plumbago/relay"
)

func diffCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "diff [--json] OLD NEW", Short: "Print the names whose way changes between two configurations, and how",
		Long: "Reads names from standard input, one a line, and prints those whose way changes between the configurations OLD\nand NEW, with what was and what is: the clusters and endpoints that get them, under which name, and the same of\nthe results of the aggregates that they feed. Rules that moved or were written anew without an effect are no\ndifference. The exit status is 0 if no way changes and 1 if one does.",
		Args: arguments(2, 2),
		RunE: func(cmd *cobra.Command, files []string) error {
			return diff(files[0], files[1], asJSON, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object a name")
	return cmd
}

// A difference is a name whose way changes.
type difference struct {
	Name string    `json:"name"`
	Was  relay.Way `json:"was"`
	Is   relay.Way `json:"is"`
}

// diff compares the ways of the names in in. Of the names nothing is kept, so there may be any number of them.
func diff(before, after string, asJSON bool, in io.Reader, out io.Writer) error {
	was, err := offline(before)
	if err != nil {
		return err
	}
	is, err := offline(after)
	if err != nil {
		return err
	}
	names, differ := 0, 0
	w := bufio.NewWriter(out)
	bad, err := each([]string{"-"}, in, func(name string) error {
		names++
		d := difference{name, was.Way(name), is.Way(name)}
		if d.Was.Equal(&d.Is) {
			return nil
		}
		differ++
		if asJSON {
			return printJSON(w, &d)
		}
		_, err := fmt.Fprintf(w, "%s\n  was: %s\n  is:  %s\n", name, describe(name, &d.Was), describe(name, &d.Is))
		return err
	})
	if flushed := w.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d names, %d differ\n", names, differ)
	if bad || differ > 0 {
		return errWrong
	}
	return nil
}

// describe says in a line what becomes of name.
func describe(name string, w *relay.Way) string {
	var parts []string
	for _, s := range w.Sends {
		part := fmt.Sprintf("sent to %s [%s]", s.Cluster, strings.Join(s.Endpoints, " "))
		if s.Name != name {
			part += " as " + s.Name
		}
		parts = append(parts, part)
	}
	for results := w.Results; len(results) > 0; {
		names, fate, n := alike(results)
		parts = append(parts, fmt.Sprintf("aggregated into %s (%s)", strings.Join(names, ", "), fate))
		results = results[n:]
	}
	if !slices.Contains([]string{"sent", "aggregated"}, w.End) {
		parts = append(parts, w.End)
	}
	return strings.Join(parts, "; ")
}

// alike returns the names of the first results that meet the same fate, that fate, and how many they are.
func alike(results []relay.Result) (names []string, fate string, n int) {
	fate = describe(results[0].Name, &results[0].Way)
	for n < len(results) && describe(results[n].Name, &results[n].Way) == fate {
		names = append(names, results[n].Name)
		n++
	}
	return names, fate, n
}
