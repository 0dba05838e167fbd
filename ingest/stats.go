package ingest

import (
	"sync/atomic"

	"plumbago/ingest/events"
)

// counts are what Stats reads. Readers add to them once a read.
type counts struct {
	accepted, closed, bytes, received               atomic.Int64
	notAllowed, notTrusted, overLimit, noDescriptor atomic.Int64
	probes, idled, rateLimited                      atomic.Int64
	stale                                           atomic.Int64
	broken                                          [nLayers]atomic.Int64
	files                                           filesCounts
	lists                                           listCounts
}

// Stats are a listener's own figures, beside the ledger.
type Stats struct {
	Open      int64 `json:"open"`           // connections now
	Accepted  int64 `json:"accepted"`       // connections ever
	Closed    int64 `json:"closed"`         // connections that ended
	Bytes     int64 `json:"bytes"`          // read from connections and in datagrams
	Received  int64 `json:"received"`       // lines, pickle items and statsd values, good or bad
	Datagrams int64 `json:"datagrams"`      // received
	Dropped   int64 `json:"kernel_dropped"` // datagrams that the kernel dropped as the receive buffer was full

	Refused     Refused `json:"refused"`
	Probes      int64   `json:"probes"`      // connections that ended before a byte came, as a balancer's checks do
	Idled       int64   `json:"idle_closed"` // connections that were closed because they were silent
	Broken      Broken  `json:"broken"`
	RateLimited int64   `json:"rate_limited"`      // samples dropped because their peer sends more than rate
	Stale       int64   `json:"tls_reload_errors"` // changed files of tls that could not be used, so that the old ones stay
	Repeated    int64   `json:"repeated"`          // datagrams that were sent on to other statsd servers
	NotRepeated int64   `json:"not_repeated"`      // those that could not be

	Statsd *StatsdStats  `json:"statsd,omitempty"` // nil unless it is for statsd
	Files  *FilesStats   `json:"files,omitempty"`  // nil of a listener that reads none
	Events *events.Stats `json:"events,omitempty"` // nil unless it speaks RESP
	Lists  *ListStats    `json:"lists,omitempty"`  // nil unless it takes records out of Redis
}

// Broken counts connections that were ended because what their samples come in could not be read.
type Broken struct {
	Proxy    int64 `json:"proxy"`    // the PROXY header
	TLS      int64 `json:"tls"`      // a handshake that failed, or a record
	Compress int64 `json:"compress"` // the compressed stream
}

// Refused counts what a listener would not take: connections, which are closed at once, and datagrams.
type Refused struct {
	Allow       int64 `json:"allow"`       // its address is not in allow
	ProxyFrom   int64 `json:"proxy_from"`  // its address is not in proxy_from
	Connections int64 `json:"connections"` // there are as many connections as there may be
	Descriptors int64 `json:"descriptors"` // the process can open no more files
}

// Stats returns the listener's figures.
func (l *Listener) Stats() Stats {
	s := Stats{
		Closed: l.counts.closed.Load(), Bytes: l.counts.bytes.Load(), Received: l.counts.received.Load(),
		Refused: Refused{
			Allow: l.counts.notAllowed.Load(), ProxyFrom: l.counts.notTrusted.Load(), Connections: l.counts.overLimit.Load(), Descriptors: l.counts.noDescriptor.Load(),
		},
		Probes: l.counts.probes.Load(), Idled: l.counts.idled.Load(), RateLimited: l.counts.rateLimited.Load(), Stale: l.counts.stale.Load(),
		Broken: Broken{
			Proxy: l.counts.broken[proxyLayer].Load(), TLS: l.counts.broken[tlsLayer].Load(),
			Compress: l.counts.broken[compressLayer].Load(),
		},
	}
	s.Accepted = l.counts.accepted.Load() // after Closed, so that Open is never negative
	s.Open = s.Accepted - s.Closed
	if l.repeater != nil {
		s.Repeated, s.NotRepeated = l.repeater.sent.Load(), l.repeater.failed.Load()
	}
	s.Statsd = l.kinds.stats()
	if l.events != nil {
		e := l.events.Stats()
		s.Events = &e
	}
	if len(l.lists) > 0 {
		c := &l.counts.lists
		s.Lists = &ListStats{Records: c.records.Load(), Failed: c.failed.Load()}
		if why := c.why.Load(); why != nil {
			s.Lists.Error = *why
		}
	}
	if len(l.files) > 0 {
		f := &l.counts.files
		s.Files = &FilesStats{Read: f.read.Load(), Fields: f.fields.Load(), Damaged: f.damaged.Load()}
	}
	for _, p := range l.packets {
		s.Datagrams += p.received.Load()
		s.Dropped += p.drops.count()
	}
	return s
}

// SocketStats are a datagram socket's own figures. A UDP address has several sockets.
type SocketStats struct {
	Address   string `json:"address"`        // as it is configured
	Datagrams int64  `json:"datagrams"`      // received
	Dropped   int64  `json:"kernel_dropped"` // dropped by the kernel as the receive buffer was full
}

// Sockets returns the figures of each datagram socket.
func (l *Listener) Sockets() (all []SocketStats) {
	for _, p := range l.packets {
		all = append(all, SocketStats{Address: p.from.listener, Datagrams: p.received.Load(), Dropped: p.drops.count()})
	}
	return all
}

// Add adds the figures of another listener.
func (s *Stats) Add(o Stats) {
	s.Open += o.Open
	s.Accepted += o.Accepted
	s.Closed += o.Closed
	s.Bytes += o.Bytes
	s.Received += o.Received
	s.Datagrams += o.Datagrams
	s.Dropped += o.Dropped
	s.Refused.Allow += o.Refused.Allow
	s.Refused.ProxyFrom += o.Refused.ProxyFrom
	s.Refused.Connections += o.Refused.Connections
	s.Refused.Descriptors += o.Refused.Descriptors
	s.Probes += o.Probes
	s.Idled += o.Idled
	s.Broken.Proxy += o.Broken.Proxy
	s.Broken.TLS += o.Broken.TLS
	s.Broken.Compress += o.Broken.Compress
	s.RateLimited += o.RateLimited
	s.Stale += o.Stale
	s.Repeated += o.Repeated
	s.NotRepeated += o.NotRepeated
	s.Statsd = s.Statsd.plus(o.Statsd)
	if o.Files != nil {
		f := *o.Files
		if s.Files != nil {
			f.Read, f.Fields, f.Damaged = f.Read+s.Files.Read, f.Fields+s.Files.Fields, f.Damaged+s.Files.Damaged
		}
		s.Files = &f
	}
	if o.Events != nil {
		e := *o.Events
		if s.Events != nil {
			e = events.Stats{Keys: e.Keys + s.Events.Keys, Commands: e.Commands + s.Events.Commands, Errors: e.Errors + s.Events.Errors,
				Hits: e.Hits + s.Events.Hits, Late: e.Late + s.Events.Late}
		}
		s.Events = &e
	}
	if o.Lists != nil {
		l := *o.Lists
		if s.Lists != nil {
			l.Records, l.Failed = l.Records+s.Lists.Records, l.Failed+s.Lists.Failed
		}
		s.Lists = &l
	}
}
