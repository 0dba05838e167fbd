// Command plumbago is a carbon relay and aggregator. This package is its command line: one file a command.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"plumbago/cmd/internal/daemon"
)

// Exit statuses.
const (
	exitDone  = 0
	exitWrong = 1 // the thing asked about is wrong or missing
	exitUsage = 2 // the command line is
)

// errWrong ends a command that has said already what is wrong.
var errWrong = errors.New("")

func main() { os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout)) }

// execute runs one command line and returns its exit status.
func execute(args []string, in io.Reader, out io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	addCompletion(root)
	started := false
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	switch cmd, err := root.ExecuteC(); {
	case err == nil:
		return exitDone
	case errors.Is(err, errWrong):
		return exitWrong
	case !started: // cobra refused the arguments before the command ran
		fmt.Fprintf(os.Stderr, "plumbago: %v\n%s", err, direction(cmd))
		return exitUsage
	default:
		fmt.Fprintf(os.Stderr, "plumbago: %v\n", err)
		return exitWrong
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "plumbago",
		Short:         "A carbon/graphite relay and aggregator",
		Long:          "plumbago takes carbon lines and pickles in, walks them down one ordered table of rules that drop,\naggregate and send them, and delivers the points, none lost and none uncounted.",
		Version:       daemon.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          known,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetVersionTemplate("plumbago {{.Version}}\n")
	root.SetFlagErrorFunc(misplaced)
	root.AddCommand(
		badCommand(),
		checkCommand(),
		configCommand(),
		convertCommand(),
		diffCommand(),
		explainCommand(),
		ledgerCommand(),
		manCommand(),
		mmstatsCommand(),
		queryCommand(),
		reloadCommand(),
		ringCommand(),
		runCommand(),
		seriesCommand(),
		spoolCommand(),
		tapCommand(),
		testCommand(),
		topCommand(),
		versionCommand(),
	)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = func(_ *cobra.Command, args []string) error {
			cmd, rest, _ := root.Find(args)
			return known(cmd, rest)
		}
	}
	return root
}

// addCompletion adds the command that cobra has for that, which then writes to where root does.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.Args = known // a shell that there is nothing for is a mistake
		completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print which build this is", Args: arguments(0, 0),
		Run: func(*cobra.Command, []string) { fmt.Println("plumbago", daemon.Version()) },
	}
}
