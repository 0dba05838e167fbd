package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"go.uber.org/zap"
	"plumbago/cmd/internal/daemon"
	"plumbago/conf"
)

func configFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "the configuration (default: $PLUMBAGO_CONFIG, ./plumbago.toml, /etc/plumbago/plumbago.toml, built-in)")
}

// load reads the configuration that the flag or the places to look at name, and prints what is wrong with it.
func load(file string) (*conf.File, error) {
	path, ok := conf.Find(file, os.LookupEnv)
	if !ok {
		return conf.Default(), nil
	}
	f, faults := conf.Load(path, os.LookupEnv)
	if len(faults) > 0 {
		for _, fault := range faults {
			fmt.Fprintln(os.Stderr, fault.Error())
		}
		return nil, errWrong
	}
	return f, nil
}

func configCommand() *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Print the built-in default configuration", Args: arguments(0, 0),
		Run: func(*cobra.Command, []string) { fmt.Print(conf.DefaultText) },
	}
}

func checkCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "check [-c FILE]", Short: "Check a configuration: every fault at once, no port opened", Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := load(file)
			if err != nil {
				return err
			}
			daemon.WarnOfSpools(f)
			for _, warning := range f.Warnings {
				warning.Msg = "warning: " + warning.Msg
				fmt.Fprintln(os.Stderr, warning.Error())
			}
			if _, err := daemon.New(f, zap.NewNop(), daemon.Options{}); err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s: good: %s, %s, %s", f.Name(), count(len(f.Listen), "listener"), count(len(f.Cluster), "cluster"), count(len(f.Rule), "rule"))
			if n := len(f.Warnings); n > 0 {
				fmt.Fprintf(out, "; %s", count(n, "warning"))
			}
			fmt.Fprintln(out)
			return printShares(out, f)
		},
	}
	configFlag(cmd, &file)
	return cmd
}

// count writes how many there are of something.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// printShares prints what share of the names each member of a hashing cluster gets.
func printShares(out io.Writer, f *conf.File) error {
	for i := range f.Cluster {
		o := &f.Cluster[i]
		if _, hashing := o.RingOptions(); !hashing {
			continue
		}
		p, err := place(o)
		if err != nil {
			return err
		}
		for _, m := range p.shares() {
			fmt.Fprintf(out, "%s: %s: %s gets %.1f %% of the names\n", f.Name(), o.Name, m.Member, 100*m.Share)
		}
	}
	return nil
}
