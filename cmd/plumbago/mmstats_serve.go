package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"plumbago/cmd/internal/mmash"
	"plumbago/ingest/mmstats"
)

func serveCommand() *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use: "serve [--address HOST:PORT] [GLOB]", Short: "Show the files' figures on a small web page, with live graphs", Args: arguments(0, 1),
		Long: "Answers on a web address until it is interrupted:\n\n  /                 every label\n  /graph/           live graphs\n  /stats/           the labels as JSON\n  /stats/NAME       the values of the labels that begin with NAME, of each file; ?exact for NAME alone, ?glob= for some of the\n                    files, ?aggr=avg|one|max|min|sum|nonzero-min|nonzero-avg for one number\n  /files/, /files/GLOB   the files that have fields",
		RunE: func(cmd *cobra.Command, args []string) error {
			glob := mmstats.Glob()
			if len(args) > 0 {
				glob = args[0]
			}
			listener, err := net.Listen("tcp", address)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "serving %s on http://%s/\n", glob, listener.Addr())
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			server := http.Server{Handler: mmash.New(glob).Handler(), ReadHeaderTimeout: 5 * time.Second}
			defer context.AfterFunc(ctx, func() { _ = server.Close() })()
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&address, "address", "127.0.0.1:5002", "where to answer, as HOST:PORT")
	return cmd
}
