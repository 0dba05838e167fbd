package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plumbago/cmd/internal/daemon"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page", Args: arguments(0, 0),
		Long: "Prints the manual page of plumbago and its commands, made of the same texts as their help:\n\n    plumbago man > /usr/local/share/man/man1/plumbago.1",
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := bufio.NewWriter(cmd.OutOrStdout())
			writeManual(w, cmd.Root())
			return w.Flush()
		},
	}
}

// writeManual writes the manual page of a command and those below it, in troff's man macros. It is written here because
// what cobra has for it makes Markdown first, and brings two libraries for that.
func writeManual(w io.Writer, root *cobra.Command) {
	name := root.Name()
	fmt.Fprintf(w, ".TH %s 1 \"\" %q\n", strings.ToUpper(name), name+" "+daemon.Version())
	fmt.Fprintf(w, ".SH NAME\n%s \\- %s\n", name, troff(root.Short))
	fmt.Fprintf(w, ".SH SYNOPSIS\n.B %s\n.I COMMAND\n[options]\n", name)
	fmt.Fprintf(w, ".SH DESCRIPTION\n%s\n.SH COMMANDS\n", troff(root.Long))
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() {
			manualOf(w, name, cmd)
		}
	}
	fmt.Fprint(w, ".SH EXIT STATUS\n")
	for _, status := range [][2]string{
		{"0", "Done."}, {"1", "What was asked about is wrong or missing; a faulty configuration too."}, {"2", "The command line is wrong."},
	} {
		fmt.Fprintf(w, ".TP\n.B %s\n%s\n", status[0], status[1])
	}
}

// manualOf writes the part on one command, and on those below it.
func manualOf(w io.Writer, parent string, cmd *cobra.Command) {
	fmt.Fprintf(w, ".SS %s\n", troff(parent+" "+cmd.Use))
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintln(w, troff(strings.TrimSpace(text)))
	if help := cmd.Flags().Lookup("help"); help != nil {
		help.Hidden = true // cobra gives it only to the command that runs
	}
	if cmd.HasAvailableLocalFlags() {
		const width = 72
		fmt.Fprintf(w, ".PP\n.nf\n%s.fi\n", troff(cmd.LocalFlags().FlagUsagesWrapped(width)))
	}
	if cmd.Name() == "completion" {
		return // its parts, one a shell, are cobra's, and long
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			manualOf(w, parent+" "+cmd.Name(), sub)
		}
	}
}

// troff writes text so that troff prints it as it stands; an empty line begins a paragraph, and indented lines stay apart.
func troff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case line == "" && i < len(lines)-1:
			lines[i] = ".PP"
		case strings.HasPrefix(line, "."):
			lines[i] = `\&` + line
		case strings.HasPrefix(line, "    "):
			lines[i] = ".br\n" + line
		}
	}
	return strings.Join(lines, "\n")
}
