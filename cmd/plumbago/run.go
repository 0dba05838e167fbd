package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"plumbago/cmd/internal/admin"
	"plumbago/cmd/internal/daemon"
)

func runCommand() *cobra.Command {
	var file string
	var drain time.Duration
	cmd := &cobra.Command{
		Use: "run [-c FILE]", Short: "Run the daemon", Args: arguments(0, 0),
		Long: "Runs the daemon until SIGTERM or SIGINT ends it in order: listeners close, what was read is walked,\nopen slices are emitted as they stand, queues drain. A second signal stops at once. SIGHUP reads the\nconfiguration again, as plumbago reload does, and opens log files anew.\nThe exit status is 0 only if nothing that was read was lost.",
		RunE: func(*cobra.Command, []string) error { return run(file, drain) },
	}
	configFlag(cmd, &file)
	cmd.Flags().DurationVar(&drain, "drain", 10*time.Second, "how long queues may drain at a stop")
	return cmd
}

func run(file string, drain time.Duration) error {
	f, err := load(file)
	if err != nil {
		return err
	}
	log, err := daemon.NewLog(f.Log)
	if err != nil {
		return err
	}
	d, err := daemon.New(f, log.Logger, daemon.Options{Sockets: daemon.InheritedSockets(log.Logger), Level: &log.Level})
	if err != nil {
		return err
	}
	serve := func(d *daemon.Daemon) (func(context.Context), error) {
		s, err := admin.Serve(f.Admin, d, log.Logger)
		if err != nil {
			return nil, err
		}
		return s.Close, nil
	}
	clean, err := daemon.Run(d, log, serve, drain)
	if err != nil {
		log.Error("plumbago cannot start", zap.Error(err))
		return errWrong
	}
	if !clean {
		return errWrong
	}
	return nil
}
