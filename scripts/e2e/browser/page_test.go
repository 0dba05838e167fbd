package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// small is a table with a rule of each kind, and results every second.
const small = `
[[cluster]]
name = "graphite"
endpoints = [%q]
[[rule]]
match = "unwanted.**"
drop = true
[[rule]]
match = "old.*"
rewrite = "new.$1"
[[rule]]
match = "web.**"
[rule.aggregate]
period = "1s"
wait = "10ms"
functions = ["avg", "max"]
rollups = ["2s"]
[[rule]]
match = "{web,new}.**"
send = "graphite"
`

// TestPage opens the page of one daemon after another. They share a browser, which takes longer to start than most of them.
func TestPage(t *testing.T) {
	ctx, bin := browser(t), program(t)
	t.Run("use", func(t *testing.T) { used(t, ctx, bin) })
	t.Run("keyboard", func(t *testing.T) { keyboard(t, ctx, bin) })
	t.Run("hostile names", func(t *testing.T) { hostile(t, ctx, bin) })
	t.Run("other sites", func(t *testing.T) { otherSites(t, ctx, bin) })
	t.Run("many", func(t *testing.T) { many(t, ctx, bin) })
}

// used uses the page as people do, and holds what it shows to what the API says.
func used(t *testing.T, ctx context.Context, bin string) {
	d := start(t, bin, fmt.Sprintf(small, sink(t)))
	b := open(t, ctx, d.admin+"/", 1280, 900, false)
	b.until("the page says how to send a first line", "document.querySelector('#first-command').innerText.includes('nc -q0 127.0.0.1 "+strings.Split(d.lines, ":")[1]+"')")
	d.send(strings.Repeat("web.a 1\nweb.b.c 2\nold.x 3\nunwanted.y 4\nnowhere.z 5\nbroken\n", 50))
	b.until("figures move", "document.querySelector('#tiles .small').innerText.startsWith('300 ')")
	b.until("the first words are gone", "document.querySelector('#first').hidden")
	t.Run("figures", func(t *testing.T) { figures(t, d, b) })
	t.Run("explain", func(t *testing.T) { explained(t, b) })
	t.Run("graphs", func(t *testing.T) { graphed(t, d, b) })
	t.Run("question", func(t *testing.T) {
		b.do(chromedp.SendKeys("#query-text", `max("web.**")`+kb.Enter))
		b.until("the answer is there", "document.querySelector('#query-answer td')?.innerText === '44'")
		b.do(retype("#query-text", "max("+kb.Enter))
		b.until("the mistake is told", "document.querySelector('#query-answer .wrong')?.innerText.startsWith('at byte')")
	})
	// The browser itself says of every answer that is an error that it was one; these two were asked for.
	b.forget("400 (Bad Request)")
	b.quiet(d.admin)
}

// figures compares the page's parts with the API, once nothing moves any more.
func figures(t *testing.T, d *daemon, b *tab) {
	var l struct {
		Received, Accepted, Emitted, Sent, Aggregated, Unrouted, Both int64
		Dropped, Invalid                                              map[string]int64
		Endpoints                                                     []struct{ Endpoint string }
	}
	// The second law's figures stand on the page as one line; it is compared with a ledger that was the same before and after.
	law := func() string {
		d.ask(&l, "/api/ledger")
		return fmt.Sprintf("%d accepted + %d emitted + %d both = %d sent + %d aggregated + %d dropped + %d unrouted",
			l.Accepted, l.Emitted, l.Both, l.Sent, l.Aggregated, l.Dropped["rule"], l.Unrouted)
	}
	d.eventually("the page shows the ledger", func() bool {
		return l.Emitted > 0 && strings.Contains(b.text("#laws"), law()) || law() == ""
	})
	if l.Received != 300 || l.Invalid["bad_fields"] != 50 || l.Dropped["rule"] != 50 || l.Unrouted != 50 {
		t.Fatalf("the ledger is %+v", l)
	}
	value[bool](b, "(document.querySelector('#account-details').open = true)")
	for label, want := range map[string]string{"received": "300", "invalid: bad fields": "50", "accepted": "250", "unrouted": "50", "dropped: rule": "50"} {
		b.until("the account has "+label, fmt.Sprintf("[...document.querySelectorAll('#account tbody tr')].some(r => r.cells[0].innerText === %q && r.cells[2].innerText === %q)", label, want))
	}
	b.until("the endpoint is up", fmt.Sprintf("document.querySelector('#endpoints-table tbody').innerText.includes(%q) && document.querySelector('#endpoints-table .dot.up')", l.Endpoints[0].Endpoint))
	value[bool](b, "(document.querySelector('#lost').scrollIntoView(), true)")
	b.until("drops are told by reason", "/dropped: rule\\s+\\S+\\s+50/.test(document.querySelector('#reasons').innerText) && /invalid: bad fields\\s+\\S+\\s+50/.test(document.querySelector('#reasons').innerText)")
	b.until("each rule has its hits", "[...document.querySelectorAll('#rules-table tbody tr')].map(r => r.cells[2].innerText + ' ' + r.cells[4].innerText).join().startsWith('drop 50,rewrite 50,aggregate 100,send ')")
}

