package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"plumbago/cmd/internal/convert"
	"plumbago/cmd/internal/daemon"
	"plumbago/conf"
)

func convertCommand() *cobra.Command {
	var o convert.Options
	cmd := &cobra.Command{
		Use: "convert --from PROGRAM FILE...", Short: "Write another relay's configuration as plumbago's",
		Long: "Reads the configuration of another program and writes the same as one for plumbago to standard output. PROGRAM is one\nof " +
			strings.Join(convert.Languages(), ", ") + "; - as FILE is standard input. Each section says which line it comes from.\nWhat cannot be expressed is a comment NOT CONVERTED at its place, and a line on standard error.\n" +
			"The exit status is 0 if points go where they went and the same is computed, and 1 if something that changes this was\nleft out, or if the files cannot be read; then nothing is written to standard output.",
		Args: func(cmd *cobra.Command, files []string) error {
			if !slices.Contains(convert.Languages(), o.From) {
				return fmt.Errorf("--from is one of %s, not %q", strings.Join(convert.Languages(), ", "), o.From)
			}
			return arguments(1, -1)(cmd, files)
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			o.Files = convert.Disk()
			return convertFiles(files, o, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&o.From, "from", "", "whose configuration it is: "+strings.Join(convert.Languages(), ", "))
	cmd.Flags().StringVar(&o.Daemon, "daemon", "", "carbon: which section of carbon.conf is meant: relay or aggregator, with :INSTANCE if it has one")
	return cmd
}

func convertFiles(files []string, o convert.Options, in io.Reader, out io.Writer) error {
	var sources []convert.Source
	for _, name := range files {
		text, err := source(name, in)
		if err != nil {
			return err
		}
		sources = append(sources, convert.Source{Name: name, Text: string(text)})
	}
	r, err := convert.Convert(sources, o)
	if err != nil {
		return err
	}
	if err := buildable(r.Text); err != nil {
		return err
	}
	if _, err := io.WriteString(out, r.Text); err != nil {
		return err
	}
	matter := 0
	for _, g := range r.Gaps {
		kind := "not converted"
		if g.Matters {
			matter++
		} else {
			kind = "differs"
		}
		fmt.Fprintf(os.Stderr, "%s: %s: %s\n", g.At, kind, g.Text)
	}
	if r.Complete() {
		return nil
	}
	fmt.Fprintf(os.Stderr, "%s not converted: where points go, or what is computed, is not the same\n", count(matter, "part"))
	return errWrong
}

// source reads one file, or standard input.
func source(name string, in io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(name)
}

// buildable makes all that a daemon of this configuration would be, and starts nothing, as check does. Files that are not on this
// machine, like certificates, are no reason to refuse it.
func buildable(text string) error {
	f, faults := conf.Parse("converted", []byte(text), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		return nil // of certificates; convert has told
	}
	if _, err := daemon.New(f, zap.NewNop(), daemon.Options{}); err != nil {
		return errors.Join(errors.New("what would come of it is no good configuration"), err)
	}
	return nil
}
