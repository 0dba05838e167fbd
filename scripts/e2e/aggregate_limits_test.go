package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A refusal is a group of names that would have made series, as /api/series/refused has it.
type refusal struct {
	Prefix string `json:"prefix"`
	Source string `json:"source"`
	Rule   int    `json:"rule"`
	Names  int64  `json:"names"`
	Last   string `json:"last"`

	Senders []sender `json:"senders"`
}

// A sender is how many of them one address sent.
type sender struct {
	Address string `json:"address"`
	Names   int64  `json:"names"`
}

// TestFloodOfNames lets one sender make up ever new names, against a rule's limit of series and against the limit of all,
// from raw samples and from counters: memory must stay flat, what is refused be counted and the culprit shown, and all
// others keep what they had. PLUMBAGO_E2E_FLOOD is how many names.
func TestFloodOfNames(t *testing.T) {
	flood := number(t, "PLUMBAGO_E2E_FLOOD", 400_000)
	out, port, culprits := newWords(t, nil), freePort(t), freePort(t)
	good := &tree{match: "good.*", period: 10, rollups: []int64{60}, functions: rawFunctions, keys: "grace = \"10m\""}
	capped := &tree{match: "{capped,counter}.**", period: 10, functions: []string{"max"}, keys: "series = 500\ngrace = \"10m\""}
	rest := &tree{match: "**", period: 10, functions: []string{"max", "count"}, keys: "grace = \"10m\""}
	d := start(t, setup{bin: program, conf: "[limits]\nseries = 2000\n" + oneOut(port, out.addr) +
		fmt.Sprintf("[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\n", culprits) + good.toml() + capped.toml() + rest.toml()})
	c, culprit := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port)), dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", culprits))

	c.SetDeadline(time.Time{}) // a long flood takes longer than other tests
	culprit.SetDeadline(time.Time{})

	var claims []claim
	var n int64
	for i := range 60 {
		o := good
		if i >= 50 { // not those that are there when the flood comes
			o = rest
		}
		claims = append(claims, claim{tree: o, series: fmt.Sprintf("%s.s%d", []string{"good", "late"}[i/50], i)})
	}
	others := func(at int64, which []claim) {
		t.Helper()
		for i := range which {
			c1 := &which[i]
			c1.rs = append(c1.rs, say(t, c, c1.series, float64(i)+float64(at%7), at*1000))
			n++
		}
		d.received(n)
	}
	// blast sends so many names that nobody has seen.
	blast := func(format string, from, to int) {
		t.Helper()
		var text []byte
		for i := from; i < to; i++ {
			text = fmt.Appendf(text, format, i, someHour+i%3600)
			if len(text) > 60<<10 || i == to-1 {
				put(t, culprit, text)
				text = text[:0]
			}
		}
		n += int64(to - from)
		d.received(n)
	}
	others(someHour+1, claims[:50])
	quarter := flood / 4
	blast("capped.tenant.session%d.x 1 %d\n", 0, quarter)
	warm := rss(t, d.cmd.Process.Pid, "VmRSS")
	others(someHour+11, claims[:50])
	others(someHour+12, claims) // what the rule's own limit refuses takes nothing from others
	blast("counter.tenant.session%d.x 1 %d D\n", quarter, 2*quarter)
	blast("burst.app.request%d 1 %d\n", 0, 2*quarter)
	others(someHour+13, claims)
	grown := rss(t, d.cmd.Process.Pid, "VmRSS") - warm
	// Beside the series, what is known of each input counts where sources are asked for.
	raised := int64(2000 - 500 - 60 - 50)
	must := int64(4*quarter) - 500 - raised
	l := d.await(fmt.Sprintf("%d refused", must), func(l *ledger) bool { return l.Dropped["series_limit"] == must })
	if l.Aggregated != n-must || l.Accepted != n {
		t.Errorf("%d refused, %+v", must, l)
	}
	if one, all := d.folding(2), d.folding(3); one.Series != 500 || one.Refused != int64(2*quarter)-500 || all.Series != raised+10 ||
		all.Refused != int64(2*quarter)-raised {
		t.Errorf("rules: %+v %+v", one, all)
	}
	var refused struct {
		Refused []refusal
		Others  int64
	}
	_, body, err := d.get("/api/series/refused")
	if err != nil {
		t.Fatal(err)
	}
	unmarshal(t, body, &refused)
	source := fmt.Sprintf("tcp://127.0.0.1:%d", culprits)
	group := func(prefix string, rule int, names int64, last string) refusal {
		return refusal{prefix, source, rule, names, last, []sender{{"127.0.0.1", names}}}
	}
	want := []refusal{
		group("burst.app", 3, int64(2*quarter)-raised, fmt.Sprintf("burst.app.request%d", 2*quarter-1)),
		group("counter.tenant", 2, int64(quarter), fmt.Sprintf("counter.tenant.session%d.x", 2*quarter-1)),
		group("capped.tenant", 2, int64(quarter)-500, fmt.Sprintf("capped.tenant.session%d.x", quarter-1)),
	}
	if fmt.Sprint(refused.Refused) != fmt.Sprint(want) || refused.Others != 0 {
		t.Errorf("refused %v, want %v", refused, want)
	}
	text, _, code := run(t, "", "series", "--refused", "--admin", d.admin)
	if line := fmt.Sprintf("burst.app %s 3 %d 127.0.0.1 ", source, want[0].Names); code != 0 || !strings.Contains(strings.Join(strings.Fields(text), " "), line) {
		t.Errorf("series --refused exits with %d and says\n%s", code, text)
	}
	t.Logf("%d names that were refused cost %d KiB", 3*quarter, grown>>10)
	// What lanes remember of the refused, for a while, is bounded; the collector doubles it.
	if grown > 64<<20 {
		t.Errorf("memory grew by %d MiB with %d names that were refused", grown>>20, 3*quarter)
	}
	for i := range 500 {
		claims = append(claims, claim{capped, fmt.Sprintf("capped.tenant.session%d.x", i), []reading{{"", int64(someHour+i) * 1000, 1, 0}}})
	}
	for i := range int(raised) {
		claims = append(claims, claim{rest, fmt.Sprintf("burst.app.request%d", i), []reading{{"", int64(someHour+i) * 1000, 1, 0}}})
	}
	out.hold(t, claims)
	d.stop()
}
