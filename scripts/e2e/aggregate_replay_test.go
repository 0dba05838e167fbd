package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rawFunctions is everything that can be asked of raw samples.
var rawFunctions = []string{"avg", "sum", "min", "max", "count", "first", "last", "range", "stddev", "variance", "rms", "rate",
	"delta", "median", "p90", "p99", "p999", "unique", "sources", "avg_positive"}

// number reads a number from the environment: how much of something a soak wants.
func number(t *testing.T, key string, short int) int {
	t.Helper()
	n := short
	if text := os.Getenv(key); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// A sending is one line of a replay.
type sending struct {
	series int32
	reading
}

// A day is a replay of so many hours of so many series, with holes in them, in the order of time.
func newDay(hours, series int, step, from int64) (day []sending) {
	r := rand.New(rand.NewPCG(11, 12))
	names := make([]string, series)
	for i := range names {
		names[i] = fmt.Sprintf("s%d.x", i)
	}
	for at := from; at < from+int64(hours)*3600; at += step {
		for i := range series {
			if hole := int64(i) * 37 % 3000; (at-from)%3600 >= hole && (at-from)%3600 < hole+420 {
				continue // each is silent for seven minutes of the hour
			}
			ms := at*1000 + r.Int64N(1000*step)
			switch r.IntN(8) {
			case 0:
				ms = at * 1000
			case 1:
				ms = (at+step)*1000 - 1
			}
			day = append(day, sending{int32(i), reading{input: names[i], ms: ms, v: float64(r.IntN(4000)-1000) / 8}})
		}
	}
	return day
}

// feed sends a replay over one connection, each name with the given prefix.
func feed(t *testing.T, addr, prefix string, day []sending) {
	t.Helper()
	c := dial(t, "tcp", addr)
	defer c.Close()
	c.SetDeadline(time.Time{})
	var b []byte
	for i := range day {
		s := &day[i]
		b = append(append(append(b, prefix...), s.input...), ' ')
		b = append(strconv.AppendFloat(b, s.v, 'f', -1, 64), ' ')
		b = strconv.AppendInt(b, s.ms/1000, 10)
		if ms := s.ms % 1000; ms > 0 {
			b = fmt.Appendf(b, ".%03d", ms)
		}
		if b = append(b, '\n'); len(b) > 60<<10 || i == len(day)-1 {
			put(t, c, b)
			b = b[:0]
		}
	}
}

// bySeries sorts a replay into claims.
func bySeries(o *tree, prefix string, day []sending) (claims []claim) {
	at := map[int32]int{}
	for _, s := range day {
		i, known := at[s.series]
		if !known {
			i = len(claims)
			at[s.series] = i
			claims = append(claims, claim{tree: o, series: prefix + s.input})
		}
		claims[i].rs = append(claims[i].rs, s.reading)
	}
	return claims
}

// TestReplayedDay replays the past: in the order of time, shuffled within each hour, and everything twice where dedup
// collapses it. The last word on each slice, rollup and window must be what a plain computation over the samples gives,
// and in order nothing is said twice. PLUMBAGO_E2E_HOURS and PLUMBAGO_E2E_SERIES make it long: a day of a thousand
// series must be through within a minute.
func TestReplayedDay(t *testing.T) {
	hours, series := number(t, "PLUMBAGO_E2E_HOURS", 1), number(t, "PLUMBAGO_E2E_SERIES", 100)
	step, base := int64(10), tree{period: 60, rollups: []int64{300, 3600}, functions: rawFunctions, windows: []slider{
		{60, 5, []string{"avg", "max", "count", "stddev", "p90"}, "{name}.w5m.{fn}"}, {300, 6, []string{"sum", "min", "unique"}, "{name}.w30m.{fn}"},
	}}
	if hours > 2 {
		step, base.period, base.rollups = 30, 300, []int64{900, 3600}
		base.functions = []string{"avg", "max", "count", "p99"}
		base.windows = []slider{{300, 6, []string{"sum", "min", "unique", "stddev"}, "{name}.w30m.{fn}"}}
	}
	from := hourAgo()/86400*86400 - int64(hours)*3600
	ordered := newDay(hours, series, step, from)
	shuffled := append([]sending(nil), ordered...)
	r := rand.New(rand.NewPCG(13, 14))
	for begin := 0; begin < len(shuffled); {
		end := begin
		for ; end < len(shuffled) && shuffled[end].ms/3600_000 == shuffled[begin].ms/3600_000; end++ {
		}
		part := shuffled[begin:end]
		r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		begin = end
	}
	twice := append(append([]sending(nil), shuffled...), ordered...)

	in, out := freePort(t), newWords(t, nil)
	trees := map[string]*tree{}
	conf := fmt.Sprintf("[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\n[[cluster]]\nname = \"out\"\nqueue = \"256MiB\"\nendpoints = [%q]\n", in, out.addr)
	for prefix, keys := range map[string]string{"o.": "", "s.": "", "d.": "dedup = \"first\"\n"} {
		o := base
		o.match, o.keys = prefix+"**", keys+"grace = \"2m\""
		trees[prefix] = &o
		conf += o.toml()
	}
	d := start(t, setup{bin: program, conf: conf})
	var sent int64
	for _, part := range []struct {
		prefix string
		day    []sending
	}{{"o.", ordered}, {"s.", shuffled}, {"d.", twice}} {
		out.forget()
		claims := bySeries(trees[part.prefix], part.prefix, part.day[:len(ordered)])
		begin := time.Now()
		feed(t, fmt.Sprintf("127.0.0.1:%d", in), part.prefix, part.day)
		sent += int64(len(part.day))
		l := d.received(sent)
		through := time.Since(begin)
		n := out.hold(t, claims)
		t.Logf("%s %d lines in %v; %d words, all right after %v", part.prefix, len(part.day), through, n, time.Since(begin))
		if hours >= 24 && part.prefix == "o." && through > time.Minute {
			t.Errorf("a replay of %d hours took %v", hours, through)
		}
		if l.Accepted != sent || l.Aggregated != sent {
			t.Errorf("accepted %d, aggregated %d, want %d of each", l.Accepted, l.Aggregated, sent)
		}
		// On a machine that stood still a slice may have been quiet for as long as it waits for more.
		if some, many := out.twice(); part.prefix == "o." && many > 0 && (hours > 2 || through < 2*time.Second) {
			t.Errorf("%d points were sent again:\n%s", many, strings.Join(some, "\n"))
		}
	}
	d.stop()
}
