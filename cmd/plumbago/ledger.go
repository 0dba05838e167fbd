package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"plumbago/carbon/stat"
)

func ledgerCommand() *cobra.Command {
	var daemon client
	var asJSON bool
	cmd := &cobra.Command{
		Use: "ledger [--json]", Short: "Print a running daemon's account of every sample, and whether it balances", Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			text, err := daemon.get("/api/ledger")
			if err != nil {
				return err
			}
			var l stat.Ledger
			if err := json.Unmarshal(text, &l); err != nil {
				return fmt.Errorf("reading the ledger: %w", err)
			}
			if asJSON {
				fmt.Println(strings.TrimSpace(string(text)))
			} else {
				printLedger(os.Stdout, &l)
			}
			if !l.Balanced {
				return errWrong
			}
			return nil
		},
	}
	daemon.flags(cmd, defaultAdmin)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as /api/ledger gives it")
	return cmd
}

func printLedger(out io.Writer, l *stat.Ledger) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, n int64) { fmt.Fprintf(w, "%s\t%d\t\n", name, n) }
	row("received", l.Received)
	for why, n := range l.Invalid {
		if n != 0 {
			row("invalid: "+stat.Reason(why).String(), n)
		}
	}
	row("accepted", l.Accepted)
	row("emitted", l.Emitted)
	row("sent", l.Sent)
	row("aggregated", l.Aggregated)
	row("both", l.Both)
	for why, n := range l.Dropped {
		if n != 0 {
			row("dropped: "+stat.Drop(why).String(), n)
		}
	}
	row("unrouted", l.Unrouted)
	w.Flush()
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "endpoint\tenqueued\tdelivered\tunproven\tqueued\tspooled\tdropped\tresent")
	for i := range l.Endpoints {
		e := &l.Endpoints[i]
		var lost int64
		var why []string
		for reason, n := range e.Dropped {
			if lost += n; n != 0 {
				why = append(why, fmt.Sprintf("%s %d", stat.Loss(reason), n))
			}
		}
		drops := fmt.Sprint(lost)
		if len(why) > 0 {
			drops += " (" + strings.Join(why, ", ") + ")"
		}
		fmt.Fprintf(w, "%s %s\t%d\t%d\t%d\t%d\t%d\t%s\t%d\n",
			e.Cluster, e.Endpoint, e.Enqueued, e.Delivered, e.Unproven, e.Queued, e.Spooled, drops, e.Resent)
	}
	w.Flush()
	verdict := "balanced"
	if !l.Balanced {
		verdict = "NOT BALANCED"
	}
	fmt.Fprintln(out, "\n"+verdict)
}
