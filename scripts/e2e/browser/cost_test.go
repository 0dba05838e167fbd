package browser

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCost measures what a page that is open costs the daemon, with ten thousand series, fifty endpoints and four graphs.
// It takes half a minute and depends on the machine, so it runs only when PLUMBAGO_COST asks for it.
func TestCost(t *testing.T) {
	if os.Getenv("PLUMBAGO_COST") == "" {
		t.Skip("PLUMBAGO_COST=1 measures it")
	}
	ctx, bin := browser(t), program(t)
	d := start(t, bin, crowd(t))
	d.send(tenThousand())
	d.eventually("all are emitted", func() bool {
		var l struct{ Emitted int64 }
		d.ask(&l, "/api/ledger")
		return l.Emitted == 10_000
	})
	idle := d.cpu(10 * time.Second)
	b := open(t, ctx, d.admin+"/?graph=servers.rack1.host0001.load.avg&graph=servers.rack2.host0002.load.avg&graph=servers.rack3.host0003.load.avg&graph=servers.rack4.host0004.load.avg", 1280, 3000, false)
	b.until("the page is there", "document.querySelectorAll('#endpoints-table tbody tr').length === 50")
	seen := d.cpu(20 * time.Second)
	t.Logf("the daemon takes %.2f %% of a core without the page, %.2f %% with it", 100*idle, 100*seen)
	if seen-idle > 0.02 {
		t.Errorf("the page costs %.2f %% of a core, more than 2", 100*(seen-idle))
	}
}

// cpu returns which part of a core the daemon takes.
func (d *daemon) cpu(span time.Duration) float64 {
	d.t.Helper()
	ticks := func() (n float64) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.pid))
		if err != nil {
			d.t.Fatal(err)
		}
		fields := strings.Fields(string(text[strings.LastIndex(string(text), ")"):]))
		for _, f := range fields[12:14] { // utime and stime, behind the name
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				d.t.Fatal(err)
			}
			n += v
		}
		return n
	}
	before, begin := ticks(), time.Now()
	time.Sleep(span)
	return (ticks() - before) / 100 / time.Since(begin).Seconds()
}