// explained asks where names go.
func explained(t *testing.T, b *tab) {
	b.do(chromedp.SendKeys("#explain-name", "old.name"+kb.Enter))
	b.until("the way of old.name", "/It is sent[^]*rule 2[^]*calls it new.name[^]*rule 4[^]*graphite 127/.test(document.querySelector('#explain-answer').innerText)")
	b.do(retype("#explain-name", "unwanted.thing"))
	b.until("the way of unwanted.thing, as it is typed", "document.querySelector('#explain-answer').innerText.startsWith('It is dropped')")
	b.do(retype("#explain-name", "web.a"+kb.Enter))
	b.until("the results of web.a", "[...document.querySelectorAll('#explain-answer button')].map(b => b.innerText).join() === 'web.a.avg,web.a.max,web.a.2s.avg,web.a.2s.max'")
	b.do(retype("#explain-name", "two words"+kb.Enter))
	b.until("the mistake is told", "/is no name/.test(document.querySelector('#explain-answer .wrong')?.innerText)")
}

// graphed finds a series by keyboard, and compares what the chart is drawn from with the API.
func graphed(t *testing.T, d *daemon, b *tab) {
	b.do(chromedp.SendKeys("#search", "B.c"))
	b.until("one series is found", "document.querySelectorAll('#found li').length === 1 && document.querySelector('#found').innerText.startsWith('web.b.c')")
	b.do(chromedp.KeyEvent(kb.ArrowDown))
	b.until("the arrow key chooses it", "document.activeElement.getAttribute('aria-activedescendant') === document.querySelector('#found [aria-selected=true]').id")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("it is on the chart", "document.querySelectorAll('#picked li').length === 1 && document.querySelector('#graph canvas')")
	d.send("web.b.c 40\nweb.b.c 44\n")
	var h struct{ Points [][2]float64 }
	d.eventually("a point of it is kept", func() bool {
		d.ask(&h, "/api/history", "name", "web.b.c.max")
		return len(h.Points) > 0 && h.Points[len(h.Points)-1][1] == 44
	})
	b.until("its functions and periods are to be had", "[...document.querySelectorAll('#picked select')].map(s => [...s.options].map(o => o.value).join()).join(' ') === 'avg,max 1s,2s'")
	value[bool](b, "(s => { s.value = 'max'; s.dispatchEvent(new Event('change')); return true })(document.querySelector('#picked select'))")
	b.until("the maximum is drawn", "document.querySelector('#picked .name').innerText === 'web.b.c.max' && document.querySelector('#picked .figure').innerText === '44'")
	if search := value[string](b, "location.search"); search != "?graph=web.b.c.max" {
		t.Errorf("the address is %s", search)
	}
	b.do(retype("#search", "web a"))
	b.until("the search narrows", "document.querySelectorAll('#found li').length === 1")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("two share the chart", "document.querySelectorAll('#picked li').length === 2")
	again := open(t, b.ctx, d.admin+"/?graph=web.b.c.max", 390, 844, true)
	again.until("the address brings it back", "document.querySelector('#picked .figure')?.innerText === '44'")
	if wide := value[int](again, "document.documentElement.scrollWidth - innerWidth"); wide > 0 {
		t.Errorf("on a phone the page is %d px wider than the screen", wide)
	}
	again.quiet(d.admin)
}

