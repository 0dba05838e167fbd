package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/pprof"
	"strings"
)

// A logLevel is what /api/log/level takes and gives.
type logLevel struct {
	Level string `json:"level"`
}

// level answers with the level of the log.
func (s *Server) level(w http.ResponseWriter, _ *http.Request) {
	answer(w, logLevel{s.daemon.Level()}, nil)
}

// setLevel changes the level of the log.
func (s *Server) setLevel(w http.ResponseWriter, r *http.Request) {
	l := logLevel{r.URL.Query().Get("level")}
	if l.Level == "" {
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&l); err != nil {
			fail(w, http.StatusBadRequest, errors.New(`which level? (?level=debug, or {"level": "debug"})`))
			return
		}
	}
	if err := s.daemon.SetLevel(strings.ToLower(l.Level)); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	s.level(w, r)
}

// profiles adds Go's profiles. They are behind the token, as they show what is in memory and cost time.
func (s *Server) profiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", s.changing(pprof.Index))
	mux.HandleFunc("GET /debug/pprof/profile", s.changing(pprof.Profile))
	mux.HandleFunc("GET /debug/pprof/trace", s.changing(pprof.Trace))
	mux.HandleFunc("GET /debug/pprof/symbol", s.changing(pprof.Symbol))
}
