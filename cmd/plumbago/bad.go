package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"plumbago/cmd/internal/daemon"
)

// A badCmd is the command "bad".
type badCmd struct {
	daemon       client
	peer, reason string
	limit        int
	asJSON       bool
}

func badCommand() *cobra.Command {
	b := &badCmd{}
	cmd := &cobra.Command{
		Use: "bad [--peer ADDRESS] [--reason REASON] [--json]", Short: "Show what a running daemon lately refused, whose it was, and why", Args: arguments(0, 0),
		Long: "Lists who lately sent what was no sample: the address, how many lines, the reason, and the newest of the lines, quoted.\nThe senders of the most come first. What is older than an hour is not listed.",
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd.OutOrStdout()) },
	}
	b.daemon.flags(cmd, defaultAdmin)
	cmd.Flags().StringVar(&b.peer, "peer", "", "only what came from this address")
	cmd.Flags().StringVar(&b.reason, "reason", "", "only what was refused for this reason, as the ledger names it")
	cmd.Flags().IntVar(&b.limit, "limit", 100, "how many senders and reasons are listed")
	cmd.Flags().BoolVar(&b.asJSON, "json", false, "print it as /api/bad gives it")
	return cmd
}

func (b *badCmd) run(out io.Writer) error {
	q := url.Values{"limit": {strconv.Itoa(b.limit)}}
	if b.peer != "" {
		q.Set("peer", b.peer)
	}
	if b.reason != "" {
		q.Set("reason", b.reason)
	}
	text, err := b.daemon.get("/api/bad?" + q.Encode())
	if err != nil {
		return err
	}
	var l daemon.BadList
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("reading the bad lines: %w", err)
	}
	switch {
	case b.asJSON:
		fmt.Fprintln(out, strings.TrimSpace(string(text)))
	case len(l.Bad) == 0:
		fmt.Fprintln(os.Stderr, "plumbago: nothing was refused in the last hour")
	default:
		printBad(out, &l, time.Now())
	}
	return nil
}

// printBad writes a paragraph for each sender and reason.
func printBad(out io.Writer, l *daemon.BadList, now time.Time) {
	for i := range l.Bad {
		b := &l.Bad[i]
		peer := b.Peer
		if peer == "" {
			peer = "(a unix socket)"
		}
		lines := "lines"
		if b.Lines == 1 {
			lines = "line"
		}
		fmt.Fprintf(out, "%s  %s: %d %s, the last %v ago, to %s\n", visible(peer), visible(b.Reason), b.Lines, lines, age(now, b.Last), visible(b.Listener))
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, s := range b.Samples {
			more := ""
			if s.Cut {
				more = "..."
			}
			fmt.Fprintf(w, "    %s\t%s\t\"%s\"%s\n", s.At.Format("15:04:05"), visible(s.Peer), visible(s.Text), more)
		}
		w.Flush()
	}
}

// age says how long ago something was, in whole seconds.
func age(now, then time.Time) time.Duration { return max(0, now.Sub(then).Round(time.Second)) }

// visible makes sure that text which came from outside does nothing to a terminal but show: the daemon says that it has
// none that could, but is not to be believed.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
