package browser

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestCost measures what a page that is open costs the daemon, with ten thousand series, fifty endpoints and four graphs: idle, and
// while 100,000 lines a second come in; the CPU seconds with it, less those without, in turn. PLUMBAGO_E2E_PAIRS says how many
// times; as it depends on the machine, it is not measured unless it is asked for.
func TestCost(t *testing.T) {
	pairs, _ := strconv.Atoi(os.Getenv("PLUMBAGO_E2E_PAIRS"))
	if pairs == 0 {
		t.Skip("scripts/soak inside measures it")
	}
	ctx, bin := browser(t), program(t)
	d := start(t, bin, crowd(t))
	d.send(tenThousand())
	d.eventually("all are emitted", func() bool {
		var l struct{ Emitted int64 }
		d.ask(&l, "/api/ledger")
		return l.Emitted == 10_000
	})
	d.cost(ctx, "idle", pairs)
	d.flood(100_000)
	d.cost(ctx, "at 100,000 lines a second", pairs)
}

// cost measures what the page costs in a state of the daemon.
func (d *daemon) cost(ctx context.Context, state string, pairs int) {
	d.t.Helper()
	page := d.admin + "/?"
	for i := 1; i <= 4; i++ {
		page += fmt.Sprintf("&graph=servers.rack%d.host000%d.load.avg", i, i)
	}
	b := open(d.t, ctx, "about:blank", 1280, 3000, false)
	var costs []float64
	for range pairs {
		without := d.cpu(8 * time.Second)
		b.do(chromedp.Navigate(page))
		b.until("the page is there", "document.querySelectorAll('#endpoints-table tbody tr').length === 50")
		costs = append(costs, d.cpu(8*time.Second)-without)
		b.do(chromedp.Navigate("about:blank"))
	}
	slices.Sort(costs)
	median := costs[len(costs)/2]
	d.t.Logf("%s the page costs %.2f %% of a core (median of %d, %.2f to %.2f)", state, 100*median, pairs, 100*costs[0], 100*costs[len(costs)-1])
	if median > 0.02 {
		d.t.Errorf("%s the page costs more than 2 %% of a core", state)
	}
}

// flood sends so many lines a second, of the ten thousand series, until the test ends.
func (d *daemon) flood(rate int) {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.lines)
	if err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan struct{})
	d.t.Cleanup(func() {
		conn.Close()
		<-ended
	})
	lines := strings.SplitAfter(tenThousand(), "\n")
	go func() {
		defer close(ended)
		begin := time.Now()
		for sent := 0; ; {
			time.Sleep(5 * time.Millisecond)
			due := int(time.Since(begin).Seconds()*float64(rate)) - sent
			for due > 0 {
				at := sent % 10_000
				n := min(due, 10_000-at)
				if _, err := io.WriteString(conn, strings.Join(lines[at:at+n], "")); err != nil {
					return
				}
				sent, due = sent+n, due-n
			}
		}
	}()
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
