package main

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/spf13/cobra"

	"plumbago/cmd/internal/story"
	"plumbago/conf"
)

func testCommand() *cobra.Command {
	var file string
	var update, verbose bool
	cmd := &cobra.Command{
		Use: "test [-c FILE] STORY...", Short: "Run story files against a configuration, no port opened",
		Long: "Runs stories: what is sent when, and what must arrive where. A story without a -- conf -- section of its own\nis run against the configuration that -c names, or the one that run would take: each of its endpoints is then a sink\nin memory, named by its text or, if it is the only one of its cluster, by the cluster's name. Nothing is dialled, no\nfile is written, and time in a story passes at once.",
		Args: arguments(1, -1),
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
	stories, err := readStories(file, files)
	if err != nil {
		return err
	}
	var tests []testing.InternalTest
	for _, s := range stories {
		tests = append(tests, testing.InternalTest{Name: s.File, F: func(t *testing.T) {
			story.Run(t, s, update)
			if update && !t.Failed() {
				if err := os.WriteFile(s.File, []byte(s.String()), 0o644); err != nil {
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

// readStories reads the stories and makes them ready. What is wrong with any of them or with a configuration is printed.
func readStories(file string, files []string) (stories []*story.Story, err error) {
	var given *conf.File
	wrong := false
	for _, name := range files {
		s, err := story.Read(name)
		if err == nil && s.Conf == nil && given == nil {
			if given, err = load(file); err != nil {
				return nil, err
			}
		}
		if err == nil {
			err = s.Against(given)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			wrong = true
		}
		stories = append(stories, s)
	}
	if wrong {
		return nil, errWrong
	}
	return stories, nil
}
