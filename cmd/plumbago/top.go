package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"plumbago/carbon/stat"
	"plumbago/cmd/internal/daemon"
)

// A topCmd is the command "top".
type topCmd struct {
	daemon client
	every  time.Duration
	once   bool
}

func topCommand() *cobra.Command {
	t := &topCmd{}
	cmd := &cobra.Command{
		Use: "top [--interval D] [--once]", Short: "Watch a running daemon: rates, endpoints, queues, drops, busiest prefixes", Args: arguments(0, 0),
		Long: "Shows how a running daemon does, anew every interval, until q is pressed. With --once, or where the output is no\nterminal, it looks twice, an interval apart, and prints what it saw.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.every < 100*time.Millisecond {
				return fmt.Errorf("--interval %v is too short: want at least 100ms", t.every)
			}
			return t.run(cmd.OutOrStdout())
		},
	}
	t.daemon.flags(cmd, defaultAdmin)
	cmd.Flags().DurationVar(&t.every, "interval", 2*time.Second, "how often to look")
	cmd.Flags().BoolVar(&t.once, "once", false, "print one look and end")
	return cmd
}

// A look is what a daemon says of itself at one time.
type look struct {
	at       time.Time
	ledger   stat.Ledger
	status   daemon.Status
	prefixes daemon.PrefixList
	peers    daemon.PeerList
}

// look asks the daemon.
func (t *topCmd) look() (*look, error) {
	l := &look{at: time.Now()}
	limit := url.Values{"limit": {"10"}, "sort": {"lines"}}
	rate := url.Values{"limit": {"10"}, "sort": {"rate"}}
	for _, ask := range []struct {
		path string
		into any
	}{{"/api/ledger", &l.ledger}, {"/api/status", &l.status}, {"/api/prefixes?" + limit.Encode(), &l.prefixes}, {"/api/peers?" + rate.Encode(), &l.peers}} {
		text, err := t.daemon.get(ask.path)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, ask.into); err != nil {
			return nil, fmt.Errorf("reading the answer of %s: %w", ask.path, err)
		}
	}
	return l, nil
}

func (t *topCmd) run(out io.Writer) error {
	file, isFile := out.(*os.File)
	term, isTerminal := (*screen)(nil), false
	if isFile && !t.once {
		term, isTerminal = openScreen(os.Stdin, file)
	}
	before, err := t.look()
	if err != nil {
		if isTerminal {
			term.close()
		}
		return err
	}
	if !isTerminal {
		time.Sleep(t.every)
		now, err := t.look()
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, frame(before, now))
		return err
	}
	defer term.close()
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	tick := time.NewTicker(t.every)
	defer tick.Stop()
	for {
		now, err := t.look()
		if err != nil {
			return err
		}
		term.show(frame(before, now))
		before = now
		select {
		case <-tick.C:
		case <-ended:
			return nil
		case key := <-term.keys:
			if key == 'q' || key == 'Q' || key == 3 {
				return nil
			}
		}
	}
}

// frame writes what changed between two looks, and how it is at the second.
func frame(before, now *look) string {
	var b strings.Builder
	seconds := max(now.at.Sub(before.at).Seconds(), 0.001)
	rate := func(a, b int64) string { return perSecond(max(0, float64(b-a)/seconds)) }
	l, was := &now.ledger, &before.ledger
	verdict := "balanced"
	if !l.Balanced {
		verdict = "NOT BALANCED"
	}
	fmt.Fprintf(&b, "plumbago %s  up %v  %s  ledger %s\n\n", visible(now.status.Version), time.Duration(now.status.Uptime)*time.Second, visible(now.status.Config), verdict)
	fmt.Fprintf(&b, "received %s   invalid %s   emitted %s   aggregated %s   sent %s   dropped %s   unrouted %s\n\n",
		rate(was.Received, l.Received), rate(was.InvalidTotal(), l.InvalidTotal()), rate(was.Emitted, l.Emitted), rate(was.Aggregated, l.Aggregated),
		rate(was.Sent, l.Sent), rate(was.DroppedTotal(), l.DroppedTotal()), rate(was.Unrouted, l.Unrouted))
	rows := [][]string{{"ENDPOINT", "STATE", "WRITTEN", "QUEUED", "UNPROVEN", "SPOOLED", "OLDEST", "LOST"}}
	accounts := map[string]*stat.Endpoint{}
	for i := range was.Endpoints {
		accounts[was.Endpoints[i].Cluster+" "+was.Endpoints[i].Endpoint] = &was.Endpoints[i]
	}
	states := map[string][2]string{}
	for _, c := range now.status.Clusters {
		for _, e := range c.Endpoints {
			states[c.Name+" "+e.Endpoint] = [2]string{e.State, fmt.Sprintf("%.1fs", e.Oldest)}
		}
	}
	for i := range l.Endpoints {
		e := &l.Endpoints[i]
		name := e.Cluster + " " + e.Endpoint
		written := "-" // what is delivered grows in jumps, from proof to proof
		if a := accounts[name]; a != nil {
			written = rate(a.Delivered+a.Unproven, e.Delivered+e.Unproven)
		}
		lost := int64(0)
		for _, n := range e.Dropped {
			lost += n
		}
		rows = append(rows, []string{name, states[name][0], written, fmt.Sprint(e.Queued), fmt.Sprint(e.Unproven), fmt.Sprint(e.Spooled), states[name][1], fmt.Sprint(lost)})
	}
	table(&b, rows)
	rows = [][]string{{"PREFIX", "LINES", "SERIES", "NEW/MIN"}}
	for _, p := range now.prefixes.Prefixes {
		rows = append(rows, []string{p.Prefix, perSecond(p.Lines), fmt.Sprint(p.Series), fmt.Sprintf("%.0f", p.Growth)})
	}
	table(&b, rows)
	rows = [][]string{{"PEER", "LINES", "BAD", "LISTENER"}}
	for _, p := range now.peers.Peers {
		name := p.Peer
		if name == "" {
			name = "(a unix socket)"
		}
		rows = append(rows, []string{name, perSecond(p.Rate), fmt.Sprint(p.Bad), p.Listener})
	}
	table(&b, rows)
	return b.String()
}

// perSecond writes a rate.
func perSecond(v float64) string {
	switch {
	case v >= 999_500:
		return fmt.Sprintf("%.1fM/s", v/1e6)
	case v >= 9_950:
		return fmt.Sprintf("%.0fk/s", v/1e3)
	case v >= 100 || v == 0:
		return fmt.Sprintf("%.0f/s", v)
	}
	return fmt.Sprintf("%.1f/s", v)
}

// table writes rows in columns, the first to the left and the others to the right; of a head without rows nothing.
func table(b *strings.Builder, rows [][]string) {
	if len(rows) == 1 {
		return
	}
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range row {
			row[i] = visible(row[i])
			width[i] = max(width[i], len([]rune(row[i])))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			switch {
			case i == 0:
				b.WriteString(cell + pad)
			default:
				b.WriteString("  " + pad + cell)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}
