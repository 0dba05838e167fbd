package dest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/transport"
)

// A route is how connections to one endpoint are made: a socket, and TLS on it if asked for.
type route struct {
	network, address string
	host             string // of the address; empty for a unix socket
	dial             Dialer
	timeout          time.Duration // for all of it
	patience         time.Duration // of the socket's writes
	unread           time.Duration // how long written bytes may stay unacknowledged
	tls              *transport.Client
}

// newRoute reads the endpoint's address and the files that TLS needs.
func newRoute(endpoint string, o Options, dial Dialer, log *zap.Logger) (r route, err error) {
	r = route{
		network: o.Transport, address: endpoint, dial: dial,
		timeout: o.ConnectTimeout, patience: o.WriteTimeout, unread: o.UserTimeout,
	}
	if o.Transport != "unix" {
		var port string
		if r.host, port, err = net.SplitHostPort(endpoint); err != nil {
			return r, err
		}
		if port == "" || strings.ContainsAny(r.host, " /") {
			return r, fmt.Errorf("it is no HOST:PORT")
		}
	}
	if o.Transport == "udp" && (o.TLS != nil || o.Compress != "none") {
		return r, fmt.Errorf("datagrams have neither TLS nor compression")
	}
	if o.TLS == nil {
		return r, nil
	}
	r.tls, err = transport.NewClient(*o.TLS, func(err error) {
		if err != nil {
			log.Error("the changed files of tls cannot be used", zap.Error(err))
			return
		}
		log.Info("new connections use the changed files of tls")
	})
	return r, err
}

// connect makes a connection: its socket, and what is written to, which is the socket itself without TLS. An address other
// than "" stands for the endpoint's own. A refusal of our certificate may come for as long as verdict; see
// transport.Client.
func (r *route) connect(ctx context.Context, address string) (s *socket, conn net.Conn, verdict time.Duration, err error) {
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	if address == "" {
		address = r.address
	}
	raw, err := r.dial(ctx, r.network, address)
	if err != nil {
		return nil, nil, 0, err
	}
	tune(raw, r.unread)
	s = newSocket(raw, r.patience)
	if r.tls == nil {
		return s, s, 0, nil
	}
	conn, verdict, err = r.tls.Handshake(ctx, s, r.host)
	if err != nil {
		raw.Close()
		return nil, nil, 0, err
	}
	return s, conn, verdict, nil
}

// name returns the host if it is a name that can be looked up, and else nothing.
func (r *route) name() string {
	if _, err := netip.ParseAddr(r.host); err == nil {
		return ""
	}
	return r.host
}

// dialNetwork is the Dialer of the real network; it tries the addresses of a name in turn. Keepalive finds an endpoint
// that vanished while nothing was sent within half a minute.
func dialNetwork(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	return d.DialContext(ctx, network, address)
}
