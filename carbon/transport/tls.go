package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// A Server makes the listening side's handshakes.
type Server struct {
	files   *files
	version uint16
}

// NewServer reads the files that o names. note, which may be nil, is called whenever they were found changed: with nil
// when the new ones are taken, or, once a change, with why the old ones are kept.
func NewServer(o ServerTLS, note func(error)) (*Server, error) {
	if o.Cert == "" {
		return nil, errors.New("a listener with TLS needs a certificate")
	}
	f, err := newFiles(o.Cert, o.Key, o.ClientCA, note)
	if err != nil {
		return nil, err
	}
	return &Server{files: f, version: version(o.MinVersion)}, nil
}

// Handshake makes conn a TLS connection. An error is a sentence; conn is left for the caller to close.
func (s *Server) Handshake(ctx context.Context, conn net.Conn) (*tls.Conn, error) {
	config := s.config()
	// A ticket would be the only thing that a client of carbon ever gets to read. One that does not read, as most do
	// not, makes its kernel answer its own close with a reset, which costs what we have not read yet.
	config.SessionTicketsDisabled = true
	c := tls.Server(conn, config)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, explained(err, "")
	}
	return c, nil
}

// config returns what a handshake now is made with.
func (s *Server) config() *tls.Config {
	b := s.files.current()
	config := &tls.Config{Certificates: b.own, MinVersion: s.version}
	if b.pool != nil {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, b.pool
	}
	return config
}

// Listen makes connections of l TLS connections, for those who do handshakes themselves, as servers of HTTP do.
func (s *Server) Listen(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{
		MinVersion: s.version, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.config(), nil },
	})
}

// Reload looks at the files now, whenever the last look was, and says why changed ones are not taken.
func (s *Server) Reload() error { return s.files.reload() }

// Certificates returns what is in use, for people.
func (s *Server) Certificates() []Certificate { return s.files.current().known }

// A Client makes the calling side's handshakes.
type Client struct {
	files *files
	o     ClientTLS
}

// NewClient reads the files that o names; note is as for NewServer.
func NewClient(o ClientTLS, note func(error)) (*Client, error) {
	f, err := newFiles(o.Cert, o.Key, o.CA, note)
	if err != nil {
		return nil, err
	}
	return &Client{files: f, o: o}, nil
}

// Handshake makes conn a TLS connection to host, or to the name that the options say. An error is a sentence; conn is
// left for the caller to close.
//
// Where the other side asks for our certificate it may refuse it after its part of the handshake is done (in TLS 1.3).
// The refusal then comes as an error of the first Read, for which Explain has the words; wait is how long to expect it,
// or 0 if it did not ask.
func (c *Client) Handshake(ctx context.Context, conn net.Conn, host string) (t *tls.Conn, wait time.Duration, err error) {
	b := c.files.current()
	if c.o.ServerName != "" {
		host = c.o.ServerName
	}
	asked := false
	t = tls.Client(conn, &tls.Config{
		RootCAs: b.pool, ServerName: host, MinVersion: version(c.o.MinVersion), InsecureSkipVerify: c.o.Insecure,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			if len(b.own) == 0 {
				return &tls.Certificate{}, nil
			}
			// Also one that the other side did not ask for by its authority: its refusal says more than our silence.
			return &b.own[0], nil
		},
	})
	began := time.Now()
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, 0, explained(err, host)
	}
	if asked && t.ConnectionState().Version >= tls.VersionTLS13 {
		wait = 100*time.Millisecond + 2*time.Since(began)
	}
	return t, wait, nil
}

// Reload looks at the files now, whenever the last look was, and says why changed ones are not taken.
func (c *Client) Reload() error { return c.files.reload() }

// Certificates returns what is in use, for people.
func (c *Client) Certificates() []Certificate { return c.files.current().known }
