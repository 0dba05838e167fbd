package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"plumbago/carbon"
	"plumbago/cmd/internal/daemon"
	"plumbago/relay/spool"
)

func (s *spoolCmd) cat(args []string, out io.Writer) error {
	found, err := s.find(args)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(out)
	wrong := false
	for i := range found {
		f := &found[i]
		write := func(rec spool.Record) error {
			_, err := buffered.Write(rec.Payload)
			return err
		}
		if f.Form == "pickle" {
			write = unpickle(buffered)
		}
		lost, err := spool.Cat(daemon.SpoolRoot(s.state), f.Name, write)
		if err == nil {
			err = buffered.Flush()
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", f.Cluster, f.Endpoint, err)
		}
		if lost > 0 {
			wrong = true
			why := "damaged"
			if f.InUse {
				why = "damaged, or taken out meanwhile"
			}
			fmt.Fprintf(os.Stderr, "plumbago: %s %s: %s missing: %s\n", f.Cluster, f.Endpoint, count(int(lost), "point"), why)
		}
	}
	if wrong {
		return errWrong
	}
	return nil
}

// unpickle returns what writes the points of pickled records as lines.
func unpickle(out io.Writer) func(spool.Record) error {
	limits := carbon.DefaultLimits()
	limits.MaxFrame, limits.MaxName, limits.Names = spool.MaxPayload, 1<<16-1, carbon.NamesVerbatim
	decoder := carbon.NewPickleDecoder(limits)
	var lines carbon.LineEncoder
	return func(rec spool.Record) error {
		b := carbon.NewBatch()
		defer b.Free()
		b.Bytes = append(b.Bytes, rec.Payload...)
		if err := decoder.Decode(b, 0); err != nil {
			return err
		}
		f := &carbon.Frame{}
		for i := range b.Points {
			f.Bytes = f.Bytes[:0]
			lines.Append(f, b, &b.Points[i])
			if _, err := out.Write(f.Bytes); err != nil {
				return err
			}
		}
		return nil
	}
}
