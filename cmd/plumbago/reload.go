package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func reloadCommand() *cobra.Command {
	var daemon client
	var asJSON bool
	cmd := &cobra.Command{
		Use: "reload [--json]", Short: "Have a running daemon read its configuration again, and print what changed or what is wrong", Args: arguments(0, 0),
		Long: "Has a running daemon read its configuration file again, as SIGHUP does. What did not change keeps its sockets,\nconnections, queues and half-full slices. A faulty file changes nothing: its faults are printed as check does, and the\nexit status is 1.",
		RunE: func(*cobra.Command, []string) error {
			text, err := daemon.call(http.MethodPost, "/api/reload")
			var faulty *refused
			if errors.As(err, &faulty) {
				fmt.Fprintln(os.Stderr, faulty)
				return errWrong
			}
			if err != nil {
				return err
			}
			if asJSON {
				fmt.Println(strings.TrimSpace(string(text)))
				return nil
			}
			var r struct{ Changes, Warnings []string }
			if err := json.Unmarshal(text, &r); err != nil {
				return fmt.Errorf("reading the answer: %w", err)
			}
			for _, w := range r.Warnings {
				fmt.Fprintln(os.Stderr, w)
			}
			if len(r.Changes) == 0 {
				r.Changes = []string{"nothing changed"}
			}
			fmt.Println(strings.Join(r.Changes, "\n"))
			return nil
		},
	}
	daemon.flags(cmd, defaultAdmin)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as /api/reload gives it")
	return cmd
}
