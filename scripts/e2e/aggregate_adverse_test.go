package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A growth of trees: random rules that no operator would write, each over names of its own.
func randomTrees(r *rand.Rand, n int) (trees []*tree) {
	pick := func(from ...int64) int64 { return from[r.IntN(len(from))] }
	some := func(most int) (functions []string) {
		for range 1 + r.IntN(most) {
			if fn := rawFunctions[r.IntN(len(rawFunctions))]; !slices.Contains(functions, fn) {
				functions = append(functions, fn)
			}
		}
		return functions
	}
	for i := range n {
		o := &tree{
			match: fmt.Sprintf("t%d.*.*", i), period: pick(1, 7, 10, 11, 25, 60, 90, 400, 1000, 5000), functions: some(6), end: r.IntN(2) == 0,
			keys: fmt.Sprintf("wait = \"%dms\"\ngrace = \"1m\"\nkeep = \"2h\"", pick(50, 300, 700)),
		}
		for range r.IntN(4) {
			if p := o.period * pick(2, 3, 4, 5, 6, 12, 30); !slices.Contains(o.rollups, p) {
				o.rollups = append(o.rollups, p)
			}
		}
		for j := range r.IntN(4) {
			w := slider{period: o.period, slices: pick(1, 2, 3, 5, 13, 1000), functions: some(5)}
			if len(o.rollups) > 0 && r.IntN(2) == 0 {
				w.period = o.rollups[r.IntN(len(o.rollups))]
			}
			w.as = []string{"{name}.w%d.{fn}", "w%d.{fn}.{name}", "{name}.{period}.w%d.{fn}.x"}[r.IntN(3)]
			w.as = fmt.Sprintf(w.as, j)
			o.windows = append(o.windows, w)
		}
		switch r.IntN(4) {
		case 0:
			o.as, o.asRollup = "{fn}.of.{name}", "{fn}.of.{name}.each.{period}"
		case 1:
			o.asRollup = "{period}.{name}.{fn}"
		case 2:
			o.decimals = 1 + r.IntN(3)
		}
		switch r.IntN(4) {
		case 0:
			o.name = fmt.Sprintf("group%d.$2", i)
		case 1:
			o.name, o.keys = fmt.Sprintf("tags%d", i), o.keys+"\nby = [\"dc\", \"none\"]"
		case 2:
			o.name, o.keys = fmt.Sprintf("less%d.$2", i), o.keys+"\nwithout = [\"host\"]"
		}
		if r.IntN(8) == 0 {
			o.keys += "\nmemonly = true"
		}
		trees = append(trees, o)
	}
	return trees
}

// series is the name of the series that an input of the i-th random tree is folded into.
func (o *tree) series(i int, input string) string {
	path, tags, _ := strings.Cut(input, ";")
	last := path[strings.LastIndexByte(path, '.')+1:]
	var dc string
	for tag := range strings.SplitSeq(tags, ";") {
		if strings.HasPrefix(tag, "dc=") {
			dc = ";" + tag
		}
	}
	switch {
	case strings.HasPrefix(o.name, "group"): // without the tags, which no capture holds
		return fmt.Sprintf("group%d.%s", i, last)
	case strings.HasPrefix(o.name, "tags"):
		return fmt.Sprintf("tags%d%s", i, dc)
	case strings.HasPrefix(o.name, "less"):
		return fmt.Sprintf("less%d.%s%s", i, last, dc)
	}
	return input
}

// TestOddTrees replays samples into rules with periods that divide no hour, rollups and windows over everything, longer
// than the data too, stamps at either end, tags and odd names. Half the samples come first, in any order, with many at the edges of
// slices; the rest once something was emitted. Results go to a ring: each name has one endpoint.
func TestOddTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(uint64(number(t, "PLUMBAGO_E2E_SEED", 61)), 62))
	trees := randomTrees(r, number(t, "PLUMBAGO_E2E_TREES", 30))
	out, port := newWords(t, nil), freePort(t)
	conf := fmt.Sprintf("[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\n[[cluster]]\nname = \"out\"\npolicy = \"carbon_ch\"\n"+
		"endpoints = [\"%s=a\", \"%s=b\", \"%s=c\"]\n", port, out.addr, out.endpoint(t).addr, out.endpoint(t).addr)
	for _, o := range trees {
		conf += o.toml()
	}
	d := start(t, setup{conf: conf})

	var lines []string
	var claims []claim
	for i, o := range trees {
		by := map[string]int{}
		span := o.period * 30
		taken := map[int64]bool{}
		for range 250 {
			input := fmt.Sprintf("t%d.h%d.m%d", i, r.IntN(3), r.IntN(2))
			if strings.Contains(o.keys, "by =") || strings.Contains(o.keys, "without") {
				input += fmt.Sprintf(";dc=%s;host=h%d", []string{"ams", "ber"}[r.IntN(2)], r.IntN(3))
			}
			ms := someHour*1000 + r.Int64N(span*1000)
			switch r.IntN(6) {
			case 0:
				ms -= ms % (o.period * 1000)
			case 1:
				ms += o.period*1000 - 1 - ms%(o.period*1000)
			case 2:
				ms -= ms % 1000
			}
			if taken[ms] {
				continue // of one time it would matter which came first
			}
			taken[ms] = true
			v := float64(r.IntN(2000)-700) / 8
			lines = append(lines, fmt.Sprintf("%s %v %d.%03d\n", input, v, ms/1000, ms%1000))
			if strings.Contains(o.keys, "memonly") {
				continue
			}
			series := o.series(i, input)
			if _, known := by[series]; !known {
				by[series] = len(claims)
				claims = append(claims, claim{tree: o, series: series})
			}
			c := &claims[by[series]]
			c.rs = append(c.rs, reading{input, ms, v, 0})
		}
	}
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	half := len(lines) / 2
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	put(t, c, []byte(strings.Join(lines[:half], "")))
	d.await("something is emitted", func(l *ledger) bool { return l.Emitted > 0 })
	put(t, c, []byte(strings.Join(lines[half:], "")))
	n := int64(len(lines))
	if l := d.received(n); l.Aggregated != n || l.Dropped["late"] != 0 {
		t.Errorf("of %d samples: %+v", n, l)
	}
	words := out.hold(t, claims)
	places := map[string]int{}
	for _, addr := range out.at {
		places[addr]++
	}
	d.stop()
	t.Logf("%d samples, %d words, %v", n, words, places)
	if len(places) != 3 {
		t.Errorf("the ring used %v", places)
	}
}
