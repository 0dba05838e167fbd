package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"plumbago/aggregate"
	"plumbago/carbon"
	"plumbago/carbon/pattern"
	"plumbago/carbon/stat"
)

// table compiles rules over clusters of log endpoints that are never started: what is sent to them stays queued.
func table(tb testing.TB, clusters []string, rules ...RuleOptions) *Table {
	tb.Helper()
	var made []*Cluster
	for _, name := range clusters {
		o := DefaultClusterOptions()
		o.Name, o.Protocol, o.Endpoints = name, "log", []string{"stdout"}
		c, err := NewCluster(o, nil, nil)
		if err != nil {
			tb.Fatal(err)
		}
		made = append(made, c)
	}
	t, err := NewTable(rules, made, 2, 1000)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func sending(match string, to ...string) RuleOptions {
	return RuleOptions{Selection: globs(match), Send: to}
}

func dropping(match string) RuleOptions { return RuleOptions{Selection: globs(match), Drop: true} }

// globs selects names by globs.
func globs(match ...string) pattern.Selection {
	return pattern.Selection{Options: pattern.Options{Match: match}}
}

func rewriting(match, template string) RuleOptions {
	return RuleOptions{Selection: globs(match), Rewrite: template}
}

func folding(match, name string, to ...string) RuleOptions {
	o := aggregate.DefaultOptions()
	o.Name, o.Send = name, to
	return RuleOptions{Selection: globs(match), Aggregate: &o}
}

func batch(names ...string) *carbon.Batch {
	b := carbon.NewBatch()
	b.Arrival = time.Now().UnixMilli()
	for _, name := range names {
		b.Add([]byte(name), carbon.Raw, 1, b.Arrival)
	}
	return b
}

// The table's walk, seen through explain.
func TestWalk(t *testing.T) {
	stopping, going := folding("**", "$0"), sending("m.*", "b")
	yes, no := true, false
	stopping.Stop, going.Stop = &yes, &no
	tab := table(t, []string{"a", "b"},
		dropping("*.secret"), folding("web.*.hits", "web.all.hits", "a"), going, sending("web.**", "b", "a"), sending("m.**", "a"), stopping, sending("**", "a"))
	f := func(t *testing.T, name, want string) {
		t.Helper()
		x := tab.Explain(name)
		var got []string
		for _, s := range x.Steps {
			line := fmt.Sprintf("%d %s", s.Rule, s.Action)
			if len(s.Outputs) > 0 {
				line += " " + strings.Join(s.Outputs, ",")
			}
			for _, to := range s.To {
				line += " >" + to.Cluster
			}
			if s.Stop {
				line += " stop"
			}
			got = append(got, line)
		}
		if line := strings.Join(got, "; ") + " = " + x.End; line != want {
			t.Errorf("%s\n got %s\nwant %s", name, line, want)
		}
	}
	f(t, "my.secret", "1 drop stop = dropped")
	f(t, "web.1.hits", "2 aggregate web.all.hits.avg,web.all.hits.max >a; 4 send >b >a stop = sent")
	f(t, "web.1.misses", "4 send >b >a stop = sent")
	f(t, "m.x", "3 send >b; 5 send >a stop = sent")
	f(t, "m.x;dc=ams", "3 send >b; 5 send >a stop = sent")
	f(t, "else", "6 aggregate else.avg,else.max stop = aggregated")
	f(t, "else;dc=ams", "6 aggregate else.avg;dc=ams,else.max;dc=ams stop = aggregated")
	captured := folding("web.*.*", "all.$2", "a")
	captured.Aggregate.As = "by.$1.{name}.{fn}.{period}"
	tab = table(t, []string{"a"}, captured)
	f(t, "web.ams.hits;x=1", "1 aggregate by.ams.all.hits.avg.10s,by.ams.all.hits.max.10s >a = aggregated")
	captured.Aggregate.As = "$1-{fn}"
	tab = table(t, []string{"a"}, captured)
	f(t, "web.ams.hits", "1 aggregate ams-avg,ams-max >a = aggregated")
	if x := table(t, nil, dropping("a")).Explain("b"); x.End != "unrouted" || len(x.Steps) != 0 {
		t.Errorf("%+v", x)
	}
}

// A lane counts each sample under its one end, and frames reach every cluster that is to get it.
func TestLaneCounts(t *testing.T) {
	tab := table(t, []string{"a", "b"}, dropping("d.*"), folding("f.*", "f"), sending("f.sent", "b"), sending("s.*", "a", "b"))
	tab.Start()
	l := tab.NewLane(nil)
	bad := batch("d.1", "f.1", "f.sent", "s.1", "s.2", "none", "s.1")
	bad.Bad[stat.BadValue] = 3
	bad.Limited = 5
	l.Accept(bad)
	l.Close()
	want := stat.Counts{Received: 15, Accepted: 12, Both: 1, Unrouted: 1, Aggregated: 2, Sent: 4}
	want.Invalid[stat.BadValue] = 3
	want.Dropped[stat.DropRule] = 1
	want.Dropped[stat.DropRateLimit] = 5
	if got := l.Counts(); got != want || !got.Balanced() {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for i, n := range []int64{3, 4} {
		if got := tab.Clusters[i].Dests[0].Counts().Enqueued; got != n {
			t.Errorf("cluster %d got %d points, want %d", i, got, n)
		}
	}
	if err := tab.Aggregator.Close(context.Background()); err != nil {
		t.Error(err)
	}
	sum := l.Counts()
	c, _ := tab.Aggregator.Counts(context.Background())
	if sum.Add(&c); !sum.Balanced() || sum.Emitted == 0 {
		t.Errorf("%+v", sum)
	}
}

// Samples of series that the limit refuses are dropped under that reason, and keep their other ends.
func TestSeriesLimit(t *testing.T) {
	tab := table(t, []string{"a"}, folding("**", "$0"), sending("sent.*", "a"))
	tab.Aggregator.SetLimit(1)
	tab.Start()
	l := tab.NewLane(nil)
	l.Accept(batch("one", "two", "two", "sent.three", "one"))
	l.Close()
	tab.Aggregator.Close(context.Background())
	sum := l.Counts()
	c, _ := tab.Aggregator.Counts(context.Background())
	sum.Add(&c)
	want := stat.Counts{Received: 5, Accepted: 5, Emitted: 2, Unrouted: 2, Aggregated: 2, Sent: 1}
	want.Dropped[stat.DropSeriesLimit] = 2
	if sum != want || !sum.Balanced() {
		t.Errorf("got  %+v\nwant %+v", sum, want)
	}
	if f, _ := tab.Aggregator.Figures(context.Background()); f[0].Refused != 3 {
		t.Errorf("figures %+v", f[0])
	}
}

// While a lane waits for a shard's inbox it runs what is asked of its owner, and its account balances right there.
func TestAskWhileWaiting(t *testing.T) {
	tab := table(t, nil, folding("**", "$0")) // never started: nobody empties the inboxes
	asks := make(chan func())
	l := tab.NewLane(asks)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 64 {
			b := batch()
			for i := range 1024 {
				b.Add(fmt.Appendf(nil, "n%d", i%100), carbon.Raw, 1, b.Arrival)
			}
			l.Accept(b)
		}
	}()
	for range 10 {
		answered := make(chan stat.Counts, 1)
		asks <- func() { answered <- l.Counts() }
		if c := <-answered; !c.Balanced() {
			t.Errorf("suspended between two points: %+v", c)
		}
	}
	tab.Start() // now the shards take what waits
	<-done
	l.Close()
	if err := tab.Aggregator.Close(context.Background()); err != nil {
		t.Error(err)
	}
	c, _ := tab.Aggregator.Counts(context.Background())
	sum := l.Counts()
	if sum.Add(&c); sum.Aggregated != 64*1024+c.Aggregated || !sum.Balanced() {
		t.Errorf("%+v", sum)
	}
}

// What the lane remembers is what the table says, through growth and forgetting.
func TestMemory(t *testing.T) {
	m := memory{}
	name := func(i int) ([]byte, uint64) {
		n := fmt.Appendf(nil, "servers.s%d.cpu", i)
		return n, carbon.Hash(n, carbon.Raw)
	}
	for i := range 5000 {
		n, h := name(i)
		if m.find(h, n) != nil {
			t.Fatalf("%s is known already", n)
		}
		w := way{route: uint32(i), refs: []aggregate.Ref{{Slot: uint32(i)}, {Slot: uint32(i + 1)}}}
		if i%3 == 0 {
			w.forms = appendForm(appendForm(nil, string(n)+".b"), "c")
		}
		m.add(h, n, w)
	}
	check := func(i int) {
		n, h := name(i)
		s := m.find(h, n)
		if s == nil || s.route != uint32(i) || m.young.refsOf(s)[1].Slot != uint32(i+1) {
			t.Fatalf("%s: %+v", n, s)
		}
		if forms := m.young.formsOf(s); (i%3 == 0) != (forms != nil) {
			t.Fatalf("%s: forms %q", n, forms)
		} else if forms != nil {
			first, rest := nextForm(forms)
			second, rest := nextForm(rest)
			if string(first) != string(n)+".b" || string(second) != "c" || len(rest) != 0 {
				t.Fatalf("%s: forms %q", n, forms)
			}
		}
	}
	for i := range 5000 {
		check(i)
	}
	m.age()
	for i := range 2000 { // these are seen again, the others are not
		check(i)
	}
	m.age()
	for i := range 5000 {
		n, h := name(i)
		if m.spent() != (i >= 1875) { // of 2000
			t.Fatalf("spent after %d: %t", i, m.spent())
		}
		if known := m.find(h, n) != nil; known != (i < 2000) {
			t.Fatalf("%s known: %t", n, known)
		}
	}
	m.drop()
	for i := range 2000 {
		check(i)
	}
	if m.spent() || m.old.n != 0 {
		t.Errorf("%d names are left of those that have moved", m.old.n)
	}
}

// A flood of names that a limit refuses is forgotten early, and what the lane knows of others is not.
func TestFloodOfRefused(t *testing.T) {
	tab := table(t, []string{"a"}, folding("**", "$0"))
	tab.Aggregator.SetLimit(1)
	tab.Start()
	l := tab.NewLane(nil)
	l.Accept(batch("good"))
	for round := range 3 * mostRefused / 1000 {
		b := batch("good")
		for i := range 1000 {
			b.Add(fmt.Appendf(nil, "flood.%d.%d", round, i), carbon.Raw, 1, b.Arrival)
		}
		l.Accept(b)
		l.Flush()
		if n := l.memory.young.n + l.memory.old.n; n > 2*mostRefused+2000 {
			t.Fatalf("%d names are remembered", n)
		}
	}
	good := []byte("good")
	if l.memory.find(carbon.Hash(good, carbon.Raw), good) == nil {
		t.Error("a name that comes all the time is not remembered")
	}
	l.Close()
	tab.Aggregator.Close(context.Background())
}

// benchLane returns a lane and a batch maker of so many names.
func benchLane(tb testing.TB, names int, rules ...RuleOptions) (*Lane, func(round int) *carbon.Batch) {
	tab := table(tb, []string{"a"}, rules...)
	l := tab.NewLane(nil)
	line := carbon.NewLineDecoder(carbon.DefaultLimits())
	next := 0
	return l, func(int) *carbon.Batch {
		b := carbon.NewBatch()
		for len(b.Bytes) < carbon.BlockSize-100 {
			b.Bytes = fmt.Appendf(b.Bytes, "servers.web%06d.cpu.total.user 12.5 1700000000\n", next*7919%names)
			next++
		}
		if err := line.Decode(b, 0); err != nil {
			tb.Fatal(err)
		}
		return b
	}
}

func BenchmarkAccept(b *testing.B) {
	benchAccept(b, "sent", sending("**", "a"))
	benchAccept(b, "1,000 rules", mixed(1000)...)
	benchAccept(b, "rewritten", rewriting("servers.*.**", "hosts.$1.$2"), sending("**", "a"))
}

func benchAccept(b *testing.B, what string, rules ...RuleOptions) {
	for _, names := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(what, "/", names), func(b *testing.B) {
			l, next := benchLane(b, names, rules...)
			for range names/1000 + 1 { // every name is known
				l.Accept(next(0))
			}
			lines := 0
			for b.Loop() {
				b.StopTimer()
				block := next(0)
				lines += len(block.Points)
				b.StartTimer()
				l.Accept(block)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/line")
		})
	}
}

