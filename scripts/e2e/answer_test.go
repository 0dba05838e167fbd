package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"plumbago/carbon/transport/certtest"
)

// TestAnswers has the programs that people run behind plumbago prove what they have read: each must answer the end of a
// connection with its own, through TLS too, at the first time of asking. Of go-carbon the replay shows it.
func TestAnswers(t *testing.T) {
	outside(t)
	ca := certtest.NewAuthority(t, "authority")
	theirs := ca.Issue(t, nil, "127.0.0.1")
	f := func(name, keys string, begin func(t *testing.T) (port int)) {
		t.Run(name, func(t *testing.T) {
			d, in := sendThrough(t, fmt.Sprintf("127.0.0.1:%d", begin(t)), "confirm_bytes = \"64KiB\"\n"+keys)
			lines := someLines(2000)
			for i := 0; i < len(lines); i += 1000 { // more than one connection
				nc(t, fmt.Sprintf("127.0.0.1:%d", in), strings.Join(lines[i:i+1000], "\n")+"\n")
				d.await("delivery", func(l *ledger) bool { return l.endpoint(t, "store").Delivered == int64(i+1000) })
			}
			if s := d.status(); s.Confirm != "close" || s.Proofs < 2 || s.Error != "" {
				t.Errorf("the status says %+v", s)
			}
			if e := d.stop().ledger.endpoint(t, "store"); e.Resent != 0 {
				t.Errorf("the ledger says %+v", e)
			}
		})
	}
	through := fmt.Sprintf("tls = { ca = %q }", ca.File)
	f("carbon-c-relay", "", func(t *testing.T) int {
		port := freePort(t)
		startCRelay(t, port, fmt.Sprintf("cluster out forward %s ;\nmatch * send to out stop ;\n", newSink(t).addr))
		return port
	})
	f("carbon-c-relay in TLS", through, func(t *testing.T) int {
		port, pem, conf := freePort(t), filepath.Join(t.TempDir(), "both.pem"), filepath.Join(t.TempDir(), "relay.conf")
		write(t, pem, read(t, theirs.Cert)+read(t, theirs.Key))
		write(t, conf, fmt.Sprintf("listen type linemode transport plain ssl %s 127.0.0.1:%d proto tcp ;\n"+
			"cluster out forward %s ;\nmatch * send to out stop ;\n", pem, port, newSink(t).addr))
		background(t, part(t, "carbon-c-relay", "carbon-c-relay"), "-f", conf, "-s", "-q", "100000")
		listening(t, port)
		return port
	})
	f("openssl", through, func(t *testing.T) int {
		port, _ := opensslServer(t, theirs)
		return port
	})
	f("carbon-relay", "", func(t *testing.T) int {
		port := freePort(t)
		startCarbonRelay(t, port, []*sink{newSink(t)}, topology{name: "one", hosts: []string{"127.0.0.1"}, instances: []string{""}}, "carbon_ch", 1)
		return port
	})
	f("carbon-cache", "protocol = \"pickle\"", func(t *testing.T) int {
		port, _ := startCarbonCache(t)
		return port
	})
}
