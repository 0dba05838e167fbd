package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"plumbago/cmd/internal/daemon"
	"plumbago/conf"
)

// largestConfig is how long a configuration that is put in may be.
const largestConfig = 16 << 20

// A fault is what is wrong with a configuration, as `plumbago check` says it.
type fault struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Key  string `json:"key"`
	Msg  string `json:"message"`
	Hint string `json:"hint,omitempty"`
}

// config shows the configuration that is running.
func (s *Server) config(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/toml; charset=utf-8")
	io.WriteString(w, conf.Show(s.daemon.File()))
}

// replaceConfig makes the request's body the configuration that is running.
func (s *Server) replaceConfig(w http.ResponseWriter, r *http.Request) {
	save := false
	if text := r.URL.Query().Get("save"); text != "" {
		var err error
		if save, err = strconv.ParseBool(text); err != nil {
			fail(w, http.StatusBadRequest, fmt.Errorf("save is 1 or 0, not %q", text))
			return
		}
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestConfig))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, fmt.Errorf("reading the configuration: %w", err))
		return
	}
	reloaded, err := s.daemon.Replace(text, save)
	answerReload(w, &reloaded, err)
}

// reload has the configuration's file read again.
func (s *Server) reload(w http.ResponseWriter, _ *http.Request) {
	reloaded, err := s.daemon.Reload()
	answerReload(w, &reloaded, err)
}

// answerReload says what a reload did, or everything that is wrong.
func answerReload(w http.ResponseWriter, reloaded *daemon.Reloaded, err error) {
	var faults conf.Faults
	switch {
	case errors.As(err, &faults):
		a := struct {
			Error  string  `json:"error"`
			Faults []fault `json:"faults"`
		}{Error: err.Error()}
		for _, f := range faults {
			a.Faults = append(a.Faults, fault(f))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(a)
	case err != nil:
		fail(w, http.StatusConflict, err)
	default:
		answer(w, reloaded, nil)
	}
}
