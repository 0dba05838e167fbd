package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"plumbago/carbon"
	"plumbago/cmd/internal/daemon"
)

// A seriesCmd is the command "series".
type seriesCmd struct {
	daemon  client
	match   string
	limit   int
	avgMax  bool
	refused bool
	asJSON  bool
}

func seriesCommand() *cobra.Command {
	s := &seriesCmd{}
	cmd := &cobra.Command{
		Use: "series [PREFIX] [--avgmax | --refused] [--json]", Short: "List a running daemon's aggregate series", Args: arguments(0, 1),
		Long: "Lists the live aggregate series whose names begin with PREFIX: their type (N raw, D diff), the last value that was\nemitted, and with --avgmax the average of the averages and the largest of the maxima over the kept past. The exit\nstatus is 1 if there is none. With --refused it lists what the limits of series refused, and who sent it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.refused {
				return s.runRefused(strings.Join(args, ""), cmd.OutOrStdout())
			}
			return s.run(strings.Join(args, ""), cmd.OutOrStdout())
		},
	}
	s.daemon.flags(cmd, defaultAdmin)
	cmd.Flags().BoolVar(&s.avgMax, "avgmax", false, "print averages and maxima over the kept past, too")
	cmd.Flags().BoolVar(&s.refused, "refused", false, "print what the limits of series refused instead, by prefix and sender")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print them as the API gives them")
	cmd.Flags().StringVar(&s.match, "match", "", "only names that this glob matches")
	cmd.Flags().IntVar(&s.limit, "limit", 10_000, "how many are listed, the first by name")
	for _, other := range []string{"avgmax", "match", "limit"} {
		cmd.MarkFlagsMutuallyExclusive("refused", other)
	}
	return cmd
}

func (s *seriesCmd) run(prefix string, out io.Writer) error {
	q := url.Values{"prefix": {prefix}, "limit": {strconv.Itoa(s.limit)}}
	if s.match != "" {
		q.Set("match", s.match)
	}
	if s.avgMax {
		q.Set("avgmax", "1")
	}
	text, err := s.daemon.get("/api/series?" + q.Encode())
	if err != nil {
		return err
	}
	var l daemon.SeriesList
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("reading the series: %w", err)
	}
	if s.asJSON {
		fmt.Fprintln(out, strings.TrimSpace(string(text)))
	} else if err := printSeries(out, &l, s.avgMax); err != nil {
		return err
	}
	if len(l.Series) < l.Total {
		fmt.Fprintf(os.Stderr, "%d of %d series are listed (see --limit)\n", len(l.Series), l.Total)
	}
	if l.Total == 0 {
		fmt.Fprintln(os.Stderr, "plumbago: there is no such series (only aggregates have some, from their first sample on)")
		if prefix+s.match != "" {
			return errWrong
		}
	}
	return nil
}

// printSeries writes a line for each series.
func printSeries(out io.Writer, l *daemon.SeriesList, averages bool) error {
	if len(l.Series) == 0 {
		return nil
	}
	buffered := bufio.NewWriter(out)
	w := tabwriter.NewWriter(buffered, 0, 0, 2, ' ', 0)
	head := "name\ttype\tlast"
	if averages {
		head += "\tavg\tmax"
	}
	fmt.Fprintln(w, head)
	for i := range l.Series {
		x := &l.Series[i]
		fmt.Fprintf(w, "%s\t%s\t%s", x.Name, x.Type, number(x.Last))
		if x.AvgMax != nil {
			fmt.Fprintf(w, "\t%s\t%s", number(x.Avg), number(x.Max))
		}
		if x.MemOnly {
			fmt.Fprint(w, "\tmemonly")
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return buffered.Flush()
}

// number writes a value; what is not known is a dash.
func number(v *float64) string {
	if v == nil {
		return "-"
	}
	return string(carbon.AppendNumber(nil, *v))
}
