package admin

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"go.uber.org/zap"
)

// changing guards a route that changes something: it asks for the token, if there is one, and takes no request that
// another site's page made a browser send.
func (s *Server) changing(h http.HandlerFunc) http.HandlerFunc {
	origin := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) {
		if err := origin.Check(r); err != nil {
			fail(w, http.StatusForbidden, err)
			return
		}
		switch ok, err := s.allowed(r); {
		case err != nil:
			s.log.Error("reading the token of the API", zap.Error(err))
			fail(w, http.StatusServiceUnavailable, errors.New("the token cannot be read: see the log"))
		case !ok:
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, http.StatusUnauthorized, fmt.Errorf("%s %s needs the token (Authorization: Bearer ...)", r.Method, r.URL.Path))
		default:
			h(w, r)
		}
	}
}

// allowed says whether a request bears the token, which is read anew, or none is asked for.
func (s *Server) allowed(r *http.Request) (bool, error) {
	if s.tokenFile == nil {
		return true, nil
	}
	file := s.tokenFile()
	if file == "" {
		return true, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return false, fmt.Errorf("%s is empty", file)
	}
	kind, borne, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(kind, "Bearer") && subtle.ConstantTimeCompare([]byte(strings.TrimSpace(borne)), []byte(token)) == 1, nil
}
