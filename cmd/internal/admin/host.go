package admin

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"

	"plumbago/conf"
)

// scraped are the paths that answer under whatever name they are asked: probes and scrapers know the daemon by names
// that it cannot know, and learn nothing there that another site's page could be after.
var scraped = slices.Concat(alive, prepared, []string{"/metrics"})

// A gate lets requests in that call the daemon by one of its names. A page of another site whose name is made to point
// here (DNS rebinding) is of our origin for the browser, so that nothing else would keep it from reading and changing
// everything; but the name that it calls is its own.
type gate struct {
	names []string // in lower case
	inner http.Handler
}

// newGate returns a gate before inner for a daemon that is configured with o.
func newGate(o conf.Admin, inner http.Handler) *gate {
	names := append([]string{"localhost"}, o.Hosts...)
	if host, _, err := net.SplitHostPort(o.Address); err == nil && host != "" {
		names = append(names, host)
	}
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	for i, name := range names {
		names[i] = canonical(name)
	}
	return &gate{names, inner}
}

// ServeHTTP answers requests that come under a name of ours, and tells every browser to take answers for what they say
// they are.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !g.knows(r.Host) && !slices.Contains(scraped, r.URL.Path) {
		fail(w, http.StatusForbidden, fmt.Errorf("%q is no name of this daemon (if it should be, add it to hosts in [admin])", r.Host))
		return
	}
	g.inner.ServeHTTP(w, r)
}

// knows says whether a Host header is one that only somebody who means us would send: one of our names, or an address,
// which no other site can have. Without the header it is no browser.
func (g *gate) knows(header string) bool {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	host = canonical(host)
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || host == "" {
		return true
	}
	return strings.HasSuffix(host, ".localhost") || slices.Contains(g.names, host)
}

// canonical returns the one form of a host's name.
func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
