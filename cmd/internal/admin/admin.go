// Package admin is the daemon's HTTP face: health, ledger, status, explanations, Prometheus figures and the page. Requests come in;
// what goes out is asked of the daemon's owners, each between two of its batches.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/transport"
	"plumbago/cmd/internal/daemon"
	"plumbago/cmd/internal/page"
	"plumbago/conf"
)

// patience is how long an owner may take to answer a request.
const patience = 5 * time.Second

// farewell is how long requests at hand may hold up the end of the process: a client that sends half of one, or does not
// read its answer, must not be able to.
const farewell = time.Second

// A Server answers on the admin address.
type Server struct {
	daemon    *daemon.Daemon
	http      http.Server
	log       *zap.Logger
	tokenFile func() string // where the token is; nil or empty: none is asked for
	closing   chan struct{}
}

// Serve listens on the address in o and answers for d until Close. Nothing listens if there is none.
func Serve(o conf.Admin, d *daemon.Daemon, log *zap.Logger) (*Server, error) {
	s := &Server{daemon: d, log: log, tokenFile: func() string { return d.File().Admin.TokenFile }, closing: make(chan struct{})}
	if o.Address == "" {
		return s, nil
	}
	s.http = http.Server{Handler: newGate(o, s.Handler()), ReadHeaderTimeout: 5 * time.Second, ErrorLog: stdlog.New(complaints{log}, "", 0)}
	s.http.RegisterOnShutdown(func() { close(s.closing) }) // streams do not end by themselves
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	log.Info("answering", zap.String("admin", listener.Addr().String()), zap.Bool("tls", o.TLS != nil))
	if o.TLS != nil {
		secure, err := transport.NewServer(*o.TLS, s.renewed)
		if err != nil {
			_ = listener.Close()
			return nil, fmt.Errorf("admin: %w", err)
		}
		listener = secure.Listen(listener)
	}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the admin server ended", zap.Error(err))
		}
	}()
	return s, nil
}

// renewed says that the files of TLS were found changed.
func (s *Server) renewed(err error) {
	if err != nil {
		s.log.Error("the certificate of the API cannot be renewed; the old one goes on", zap.Error(err))
		return
	}
	s.log.Info("renewed the certificate of the API")
}

// complaints takes what the HTTP server says of its clients. That has their words in it, so it is no message but a field.
type complaints struct{ log *zap.Logger }

// Write logs one complaint.
func (c complaints) Write(p []byte) (int, error) {
	c.log.Warn("answering a request", zap.String("error", strings.TrimSpace(string(p))))
	return len(p), nil
}

// Close ends the server; a request at hand may finish for a second, or until ctx is done.
func (s *Server) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// The paths by which operators and their tools ask whether a process is alive, and whether it takes samples.
var (
	alive    = []string{"/healthz", "/-/healthy", "/healthcheck", "/health", "/livez", "/ping"}
	prepared = []string{"/readyz", "/-/ready", "/lb_check", "/ready"}
)

// Handler returns the routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, path := range alive {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	}
	for _, path := range prepared {
		mux.HandleFunc("GET "+path, s.ready)
	}
	mux.HandleFunc("GET /api/ledger", s.ledger)
	mux.HandleFunc("GET /api/status", s.status)
	mux.HandleFunc("GET /status", s.status)
	mux.HandleFunc("GET /api/log/level", s.level)
	mux.HandleFunc("PUT /api/log/level", s.changing(s.setLevel))
	s.profiles(mux)
	mux.HandleFunc("GET /api/explain", s.explain)
	mux.HandleFunc("GET /api/series", s.listSeries)
	mux.HandleFunc("DELETE /api/series", s.changing(s.deleteSeries))
	mux.HandleFunc("GET /api/series/refused", s.refused)
	mux.HandleFunc("GET /api/bad", s.bad)
	mux.HandleFunc("GET /api/peers", s.peers)
	mux.HandleFunc("GET /api/results", s.listResults)
	mux.HandleFunc("GET /api/prefixes", s.prefixes)
	mux.HandleFunc("GET /api/tap", s.tap)
	for _, method := range []string{"GET ", "POST "} { // Grafana posts its questions
		for _, end := range []string{"", "/{$}"} {
			mux.HandleFunc(method+"/render"+end, s.render)
			mux.HandleFunc(method+"/metrics/find"+end, s.find)
		}
	}
	mux.HandleFunc("GET /api/history", s.history)
	mux.HandleFunc("GET /api/query", s.query)
	mux.HandleFunc("GET /api/config", s.config)
	mux.HandleFunc("PUT /api/config", s.changing(s.replaceConfig))
	mux.HandleFunc("POST /api/reload", s.changing(s.reload))
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry(s.daemon), promhttp.HandlerOpts{}))
	mux.Handle("GET /{$}", page.Handler())
	mux.Handle("GET /page/", page.Handler())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { stray(mux, w, r) })
	return mux
}

// stray answers what no route takes: that there is nothing, or that there is something for other methods.
func stray(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "" && pattern != "/" {
			allow = append(allow, method)
		}
	}
	if len(allow) == 0 {
		fail(w, http.StatusNotFound, fmt.Errorf("there is no %s here", r.URL.Path))
		return
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	fail(w, http.StatusMethodNotAllowed, fmt.Errorf("%s takes %s, not %s", r.URL.Path, strings.Join(allow, " or "), r.Method))
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if !s.daemon.Ready() {
		fail(w, http.StatusServiceUnavailable, errors.New("not listening"))
		return
	}
	fmt.Fprintln(w, "ready")
}

func (s *Server) ledger(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	l, err := s.daemon.Ledger(ctx)
	answer(w, l, err)
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	status, err := s.daemon.Status(ctx)
	answer(w, status, err)
}

func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	given := r.URL.Query().Get("name")
	if given == "" {
		fail(w, http.StatusBadRequest, errors.New("which name? (?name=a.b.c)"))
		return
	}
	name, err := carbon.CleanName(given)
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("%q is no name: %w", given, err))
		return
	}
	answer(w, s.daemon.Explain(name), nil)
}

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Error string `json:"error"`
	}{err.Error()})
}
