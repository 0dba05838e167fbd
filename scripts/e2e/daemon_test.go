package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. It is an upper bound: every wait ends with its event.
const patience = 30 * time.Second

// A daemon is a running plumbago.
type daemon struct {
	t     *testing.T
	cmd   *exec.Cmd
	conf  string // path of its configuration file
	admin string // URL of its API
	done  chan struct{}
	said  *journal
}

// A journal is what a process has written to its standard error.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes more of the log.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// String returns the log so far.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// A setup is how a daemon is started.
type setup struct {
	bin   string   // raceProgram if empty
	conf  string   // TOML, without [admin]; it goes on in [log]
	admin string   // further keys of [admin]
	args  []string // further arguments of run
	env   []string // further variables

	sockets []*os.File // handed over as systemd does
}

// start runs a daemon and waits until it is ready.
func start(t *testing.T, s setup) *daemon {
	t.Helper()
	outside(t)
	if s.bin == "" {
		s.bin = raceProgram
	}
	port := freePort(t)
	d := &daemon{t: t, admin: fmt.Sprintf("http://127.0.0.1:%d", port), done: make(chan struct{}), said: &journal{}}
	d.conf = filepath.Join(t.TempDir(), "plumbago.toml")
	if !strings.Contains(s.conf, "[self]") { // no test counts points that it did not send, unless it means to
		s.admin += "\n[self]\ninterval = \"0\""
	}
	write(t, d.conf, fmt.Sprintf("[admin]\naddress = \"127.0.0.1:%d\"\n%s\n[log]\nlevel = \"info\"\n%s", port, s.admin, s.conf))
	args := append([]string{"run", "-c", d.conf}, s.args...)
	if s.sockets == nil {
		d.cmd = exec.Command(s.bin, args...)
	} else {
		// Only the process itself knows its number before it runs.
		d.cmd = exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, s.bin}, args...)...)
		d.cmd.ExtraFiles = s.sockets
		s.env = append(s.env, fmt.Sprintf("LISTEN_FDS=%d", len(s.sockets)))
	}
	// A race ends the process with its own code, so that no test can overlook it.
	d.cmd.Env = append(append(os.Environ(), "GORACE=exitcode=66 halt_on_error=1"), s.env...)
	d.cmd.Stderr = d.said
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		d.cmd.Wait()
		close(d.done)
	}()
	t.Cleanup(d.kill)
	eventually(t, "the daemon is ready", func() bool {
		select {
		case <-d.done:
			t.Fatalf("plumbago ended while starting, with code %d", d.cmd.ProcessState.ExitCode())
		default:
		}
		code, _, err := d.get("/readyz")
		return err == nil && code == http.StatusOK
	})
	return d
}

// with returns the daemon as a subtest sees it, which reports its own failures.
func (d *daemon) with(t *testing.T) *daemon {
	sub := *d
	sub.t = t
	return &sub
}

// kill ends a daemon that its test did not stop, and shows the log of a failed test.
func (d *daemon) kill() {
	select {
	case <-d.done:
	default:
		d.cmd.Process.Kill()
		<-d.done
	}
	if d.t.Failed() {
		log := d.said.String()
		if len(log) > 8<<10 {
			log = log[:4<<10] + "\n...\n" + log[len(log)-4<<10:]
		}
		d.t.Logf("the daemon's log:\n%s", log)
	}
}

// get asks the API. On a busy machine a daemon may have to say that it did not come to answer in time.
func (d *daemon) get(path string) (code int, body []byte, err error) {
	within(patience, func() bool {
		code, body, err = d.getOnce(path)
		return code != http.StatusServiceUnavailable || !strings.HasPrefix(path, "/api/")
	})
	return code, body, err
}

func (d *daemon) getOnce(path string) (code int, body []byte, err error) {
	client := http.Client{Timeout: patience}
	resp, err := client.Get(d.admin + path)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// ledger asks for the ledger and holds it to its laws.
func (d *daemon) ledger() *ledger {
	d.t.Helper()
	code, body, err := d.get("/api/ledger")
	if err != nil || code != http.StatusOK {
		d.t.Fatalf("GET /api/ledger: %d %s %v", code, body, err)
	}
	return parseLedger(d.t, body)
}

// await polls the ledger until ok says so, and returns that ledger.
func (d *daemon) await(what string, ok func(l *ledger) bool) *ledger {
	d.t.Helper()
	var l *ledger
	eventually(d.t, what, func() bool {
		l = d.ledger()
		return ok(l)
	})
	return l
}

// received waits until n lines have arrived since the start.
func (d *daemon) received(n int64) *ledger {
	d.t.Helper()
	return d.await(fmt.Sprintf("%d received", n), func(l *ledger) bool { return l.Received >= n })
}

// signal sends s to the daemon.
func (d *daemon) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// A last is the last line of a daemon's log, and its exit code.
type last struct {
	Msg       string
	Sent      int64
	Delivered int64
	Dropped   int64
	Left      int64
	Ledger    json.RawMessage

	KernelDropped int64 `json:"kernel_dropped"`

	code   int
	ledger *ledger
}

// stop ends the daemon with SIGTERM and waits for its end: exit code 0, and a last line whose ledger balances and has
// nothing lost.
func (d *daemon) stop() *last {
	d.t.Helper()
	d.ledger()
	d.signal(syscall.SIGTERM)
	l := d.ended()
	if l.code != 0 || l.Left != 0 {
		d.t.Errorf("exit code %d with %d left, want 0 and 0", l.code, l.Left)
	}
	for _, e := range l.ledger.Endpoints {
		if e.lost() != 0 || e.Queued != 0 || e.Unproven != 0 || e.Spooled != 0 {
			d.t.Errorf("%s %s: not all was delivered: %+v", e.Cluster, e.Endpoint, e)
		}
	}
	return l
}

// ended waits for the daemon's end and reads its last words.
func (d *daemon) ended() *last {
	d.t.Helper()
	select {
	case <-d.done:
	case <-time.After(2 * patience):
		d.t.Fatalf("the daemon did not end within %v", 2*patience)
	}
	var text string
	for lines := bufio.NewScanner(strings.NewReader(d.said.String())); lines.Scan(); {
		if strings.TrimSpace(lines.Text()) != "" {
			text = lines.Text()
		}
	}
	l := &last{code: d.cmd.ProcessState.ExitCode()}
	if err := json.Unmarshal([]byte(text), l); err != nil {
		d.t.Fatalf("exit code %d; the last line of the log is no JSON: %v: %s", l.code, err, text)
	}
	if l.Msg != "stopped" {
		d.t.Fatalf("exit code %d; the last line of the log says %q, want \"stopped\"", l.code, l.Msg)
	}
	l.ledger = parseLedger(d.t, l.Ledger)
	return l
}

// run runs a command of plumbago to its end.
func run(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	outside(t)
	var o, e strings.Builder
	cmd := exec.Command(raceProgram, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &o, &e
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}