// BenchmarkMeet takes names that the lane does not know, of a thousand groups.
func BenchmarkMeet(b *testing.B) {
	line := carbon.NewLineDecoder(carbon.DefaultLimits())
	l, next, lines := (*Lane)(nil), 0, 0
	for b.Loop() {
		b.StopTimer()
		if next%1_000_000 < 1000 {
			l, _ = benchLane(b, 1, sending("**", "a"))
		}
		block := carbon.NewBatch()
		for range 700 {
			block.Bytes = fmt.Appendf(block.Bytes, "sfo.ingest%04d.node%06d-prod.load.shortterm.one-minute 12.5 1700000000\n", next%1000, next/1000)
			next++
		}
		if err := line.Decode(block, 0); err != nil {
			b.Fatal(err)
		}
		lines += len(block.Points)
		b.StartTimer()
		l.Accept(block)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines), "ns/name")
}

// A known name costs no allocation, whether it is sent, folded or both.
func TestAcceptDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	both := sending("**", "a")
	no := false
	both.Stop = &no
	l, next := benchLane(t, 100, folding("**", "$0", "a"), both, rewriting("**", "renamed.$1"), sending("**", "a"))
	l.table.Start()
	l.Accept(next(0))
	blocks := make([]*carbon.Batch, 200)
	for i := range blocks {
		blocks[i] = next(i)
	}
	lines, i := float64(len(blocks[0].Points)), 0
	n := testing.AllocsPerRun(len(blocks)-1, func() { l.Accept(blocks[i]); i++ })
	// Nobody gives the frames back here, so each batch needs a fresh one or two; a line needs nothing.
	if n > lines/100 {
		t.Errorf("%v allocations for a batch of %v lines", n, lines)
	}
	l.Close()
	l.table.Aggregator.Close(context.Background())
}
