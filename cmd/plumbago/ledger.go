package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"plumbago/carbon/stat"
)

func ledgerCommand() *cobra.Command {
	var admin, tokenFile string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "ledger [--json]", Short: "Print a running daemon's account of every sample, and whether it balances", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := get(admin, tokenFile, "/api/ledger")
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
	cmd.Flags().StringVar(&admin, "admin", "http://127.0.0.1:2080", "where the daemon answers")
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "a file with the daemon's token")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as /api/ledger gives it")
	return cmd
}

// get asks a running daemon for path.
func get(admin, tokenFile, path string) ([]byte, error) {
	req, err := http.NewRequest(http.MethodGet, strings.TrimSuffix(admin, "/")+path, nil)
	if err != nil {
		return nil, err
	}
	if tokenFile != "" {
		token, err := os.ReadFile(tokenFile)
		if err != nil {
			return nil, fmt.Errorf("reading the token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the daemon: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the daemon answers %s: %s", res.Status, strings.TrimSpace(string(text)))
	}
	return text, nil
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
	fmt.Fprintln(w, "endpoint\tenqueued\tdelivered\tqueued\tdropped\tresent")
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
		fmt.Fprintf(w, "%s %s\t%d\t%d\t%d\t%s\t%d\n", e.Cluster, e.Endpoint, e.Enqueued, e.Delivered, e.Queued, drops, e.Resent)
	}
	w.Flush()
	verdict := "balanced"
	if !l.Balanced {
		verdict = "NOT BALANCED"
	}
	fmt.Fprintln(out, "\n"+verdict)
}
