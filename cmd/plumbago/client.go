package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// defaultAdmin is where a daemon answers unless its configuration says otherwise.
const defaultAdmin = "http://127.0.0.1:2080"

// patience is how long a daemon may take for an answer.
const patience = 10 * time.Second

// A client asks a running daemon.
type client struct {
	admin     string // the URL of its API
	tokenFile string
	token     string // what tokenFile holds, once it was read
	ca        string // a file with the authority of the daemon's certificate; empty: one that the system knows
	web       http.RoundTripper
}

// flags gives cmd the options that say which daemon to ask; address is the default.
func (c *client) flags(cmd *cobra.Command, address string) {
	cmd.Flags().StringVar(&c.admin, "admin", address, "where the daemon answers, as http://HOST:PORT")
	cmd.Flags().StringVar(&c.tokenFile, "token-file", "", "a file with the daemon's token")
	cmd.Flags().StringVar(&c.ca, "ca", "", "a file with the authority of the daemon's certificate, for https://")
}

// get asks the daemon for path. Many questions in a row share a connection.
func (c *client) get(path string) ([]byte, error) { return c.call(http.MethodGet, path) }

// call makes one request of the daemon.
func (c *client) call(method, path string) ([]byte, error) {
	res, err := c.ask(method, path, patience)
	if err != nil {
		return nil, err
	}
	defer res.Close()
	text, err := io.ReadAll(res)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return text, nil
}

// stream asks the daemon for path, which has an answer without an end.
func (c *client) stream(path string) (io.ReadCloser, error) { return c.ask(http.MethodGet, path, 0) }

// ask makes a request of the daemon and returns its answer, which must come within a time; 0 is any.
func (c *client) ask(method, path string, within time.Duration) (io.ReadCloser, error) {
	admin := strings.TrimSuffix(c.admin, "/")
	if !strings.Contains(admin, "://") {
		admin = "http://" + admin
	}
	req, err := http.NewRequest(method, admin+path, nil)
	if err != nil {
		return nil, err
	}
	if c.tokenFile != "" && c.token == "" {
		token, err := os.ReadFile(c.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("reading the token: %w", err)
		}
		c.token = strings.TrimSpace(string(token))
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if err := c.trust(); err != nil {
		return nil, err
	}
	web := http.Client{Timeout: within, Transport: c.web}
	res, err := web.Do(req)
	if err != nil {
		return nil, silence(admin, err)
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		var faulty struct{ Faults []struct{} }
		if json.Unmarshal(text, &faulty) == nil && len(faulty.Faults) > 0 {
			return nil, &refused{refusal(text)}
		}
		return nil, fmt.Errorf("the daemon answers %s: %s", res.Status, refusal(text))
	}
	return res.Body, nil
}

// A refused is what the daemon says of a faulty configuration: all that is wrong, a line each.
type refused struct{ text string }

func (r *refused) Error() string { return r.text }

// trust makes ready for a daemon whose certificate an authority of its own has signed.
func (c *client) trust() error {
	if c.ca == "" || c.web != nil {
		return nil
	}
	text, err := os.ReadFile(c.ca)
	if err != nil {
		return fmt.Errorf("reading the authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no certificate", c.ca)
	}
	c.web = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	return nil
}

// silence says in plain words that nothing answers at admin.
func silence(admin string, err error) error {
	var detail *url.Error
	switch {
	case !errors.As(err, &detail):
	case detail.Timeout():
		return fmt.Errorf("nothing at %s answers within %v (--admin says where the daemon does)", admin, patience)
	default:
		err = detail.Err
	}
	return fmt.Errorf("no daemon answers at %s: %w (--admin says where one does)", admin, err)
}

// refusal returns what the daemon has to say for itself in an answer that is an error.
func refusal(text []byte) string {
	var e struct{ Error string }
	if json.Unmarshal(text, &e) == nil && e.Error != "" {
		return e.Error
	}
	return strings.TrimSpace(string(text))
}
