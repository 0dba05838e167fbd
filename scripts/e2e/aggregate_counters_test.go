package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// A counter is one input's running total, and what is known of it by who computes rates from it.
type counter struct {
	name, policy string
	total        float64
	ms           int64
	known        bool // a baseline
	value        float64
	at           int64
}

// maxGap is the max_gap of the rules below, in milliseconds.
const maxGap = 90_000

// step makes the next total of a counter that behaves as badly as counters do, and its time.
func (c *counter) step(r *rand.Rand) {
	const unit = 4096 // what float64 tells apart just below 2^64
	c.ms += 8 * (1 + r.Int64N(900))
	most := map[string]float64{"wrap32": 1 << 32, "wrap64": 1 << 64}[c.policy]
	switch r.IntN(20) {
	case 0: // it starts again
		c.total = float64(r.IntN(100)) * unit
	case 1:
		c.ms += 8 * r.Int64N(20_000) // a gap, of which some are too long
	case 2:
		c.ms = c.at // the same time
	case 3:
		c.ms = max(0, c.at-8*r.Int64N(500)-8) // a falling time
	case 4, 5:
		if most > 0 {
			c.total = most - float64(1+r.IntN(40))*unit
		}
	default:
		c.total += float64(r.IntN(100)) * unit
		if most > 0 && c.total >= most {
			c.total -= most
		}
	}
}

// take says what a rate is made of it, and how it is counted.
func (c *counter) take() (v reading, ok bool, odd string) {
	was, since := c.value, c.ms-c.at
	switch {
	case !c.known:
		c.known, c.value, c.at = true, c.total, c.ms
		return v, false, "first"
	case since == 0:
		c.value = c.total
		return v, false, "same_time"
	case since < 0:
		c.ms = c.at
		return v, false, "back"
	}
	c.value, c.at = c.total, c.ms
	if since > maxGap {
		return v, false, "gap"
	}
	growth := c.total - was
	if growth < 0 {
		odd = "reset"
		switch {
		case c.policy == "skip":
			return v, false, odd
		case c.policy == "wrap32" && was < 1<<32:
			growth += 1 << 32
		case c.policy == "wrap64" && was < 1<<64:
			growth += 1 << 64
		case c.policy != "negative":
			growth = c.total
		}
	}
	return reading{c.name, c.ms, growth / (float64(since) / 1000), growth}, true, odd
}

// TestCounterGroups folds counters that start again, wrap, stand still, fall back in time and fall silent into groups,
// under every policy, over two connections: rates and growth of each group, of its rollups and windows are those of its
// inputs, each with a baseline of its own.
func TestCounterGroups(t *testing.T) {
	out, port := newWords(t, nil), freePort(t)
	conf := oneOut(port, out.addr)
	policies := []string{"zero", "skip", "wrap32", "wrap64", "negative"}
	trees := map[string]*tree{}
	for _, policy := range policies {
		trees[policy] = &tree{
			match: "c." + policy + ".*.*", name: "c." + policy + ".all.$2", period: 10, rollups: []int64{60, 300}, diff: true,
			functions: []string{"avg", "max", "min", "sum", "count", "rate", "delta", "p90", "sources", "stddev", "last", "avg_positive"},
			windows: []slider{{10, 6, []string{"rate", "delta", "avg", "max"}, "{name}.w60.{fn}"},
				{60, 3, []string{"rate", "delta", "count"}, "{name}.w180.{fn}"}},
			keys: fmt.Sprintf("reset = %q\nmax_gap = \"90s\"\ngrace = \"2m\"", policy),
		}
		conf += trees[policy].toml()
	}
	d := start(t, setup{conf: conf})
	r := rand.New(rand.NewPCG(51, 52))
	var counters []*counter
	for _, policy := range policies {
		for i := range int64(8) {
			name := fmt.Sprintf("c.%s.h%d.rx", policy, i)
			counters = append(counters, &counter{name: name, policy: policy, ms: someHour*1000 + i, at: someHour*1000 + i})
		}
	}
	odd := map[string]map[string]int64{}
	rates := map[string][]reading{}
	var n int64
	var text [2][]byte
	for range 400 {
		for i, c := range counters {
			c.step(r)
			kind := " D"
			ms := c.ms
			text[i%2] = fmt.Appendf(text[i%2], "%s %s %d.%03d%s\n", c.name, fmt.Sprint(c.total), ms/1000, ms%1000, kind)
			n++
			v, ok, why := c.take()
			if ok {
				rates[c.policy] = append(rates[c.policy], v)
			}
			if why != "" {
				if odd[c.policy] == nil {
					odd[c.policy] = map[string]int64{}
				}
				odd[c.policy][why]++
			}
		}
	}
	var conns [2]net.Conn
	for i := range conns {
		conns[i] = dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	}
	for from := 0; from < max(len(text[0]), len(text[1])); from += 5000 { // by turns
		for i, c := range conns {
			if from < len(text[i]) {
				put(t, c, text[i][from:min(from+5000, len(text[i]))])
			}
		}
	}
	if l := d.received(n); l.Accepted != n || l.Aggregated != n {
		t.Errorf("accepted %d, aggregated %d, want %d", l.Accepted, l.Aggregated, n)
	}
	var claims []claim
	for i, policy := range policies {
		claims = append(claims, claim{trees[policy], "c." + policy + ".all.rx", rates[policy]})
		// What is aggregated lies in open samples and inboxes for a while before it is folded.
		eventually(t, fmt.Sprintf("%s counts %v", policy, odd[policy]), func() bool {
			return fmt.Sprint(d.folding(i+1).Diffs) == fmt.Sprint(odd[policy])
		})
	}
	out.hold(t, claims)
	if l := d.ledger(); l.Dropped["late"] != 0 {
		t.Errorf("%d late", l.Dropped["late"])
	}
	d.stop()
}
