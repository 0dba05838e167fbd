package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"plumbago/aggregate/query"
)

// A queryCmd is the command "query".
type queryCmd struct {
	daemon client
	at     string
	asJSON bool
}

func queryCommand() *cobra.Command {
	q := &queryCmd{}
	cmd := &cobra.Command{
		Use: "query 'EXPR' [--at T] [--json]", Short: "Ask a running daemon about the recent past of its aggregates", Args: arguments(1, 1),
		Long: "Evaluates an expression over the kept past of what the aggregates emitted and prints a line for each result, its name\nand its value. The exit status is 1 if there is none.\n\nThe functions are " +
			strings.Join(query.Functions(), ", ") + ".",
		Example: `  plumbago query 'avg_over_time("servers.*.cpu", "5 minutes")'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return q.run(args[0], cmd.OutOrStdout())
		},
	}
	q.daemon.flags(cmd, defaultAdmin)
	cmd.Flags().StringVar(&q.at, "at", "", "the time to ask about, in Unix seconds or as 2006-01-02T15:04:05Z (default now)")
	cmd.Flags().BoolVar(&q.asJSON, "json", false, "print the results as /api/query gives them")
	return cmd
}

func (q *queryCmd) run(expr string, out io.Writer) error {
	ask := url.Values{"expr": {expr}}
	if q.at != "" {
		ask.Set("at", q.at)
	}
	text, err := q.daemon.get("/api/query?" + ask.Encode())
	if err != nil {
		return err
	}
	var answer struct{ Results []query.Result }
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("reading the results: %w", err)
	}
	if q.asJSON {
		fmt.Fprintln(out, strings.TrimSpace(string(text)))
	} else {
		for _, r := range answer.Results {
			fmt.Fprintln(out, r.Name, number(&r.Value))
		}
	}
	if len(answer.Results) == 0 {
		fmt.Fprintln(os.Stderr, "plumbago: there is no result: nothing that is kept has such a name, or no points at that time")
		return errWrong
	}
	return nil
}
