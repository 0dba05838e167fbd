package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"plumbago/ingest/mmstats"
)

func mmstatsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "mmstats", Short: "Read the files in which applications publish their figures", Args: known,
		Long: "Reads, watches and cleans files as the Python mmstats and the Go package mmstats write them. Without files they are those of\n$MMSTATS_GLOB, or *.mmstats in $MMSTATS_PATH, or in the folder for temporary files.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(slurpCommand(), pollCommand(), cleanCommand(), serveCommand())
	return cmd
}

func slurpCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "slurp [--json] [FILE...]", Short: "Print every field of every file", Args: arguments(0, -1),
		Long: "Prints every field of every file. Of a damaged file those before the damage are printed; what is wrong is told on standard\nerror, and makes the exit status 1.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return quiet(slurp(files(args), asJSON, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object for each file")
	return cmd
}

// files returns the files that a command line names: as they are, or those there are by default.
func files(args []string) []string {
	if len(args) > 0 {
		return args
	}
	found, _ := filepath.Glob(mmstats.Glob())
	return found
}

// quiet takes the end of whoever reads the output for a good end.
func quiet(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// A slurped is a file as JSON.
type slurped struct {
	File   string         `json:"file"`
	Fields []slurpedField `json:"fields"`
	Error  string         `json:"error,omitempty"`
}

type slurpedField struct {
	Label string `json:"label"`
	Type  string `json:"type"`
	Value any    `json:"value"` // what JSON has no number for is a text, as "NaN"
}

func slurp(paths []string, asJSON bool, out, problems io.Writer) error {
	bad := false
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			continue
		}
		fields, wrong := mmstats.ReadFile(path)
		var err error
		switch {
		case asJSON:
			err = printJSON(out, slurpedOf(path, fields, wrong))
		case wrong == nil || len(fields) > 0:
			err = printFields(out, path, fields)
		}
		if err != nil {
			return err
		}
		if wrong != nil {
			bad = true
			fmt.Fprintf(problems, "Error reading: %s\n%v\n", path, wrong)
		}
	}
	if bad {
		return errWrong
	}
	return nil
}

func slurpedOf(path string, fields []mmstats.Field, wrong error) slurped {
	s := slurped{File: path, Fields: []slurpedField{}}
	for _, f := range fields {
		v := f.Value
		if x, ok := v.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			v = valueText(v)
		}
		s.Fields = append(s.Fields, slurpedField{f.Label, f.Type, v})
	}
	if wrong != nil {
		s.Error = wrong.Error()
	}
	return s
}

func printFields(out io.Writer, path string, fields []mmstats.Field) error {
	widest := 0
	for _, f := range fields {
		widest = max(widest, utf8.RuneCountInString(f.Label))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "==> %s\n", path)
	for _, f := range fields {
		fmt.Fprintf(&b, "  %s %s\n", pad(printable(f.Label), widest), printable(valueText(f.Value)))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(out, b.String())
	return err
}

// pad fills text up to width characters.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// printable returns text with what a terminal would obey replaced.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// valueText writes a value as Python 2 prints it: floats with twelve digits.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		switch {
		case math.IsNaN(v):
			return "nan"
		case math.IsInf(v, 1):
			return "inf"
		case math.IsInf(v, -1):
			return "-inf"
		}
		text := strconv.FormatFloat(v, 'g', 12, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	}
	return fmt.Sprint(v)
}

func cleanCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "clean [--force] [FILE...]", Short: "Remove the files of processes that are gone", Args: arguments(0, -1),
		Long: "Removes the files whose process is gone, or whose process's number another process has now. A file of another user's\nprocess stays, unless --force is given.",
		RunE: func(cmd *cobra.Command, args []string) error {
			removed, alive := 0, 0
			out := cmd.OutOrStdout()
			mmstats.Clean(files(args), force, func(v mmstats.Verdict) {
				if v.Why != "" {
					fmt.Fprintln(out, v.Why)
				}
				if v.Removed {
					removed++
				}
				if v.Alive {
					alive++
				}
			})
			_, err := fmt.Fprintf(out, "Removed %d  -  %d alive\n", removed, alive)
			return quiet(err)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "remove those of other users' processes too")
	return cmd
}
