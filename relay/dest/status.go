package dest

import (
	"sync"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/stat"
	"plumbago/carbon/transport"
)

// The states of an endpoint.
const (
	Connecting = "connecting" // the first attempt has not ended yet
	Up         = "up"         // it takes what is sent
	Down       = "down"       // it does not; there will be another attempt
	Closed     = "closed"     // Close was called
)

// A Status is how an endpoint does, for people.
type Status struct {
	Cluster      string    `json:"cluster"`
	Endpoint     string    `json:"endpoint"`
	State        string    `json:"state"`           // connecting, up, down or closed
	Since        time.Time `json:"since"`           // when it came into this state
	Error        string    `json:"error,omitempty"` // the last one, also of an endpoint that is up again
	Failures     int       `json:"failures"`        // attempts in a row that failed, 0 if it is up
	Reconnects   int64     `json:"reconnects"`      // how often it came up again
	QueuedBytes  int       `json:"queued_bytes"`
	QueuedPoints int64     `json:"queued_points"`
	OldestMS     int64     `json:"oldest_ms"` // how long the oldest queued point has waited
	WrittenBytes int64     `json:"written_bytes"`
	Oldest       float64   `json:"oldest_queued_seconds"` // how long ago the oldest point came that waits, or is not proven to have been read

	Delays stat.Delays `json:"-"` // from arrival to the first writing

	Confirm        string `json:"confirm"`         // what counts as delivered on the present connection: close, window, written or answer
	UnprovenPoints int64  `json:"unproven_points"` // written, and not proven to have been read
	UnprovenMS     int64  `json:"unproven_ms"`     // how long ago the oldest of them came in
	Proofs         int64  `json:"proofs"`          // how often what was written was proven by the end of a connection

	Connection *Connection `json:"connection,omitempty"` // the present one, if it is TCP

	Spool *SpoolStatus `json:"spool,omitempty"` // nil: the endpoint has none

	// The certificates that TLS uses on our side: our own, and the authorities.
	Certificates []transport.Certificate `json:"certificates,omitempty"`
}

// A SpoolStatus is what waits for an endpoint on disk.
type SpoolStatus struct {
	Points   int64  `json:"points"`          // those that are under way to the endpoint included
	Bytes    int64  `json:"bytes"`           // of the files, what of them is gone already included
	Segments int    `json:"segments"`        // files
	OldestMS int64  `json:"oldest_ms"`       // how long ago the oldest point came in that is not under way
	Error    string `json:"error,omitempty"` // why the disk does not take or give what it should
}

// Status returns how the endpoint does at this moment.
func (d *Dest) Status() Status {
	s := d.news.status()
	s.Cluster, s.Endpoint = d.cluster, d.endpoint
	if d.tls != nil {
		s.Certificates = d.tls.Certificates()
	}
	l := d.queue.level()
	s.Delays, s.Oldest = l.delays, l.age(time.Now().UnixMilli())
	s.QueuedBytes, s.QueuedPoints, s.WrittenBytes = l.bytes, l.counts.Queued, l.sent
	s.UnprovenPoints = l.counts.Unproven
	s.OldestMS, s.UnprovenMS = age(l.oldest), age(l.behind)
	if d.stream != nil {
		s.Connection = d.stream.view()
	}
	if k := d.keeper; k != nil {
		s.Spool = &SpoolStatus{l.counts.Spooled, l.disk.Bytes, l.disk.Segments, age(l.disk.Oldest), k.failure()}
	}
	return s
}

// age returns how many milliseconds ago that was, in Unix milliseconds; 0 if it was never.
func age(ms int64) int64 {
	if ms == 0 {
		return 0
	}
	return max(0, time.Now().UnixMilli()-ms)
}

// view returns how the connection stands, nil if there is none of the system's. Anybody may call it.
func (s *stream) view() *Connection {
	socket := s.known.Load()
	if socket == nil {
		return nil
	}
	if c, ok := view(socket.Conn); ok {
		return &c
	}
	return nil
}

// news is the state that a destination's goroutine makes known: to whoever asks, and in the log, where a failure that
// repeats is told at the first, second, fourth, eighth ... time and once an hour.
type news struct {
	log *zap.Logger

	mu     sync.Mutex
	now    Status    // the fields that are not the queue's
	comes  int64     // how often it came up
	told   string    // the state that the log knows
	toldAt time.Time // when it was told
}

func newNews(log *zap.Logger) news {
	return news{log: log, now: Status{State: Connecting, Since: time.Now()}}
}

func (n *news) status() Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

// enter changes the state; the lock is held.
func (n *news) enter(state string) {
	if n.now.State != state {
		n.now.State, n.now.Since = state, time.Now()
	}
}

// tell says whether the log should hear of the state now; the lock is held.
func (n *news) tell(worth bool) bool {
	if !worth && time.Since(n.toldAt) < time.Hour {
		return false
	}
	n.told, n.toldAt = n.now.State, time.Now()
	return true
}

// confirms notes what counts as delivered.
func (n *news) confirms(c confirm) {
	n.mu.Lock()
	n.now.Confirm = c.String()
	n.mu.Unlock()
}

// proof notes a proof.
func (n *news) proof() {
	n.mu.Lock()
	n.now.Proofs++
	n.mu.Unlock()
}

func (n *news) up() {
	n.mu.Lock()
	n.enter(Up)
	n.comes++
	n.now.Failures, n.now.Reconnects = 0, n.comes-1
	tell := n.told != Up && n.tell(true)
	n.mu.Unlock()
	if tell {
		n.log.Info("endpoint up")
	}
}

// down notes the last of failures in a row.
func (n *news) down(err error, failures int) {
	n.mu.Lock()
	n.enter(Down)
	n.now.Error, n.now.Failures = err.Error(), failures
	still := n.told == Down
	since := n.now.Since
	tell := n.tell(failures&(failures-1) == 0)
	n.mu.Unlock()
	switch {
	case tell && still:
		n.log.Warn("endpoint still down", zap.Error(err), zap.Int("failures", failures), zap.Time("since", since))
	case tell:
		n.log.Warn("endpoint down", zap.Error(err), zap.Int("failures", failures))
	}
}

func (n *news) closed(lost int64) {
	n.mu.Lock()
	known := n.told == Closed
	n.enter(Closed)
	n.tell(true)
	n.mu.Unlock()
	switch {
	case known:
	case lost > 0:
		n.log.Warn("endpoint closed before all was sent", zap.Int64("lost", lost))
	default:
		n.log.Info("endpoint closed")
	}
}
