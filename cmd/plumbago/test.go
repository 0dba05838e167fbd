package main

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/spf13/cobra"

	"plumbago/cmd/internal/story"
)

func testCommand() *cobra.Command {
	var file string
	var update, verbose bool
	cmd := &cobra.Command{
		Use: "test [-c FILE] STORY...", Short: "Run story files against a configuration, no port opened",
		Long: "Runs stories: what is sent when, and what must arrive where. A story without a -- conf -- section of its own\nis run against the configuration of -c. Time in a story passes at once.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error { return runStories(file, files, update, verbose) },
	}
	configFlag(cmd, &file)
	cmd.Flags().BoolVar(&update, "update", false, "write what really came into the stories' expectations")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "name every story")
	return cmd
}

// runStories hands the stories to package testing, whose bubbles need a test around them, and ends the process as it
// says.
func runStories(file string, files []string, update, verbose bool) error {
	text := ""
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text = string(b)
	}
	var tests []testing.InternalTest
	for _, name := range files {
		s, err := story.Read(name)
		if err != nil {
			return err
		}
		if s.Conf == "" {
			s.Conf = text
		}
		tests = append(tests, testing.InternalTest{Name: name, F: func(t *testing.T) {
			story.Run(t, s, update)
			if update && !t.Failed() {
				if err := os.WriteFile(name, []byte(s.String()), 0o644); err != nil {
					t.Error(err)
				}
			}
		}})
	}
	os.Args = os.Args[:1]
	testing.Init()
	if verbose {
		flag.Set("test.v", "true")
	}
	testing.Main(func(string, string) (bool, error) { return true, nil }, tests, nil, nil)
	return fmt.Errorf("unreachable: testing.Main ends the process")
}