// keyboard goes through the page with Tab alone, and looks whether everything that can be used has a name.
func keyboard(t *testing.T, ctx context.Context, bin string) {
	d := start(t, bin, fmt.Sprintf(small, sink(t)))
	b := open(t, ctx, d.admin+"/", 1280, 900, false)
	b.until("the page is there", "document.querySelector('#rules-table tbody tr') || (scrollTo(0, 1e5), false)")
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := value[string](b, "document.activeElement.className"); got != "skip" {
		t.Errorf("the first Tab is on %q, want the link past the navigation", got)
	}
	reached := map[string]bool{}
	for !reached["rules-filter"] && len(reached) < 100 {
		b.do(chromedp.KeyEvent(kb.Tab))
		at := value[[]string](b, `(e => [e.id || e.name || e.outerHTML.slice(0, 100), e.matches('body, [type=radio]') ? 'auto' : getComputedStyle(e).outlineStyle])(document.activeElement)`)
		if reached[at[0]] = true; at[1] == "none" { // of a radio button its label shows the focus
			t.Errorf("the focus cannot be seen on %s", at[0])
		}
	}
	for _, id := range []string{"first-copy", "flow-mode", "endpoints-filter", "explain-name", "graph-span", "search", "query-text", "rules-filter"} {
		if !reached[id] {
			t.Errorf("Tab does not reach %s", id)
		}
	}
	nameless := value[[]string](b, `[...document.querySelectorAll('input, select, button, [role=listbox], [role=region], [role=img]')]
		.filter(e => !(e.ariaLabel || e.labels?.[0]?.innerText || e.innerText)).map(e => e.outerHTML.slice(0, 100))`)
	if len(nameless) > 0 {
		t.Errorf("these have no name: %q", nameless)
	}
	b.quiet(d.admin)
}

// hostile sends names and lines that would be markup, or would turn the text around.
func hostile(t *testing.T, ctx context.Context, bin string) {
	d := start(t, bin, "[[cluster]]\nname = \"graphite\"\nendpoints = [\""+sink(t)+"\"]\n[[rule]]\nmatch = \"**\"\n[rule.aggregate]\nperiod = \"1s\"\nwait = \"10ms\"\nsend = \"graphite\"\n")
	const image = `<img src=x onerror=window.hit=1>`
	d.send("<iframe.srcdoc=hit> 1\nx.<script>hit=1</script> 2\n" + image + "\n" + image + " 1 2 3 4\n")
	b := open(t, ctx, d.admin+"/?graph="+strings.ReplaceAll(image, " ", "%20"), 1280, 900, false)
	b.until("the names are found, as they are", `['<iframe.srcdoc=hit>', 'x.<script>hit=1<_script>'].every(n => document.querySelector('#found').innerText.includes(n)) || (scrollTo(0, 1e5), false)`)
	value[bool](b, "(document.querySelectorAll('#found li').forEach(li => li.click()), true)")
	b.until("they are on the chart", "document.querySelectorAll('#picked li').length === 3")
	b.do(retype("#explain-name", image+kb.Enter))
	b.until("the name is refused as text", "document.querySelector('#explain-answer .wrong')?.innerText.includes('<img src=x')")
	if d.answers("/api/bad") {
		b.until("the bad line is shown as text", "document.querySelector('#bad-table').innerText.includes('<img src=x onerror=window.hit=1>')")
	}
	if strange := value[[]string](b, "[...document.querySelectorAll('main :is(iframe, img, script, object)')].map(e => e.outerHTML)"); len(strange) > 0 {
		t.Errorf("names became elements: %q", strange)
	}
	if value[bool](b, "window.hit !== undefined") {
		t.Error("a name was run")
	}
	b.forget("400 (Bad Request)")
	b.quiet(d.admin)
}

