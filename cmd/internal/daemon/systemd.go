package daemon

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	sd "github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"plumbago/ingest"
)

// tellEvery is how often systemd is told how we are when it has no watchdog for us.
const tellEvery = 10 * time.Second

// stopMargin is what a stop may take beyond the time that queues have to drain.
const stopMargin = 10 * time.Second

// InheritedSockets takes over the sockets that systemd opened for us, if it did.
func InheritedSockets(log *zap.Logger) *ingest.Sockets {
	files := activation.Files(true)
	if files == nil {
		return nil
	}
	return ingest.NewSockets(files, log)
}

// A manager is systemd as it sees the daemon. Nothing happens if it was not systemd that started us.
type manager struct {
	daemon   *Daemon
	log      *zap.Logger
	step     time.Duration // between two looks at the daemon
	watchdog bool          // systemd ends us if it does not hear from us
	status   string        // what it was told last
	stopping atomic.Bool
	done     chan struct{}
	wg       sync.WaitGroup
}

// newManager says that d runs and goes on to say how it is.
func newManager(d *Daemon, log *zap.Logger) *manager {
	m := &manager{daemon: d, log: log, step: tellEvery, done: make(chan struct{})}
	if os.Getenv("NOTIFY_SOCKET") == "" {
		return m
	}
	patience, err := sd.SdWatchdogEnabled(true)
	if err != nil {
		log.Warn("reading what systemd's watchdog wants", zap.Error(err))
	}
	if patience > 0 {
		// A look takes up to a step, so the dog is fed at the latest every two of three.
		m.watchdog, m.step = true, patience/3
	}
	m.ready()
	m.wg.Go(m.run)
	return m
}

// run looks at the daemon until the end.
func (m *manager) run() {
	tick := time.NewTicker(m.step)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.look()
		case <-m.done:
			return
		}
	}
}

// look feeds the watchdog if every owner answers. One that is stuck must be seen by it: it then ends the process with
// SIGABRT, which prints where each goroutine is. How long a stop may take, systemd sees to by itself.
func (m *manager) look() {
	ctx, cancel := context.WithTimeout(context.Background(), m.step)
	defer cancel()
	if m.stopping.Load() {
		m.feed()
		return
	}
	if err := m.daemon.Answer(ctx); err != nil {
		m.log.Error("somebody does not answer, so the watchdog is not fed", zap.Error(err))
		return
	}
	m.feed()
	if status := m.describe(); status != m.status {
		m.status = status
		m.tell("STATUS=" + status)
	}
}

func (m *manager) feed() {
	if m.watchdog {
		m.tell(sd.SdNotifyWatchdog)
	}
}

// ready says that everything runs.
func (m *manager) ready() {
	m.status = m.describe()
	m.tell(sd.SdNotifyReady, "STATUS="+m.status)
}

// reload says that f, which it runs, changes what is running.
func (m *manager) reload(f func()) {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	m.tell(sd.SdNotifyReloading, fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/1000))
	f()
	m.tell(sd.SdNotifyReady)
}

// stop says that the daemon ends, and how long that may take.
func (m *manager) stop(drain time.Duration) {
	m.stopping.Store(true)
	m.tell(sd.SdNotifyStopping, "STATUS=stopping", fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", (drain+stopMargin).Microseconds()))
}

// close says no more.
func (m *manager) close() {
	close(m.done)
	m.wg.Wait()
}

// describe says in a line how the daemon is.
func (m *manager) describe() string {
	var at []string
	for _, a := range m.daemon.addrs() {
		at = append(at, url{a}.String())
	}
	where := "listening nowhere"
	if len(at) > 0 {
		where = "listening on " + strings.Join(at, ", ")
	}
	up, all := m.daemon.endpointsUp()
	return fmt.Sprintf("%s; %d of %d endpoints up", where, up, all)
}

// tell sends systemd what has changed, a line each.
func (m *manager) tell(lines ...string) {
	if _, err := sd.SdNotify(false, strings.Join(lines, "\n")); err != nil {
		m.log.Warn("telling systemd how we are", zap.Error(err))
	}
}
