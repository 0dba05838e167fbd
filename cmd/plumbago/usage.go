package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// direction says where somebody learns more whose command line for cmd is wrong.
func direction(cmd *cobra.Command) string {
	if !cmd.HasParent() || cmd.Name() == "help" {
		return "Try: plumbago help\n"
	}
	return fmt.Sprintf("Usage: %s\nTry: plumbago help %s\n", cmd.UseLine(), cmd.Name())
}

// arguments refuses fewer than least arguments, and more than most; a most below 0 is any number. Who gives a file to a
// command that takes none most likely means its configuration.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("%s lacks an argument", cmd.Name())
		case most < 0 || len(args) <= most:
			return nil
		case most == 0 && cmd.Flags().Lookup("config") != nil:
			return fmt.Errorf("%s takes no argument %q (a configuration is named by -c)", cmd.Name(), args[0])
		default:
			return fmt.Errorf("%s takes no argument %q", cmd.Name(), args[most])
		}
	}
}

// known refuses what names no command below cmd, with what may have been meant.
func known(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf(" (did you mean %q?)", near[0])
	}
	return fmt.Errorf("there is no command %q%s", args[0], hint)
}

// misplaced adds to what is wrong with an option that it may stand in the wrong place, as other relays take them.
func misplaced(cmd *cobra.Command, err error) error {
	if cmd.HasParent() {
		return err
	}
	return fmt.Errorf("%w (options stand behind a command, as in \"plumbago check -c FILE\")", err)
}
