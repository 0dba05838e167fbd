package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"plumbago/cmd/internal/daemon"
	"plumbago/conf"
	"plumbago/relay/spool"
)

// A spoolCmd is one of the commands "spool ls", "spool cat" and "spool purge".
type spoolCmd struct {
	config string
	state  string // the directory, if it is not to be the configuration's
	asJSON bool
	all    bool
}

func spoolCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "spool", Short: "Look into the spools, also of a stopped daemon", Args: known,
		Long: "Shows what lies on disk for each endpoint below state.dir, prints it, or throws it away. No daemon need run; one that\nruns keeps its spools, which can be looked at then but not purged.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(spoolList(), spoolCat(), spoolPurge())
	return cmd
}

func spoolList() *cobra.Command {
	s := &spoolCmd{}
	cmd := &cobra.Command{
		Use: "ls [-c FILE] [--json]", Short: "List the spools and what they hold", Args: arguments(0, 0),
		Long: "Lists the spools below state.dir: their points, the bytes that they take, how long ago the oldest point came in, and who\nhas the spool. Those that no endpoint of the configuration has, as of a cluster that was renamed, are marked as orphans;\nempty ones of them are left out.",
		RunE: func(cmd *cobra.Command, _ []string) error { return s.list(cmd.OutOrStdout()) },
	}
	s.flags(cmd)
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print them as a list of objects")
	return cmd
}

func spoolCat() *cobra.Command {
	s := &spoolCmd{}
	cmd := &cobra.Command{
		Use: "cat [-c FILE] CLUSTER [ENDPOINT]", Short: "Print the points of spools as lines, oldest first", Args: arguments(1, 2),
		Long: "Prints what the spools of a cluster, or of one endpoint, hold: lines that any listener takes, oldest first. A daemon may\nhave the spool; what it takes out meanwhile may be missed. What is damaged is passed over, told on standard error, and\nmakes the exit status 1.",
		RunE: func(cmd *cobra.Command, args []string) error { return s.cat(args, cmd.OutOrStdout()) },
	}
	s.flags(cmd)
	return cmd
}

func spoolPurge() *cobra.Command {
	s := &spoolCmd{}
	cmd := &cobra.Command{
		Use: "purge [-c FILE] (CLUSTER [ENDPOINT] | --all)", Short: "Throw away what spools hold", Args: arguments(0, 2),
		Long: "Throws away what the spools of a cluster, or of one endpoint, hold, and removes those that are orphans. A spool that a\nrunning daemon has is left alone.",
		RunE: func(cmd *cobra.Command, args []string) error { return s.purge(args, cmd.OutOrStdout()) },
	}
	s.flags(cmd)
	cmd.Flags().BoolVar(&s.all, "all", false, "all spools")
	return cmd
}

func (s *spoolCmd) flags(cmd *cobra.Command) {
	configFlag(cmd, &s.config)
	cmd.Flags().StringVar(&s.state, "state", "", "the state directory (default: the configuration's state.dir)")
}

// find returns the spools there are: all, or those of a cluster or endpoint.
func (s *spoolCmd) find(args []string) ([]daemon.SpoolInfo, error) {
	f, err := load(s.config)
	if err != nil {
		return nil, err
	}
	if s.state == "" {
		s.state = f.State.Dir
	}
	if s.state == "" {
		return nil, fmt.Errorf("%s has no state.dir, so it has no spools (--state names a directory)", f.Name())
	}
	if _, err := os.Stat(s.state); err != nil {
		return nil, fmt.Errorf("looking for the spools: %w", err)
	}
	return s.among(f, args)
}

// among picks those of the spools that args name.
func (s *spoolCmd) among(f *conf.File, args []string) (found []daemon.SpoolInfo, err error) {
	all, err := daemon.Spools(f, s.state)
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if len(args) == 0 || i.Endpoint != "" && i.Cluster == args[0] && (len(args) == 1 || i.Endpoint == args[1]) {
			found = append(found, i)
		}
	}
	if len(found) == 0 && len(args) > 0 {
		return nil, fmt.Errorf("there is no spool of %q below %s (see plumbago spool ls)", args, daemon.SpoolRoot(s.state))
	}
	return found, nil
}

func (s *spoolCmd) list(out io.Writer) error {
	all, err := s.find(nil)
	if err != nil {
		return err
	}
	listed := []daemon.SpoolInfo{}
	bad := false
	for _, i := range all {
		if !i.Orphan || i.Points > 0 || i.InUse || i.Error != "" {
			listed = append(listed, i)
		}
		bad = bad || i.Error != ""
	}
	if s.asJSON {
		text, err := json.MarshalIndent(listed, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintln(out, string(text))
	} else {
		printSpools(out, listed)
	}
	if bad {
		return errWrong
	}
	return nil
}

// printSpools writes a line for each spool.
func printSpools(out io.Writer, all []daemon.SpoolInfo) {
	if len(all) == 0 {
		fmt.Fprintln(os.Stderr, "plumbago: there are no spools")
		return
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "cluster\tendpoint\tform\tpoints\tbytes\toldest\t")
	for i := range all {
		s := &all[i]
		age, note := "-", ""
		if s.Oldest != nil {
			age = time.Since(*s.Oldest).Round(time.Second).String() + " ago"
		}
		switch {
		case s.Error != "":
			note = s.Error
		case s.InUse && s.Pid > 0:
			note = fmt.Sprintf("in use by process %d", s.Pid)
		case s.InUse:
			note = "in use"
		case s.Orphan:
			note = "orphan: no endpoint of the configuration has it"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", s.Cluster, s.Endpoint, s.Form, s.Points, s.Bytes, age, note)
	}
	w.Flush()
}

func (s *spoolCmd) purge(args []string, out io.Writer) error {
	if s.all == (len(args) > 0) {
		return errors.New("name a cluster, or say --all")
	}
	found, err := s.find(args)
	if err != nil {
		return err
	}
	kept := false
	for i := range found {
		f := &found[i]
		if f.Endpoint == "" {
			continue // whatever it is, it is not called as our spools are
		}
		discard := spool.Purge
		if f.Orphan {
			discard = spool.Remove
		}
		points, err := discard(daemon.SpoolRoot(s.state), f.Name)
		if err != nil {
			kept = true
			fmt.Fprintf(os.Stderr, "plumbago: %s %s is left alone: %v\n", f.Cluster, f.Endpoint, err)
			continue
		}
		fmt.Fprintf(out, "%s %s: %s thrown away\n", f.Cluster, f.Endpoint, count(int(points), "point"))
	}
	if kept {
		return errWrong
	}
	return nil
}