// otherSites lets a page of another site try to read the daemon: under a name of its own that points here, from
// its own place, and in a frame.
func otherSites(t *testing.T, ctx context.Context, bin string) {
	d := start(t, bin, fmt.Sprintf(small, sink(t)))
	port := strings.Split(d.admin, ":")[2]
	b := open(t, ctx, "http://evil.example:"+port+"/", 800, 600, false)
	if got := b.text("body"); !strings.Contains(got, `is no name of this daemon`) {
		t.Errorf("under another name the daemon says %q", got)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "<!doctype html><title>evil</title><iframe src=%q></iframe>", d.admin+"/")
	}))
	defer site.Close()
	b = open(t, ctx, site.URL, 800, 600, false)
	for _, call := range []string{"fetch('%s/api/ledger')", "fetch('%s/api/series?prefix=', {method: 'DELETE'})"} {
		script := fmt.Sprintf(call, d.admin) + ".then(r => r.text(), e => 'refused: ' + e)"
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
		if err != nil || !strings.HasPrefix(got, "refused") {
			t.Errorf("%s from another site: %s %v", call, got, err)
		}
	}
	b.until("the frame is refused", "(() => { try { return document.querySelector('iframe').contentDocument === null } catch { return true } })()")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		if strings.HasPrefix(url, d.admin+"/page/") {
			t.Errorf("the page was shown in a frame of another site: it asked for %s", url)
		}
	}
}

// many has ten thousand series and fifty endpoints: the page stays as small as a screen needs it.
func many(t *testing.T, ctx context.Context, bin string) {
	d := start(t, bin, crowd(t))
	d.send(tenThousand())
	var l struct{ Total int }
	d.eventually("all are kept", func() bool {
		d.ask(&l, "/api/results", "limit", "0")
		return l.Total == 10_000
	})
	b := open(t, ctx, d.admin+"/", 1280, 900, false)
	b.until("all endpoints are there", "document.querySelectorAll('#endpoints-table tbody tr').length === 50")
	b.do(chromedp.SendKeys("#search", "HOST4711"))
	b.until("one of ten thousand is found", "document.querySelectorAll('#found li').length === 1")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until("it is drawn", "document.querySelector('#picked .figure')?.innerText === '4,711'")
	b.do(retype("#search", "load"))
	b.until("of many the first are shown", "document.querySelectorAll('#found li').length === 60 && document.querySelector('#found-note').innerText.startsWith('10,000 results')")
	value[bool](b, "(document.querySelector('#rules').scrollIntoView(), true)")
	b.until("of the rules the first are shown", "document.querySelectorAll('#rules-table tbody tr').length === 200 && document.querySelector('#rules-sum').innerText.includes('first 200')")
	if n := value[int](b, "document.querySelectorAll('*').length"); n > 6000 {
		t.Errorf("the page has %d elements", n)
	}
	b.quiet(d.admin)
}

// crowd is a configuration with fifty endpoints and three hundred rules.
func crowd(t *testing.T) string {
	var endpoints, rules strings.Builder
	for range 50 {
		fmt.Fprintf(&endpoints, "%q,", sink(t))
	}
	for i := range 300 {
		fmt.Fprintf(&rules, "[[rule]]\nmatch = \"no.such.%d\"\ndrop = true\n", i)
	}
	return "[[cluster]]\nname = \"many\"\npolicy = \"any\"\nendpoints = [" + endpoints.String() + "]\n" + rules.String() +
		"[[rule]]\nmatch = \"**\"\n[rule.aggregate]\nperiod = \"1s\"\nwait = \"10ms\"\nfunctions = \"avg\"\nsend = \"many\"\n"
}

// tenThousand are lines of as many series.
func tenThousand() string {
	var lines strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&lines, "servers.rack%d.host%04d.load %d\n", i%20, i, i)
	}
	return lines.String()
}
