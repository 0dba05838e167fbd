package daemon

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.uber.org/zap"

	"plumbago/conf"
)

// Run starts d and serves until a signal ends it. SIGHUP reads the configuration again and, as SIGUSR1 does, opens log files anew; SIGTERM and SIGINT stop in order,
// with up to drain for the queues; a second one stops at once. systemd, if it is what started us, is told of each. What is
// odd about the configuration is logged first. It reports whether nothing was lost.
func Run(d *Daemon, log *Log, serve func(*Daemon) (stop func(context.Context), err error), drain time.Duration) (clean bool, err error) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1)
	defer signal.Stop(signals)
	// The text is the message, since the log thins out messages that are alike.
	WarnOfSpools(d.File())
	for _, w := range d.File().Warnings {
		log.Warn(w.Error())
	}
	d.descriptors = raiseDescriptors()
	d.quota.Resize(d.connections(d.File()))
	stopServing, err := serve(d)
	if err != nil {
		return false, err
	}
	if err := d.Start(); err != nil {
		stopServing(context.Background())
		return false, err
	}
	log.Info("started", zap.String("version", Version()), zap.Int("listeners", len(d.File().Listen)), zap.Int("rules", len(d.File().Rule)),
		zap.Uint64("descriptors", d.descriptors))
	defer weigh()()
	shed()
	systemd := newManager(d, log.Logger)
	defer systemd.close()
	d.setHooks(Hooks{Log: log.Prepare, Around: systemd.reload})
	last := d.attend(signals, log)
	log.Info("stopping", zap.Stringer("signal", last), zap.Duration("drain", drain))
	systemd.stop(drain)
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM || s == syscall.SIGINT {
				log.Warn("stopping at once", zap.Stringer("signal", s))
				cancel()
				return
			}
		}
	}()
	d.Close(ctx)
	log.Settle()
	clean = d.report(log)
	stopServing(context.Background())
	return clean, nil
}

// attend does what signals ask for, and returns the one that asks for the end.
func (d *Daemon) attend(signals <-chan os.Signal, log *Log) os.Signal {
	reopen := func() {
		log.Reopen()
		d.Reopen()
		log.Info("opened the log files anew")
	}
	for {
		switch s := <-signals; s {
		case syscall.SIGHUP: // an error is logged, and shown by the status
			reopen()
			_, _ = d.Reload()
		case syscall.SIGUSR1: // what others rotate their logs with
			reopen()
		default:
			return s
		}
	}
}

// reserved is how many files are kept for what is no connection of a sender's: logs, spools, the API, and so on.
const reserved = 64

// connections returns how many connections f allows, at most as many as leave some of the files that the process may open for
// endpoints and itself: an endpoint that could not be connected to again would lose what is sent. Who may open a handful has
// to live with that.
func (d *Daemon) connections(f *conf.File) int {
	kept, all := reserved, int(d.descriptors)
	for _, c := range f.Cluster {
		kept += 2 * len(c.Endpoints)
	}
	if all < 2*kept || all-kept >= f.Limits.Connections {
		return f.Limits.Connections
	}
	d.log.Warn("fewer connections are taken than limits.connections allows, as the process may open few files: raise ulimit -n, or LimitNOFILE",
		zap.Int("connections", all-kept), zap.Int("descriptors", all))
	return all - kept
}

// raiseDescriptors raises the number of files and connections that the process may have open as far as it may, and
// returns it.
func raiseDescriptors() uint64 {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: l.Max, Max: l.Max}) == nil {
		return l.Max
	}
	return l.Cur
}

// kernelDropped returns how many datagrams the kernel has dropped before we could read them.
func (d *Daemon) kernelDropped() (n int64) {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	for _, l := range d.listeners {
		n += d.leaving.statsOf(l).Dropped
	}
	return n
}

// report writes the last word: what became of everything. It says whether nothing was lost, as
// what is unproven may be.
func (d *Daemon) report(log *Log) (clean bool) {
	l, err := d.Ledger(context.Background())
	if err != nil {
		log.Error("taking the ledger", zap.Error(err))
		return false
	}
	unproven := l.Unproven()
	clean = l.Lost() == 0 && unproven == 0 && l.Balanced
	write := log.Info
	if !clean {
		write = log.Warn
	}
	write("stopped", zap.Int64("received", l.Received), zap.Int64("sent", l.Sent), zap.Int64("delivered", l.Delivered()),
		zap.Int64("dropped", l.DroppedTotal()), zap.Int64("lost", l.Lost()), zap.Int64("unproven", unproven), zap.Int64("left", l.Left()),
		zap.Int64("kernel_dropped", d.kernelDropped()), zap.Any("ledger", l))
	return clean
}
