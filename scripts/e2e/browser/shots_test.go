package browser

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// scene is a daemon as one meets it: several listeners and clusters, an endpoint that is away, rules of each kind.
const scene = `
[[listen]]
protocol = "pickle"
address = "tcp://127.0.0.1:0"
[[cluster]]
name = "graphite"
policy = "carbon_ch"
endpoints = ["%[1]s=a", "%[2]s=b"]
[[cluster]]
name = "archive"
endpoints = ["127.0.0.1:9"]
[[rule]]
match = "collectd.*.df.**"
drop = true
[[rule]]
regex = '^servers\.(?P<host>[^.]+)\.cpu(\d+)\.(.*)$'
rewrite = 'cpu.${host}.$2.$3'
[[rule]]
match = "servers.*.http.requests"
[rule.aggregate]
name = "servers.all.http.requests"
functions = ["sum", "max"]
period = "1s"
wait = "200ms"
rollups = ["10s"]
send = ["graphite", "archive"]
[[rule]]
match = "{cpu,servers}.**"
[rule.aggregate]
period = "1s"
wait = "200ms"
rollups = ["5s", "1m"]
[[rule]]
match = "nobody.sends.this.**"
drop = true
[[rule]]
match = "{cpu,servers,collectd}.**"
send = "graphite"
`

// TestShots takes pictures of the page, for people to look at, into the folder that PLUMBAGO_SHOTS names.
func TestShots(t *testing.T) {
	dir := os.Getenv("PLUMBAGO_SHOTS")
	if dir == "" {
		t.Skip("PLUMBAGO_SHOTS says where pictures go")
	}
	bin, ctx := program(t), browser(t)
	quiet := start(t, bin, fmt.Sprintf(scene, sink(t), sink(t)))
	shoot(t, open(t, ctx, quiet.admin+"/", 1280, 900, false), dir, "empty")
	d := start(t, bin, fmt.Sprintf(scene, sink(t), sink(t)))
	go traffic(d, 45*time.Second)
	light := open(t, ctx, d.admin+"/?graph=servers.web1.load.avg&graph=servers.web2.load.max&graph=servers.all.http.requests.sum", 1280, 900, false)
	time.Sleep(25 * time.Second)
	document(t, light, filepath.Join(dir, "page.jpg"))
	use(light)
	shoot(t, light, dir, "1280-light")
	for _, v := range []struct {
		name  string
		width int64
		dark  bool
	}{{"1280-dark", 1280, true}, {"390-light", 390, false}, {"390-dark", 390, true}} {
		b := open(t, ctx, d.admin+"/?graph=servers.web1.load.avg&graph=servers.web2.load.max", v.width, 844, v.dark)
		use(b)
		time.Sleep(5 * time.Second)
		shoot(t, b, dir, v.name)
	}
}

// use types a name into the box that explains, and a question.
func use(b *tab) {
	b.do(chromedp.SendKeys("#explain-name", "servers.web1.http.requests\r"), chromedp.SendKeys("#query-text", `avg_over_time("servers.*.load", "5 minutes", "series")`+"\r"))
	time.Sleep(time.Second)
}

// shoot takes a picture of the whole page.
func shoot(t *testing.T, b *tab, dir, name string) {
	t.Helper()
	// Parts far down fill once they come into sight.
	for y := range 12 {
		value[bool](b, fmt.Sprintf("(scrollTo({top: %d, behavior: 'instant'}), true)", y*500))
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond)
	value[bool](b, "(scrollTo({top: 0, behavior: 'instant'}), true)")
	time.Sleep(time.Second)
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, what := range b.trouble {
		t.Logf("%s: %s", name, what)
	}
	if wide := value[int](b, "document.documentElement.scrollWidth - innerWidth"); wide > 0 {
		t.Errorf("%s is %d px wider than the screen", name, wide)
	}
}

// document takes the picture that is in the documentation.
func document(t *testing.T, b *tab, path string) {
	t.Helper()
	b.do(chromedp.EmulateViewport(1280, 1010))
	time.Sleep(time.Second)
	picture, err := chromedp.Run(b.ctx, func(ctx context.Context, target *chromedp.Target) (page.CaptureScreenshotResult, error) {
		return cdp.Call(ctx, target, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "jpeg", Quality: new(int64(80))})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, picture.Data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// traffic sends what a small company's machines would.
func traffic(d *daemon, span time.Duration) {
	for begin := time.Now(); time.Since(begin) < span; time.Sleep(100 * time.Millisecond) {
		var b strings.Builder
		now := time.Since(begin).Seconds()
		for i := range 40 {
			fmt.Fprintf(&b, "servers.web%d.load %.2f\n", i, 2+math.Sin(now/4+float64(i))+rand.Float64()/3)
			fmt.Fprintf(&b, "servers.web%d.http.requests %d\n", i, 50+rand.IntN(100))
			fmt.Fprintf(&b, "servers.web%d.cpu0.user %d\n", i, rand.IntN(100))
			fmt.Fprintf(&b, "collectd.web%d.df.root.free %d\n", i, rand.IntN(100))
			fmt.Fprintf(&b, "collectd.web%d.uptime %d\n", i, 1000+int(now))
		}
		b.WriteString("old.app.metric 17\nbroken line here and there\nservers.web1.load NaN\n")
		d.send(b.String())
	}
}
