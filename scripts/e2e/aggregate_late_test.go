package e2e

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// A folding is what /api/status says of a rule that aggregates.
type folding struct {
	Series   int64            `json:"series"`
	Emitted  int64            `json:"emitted"`
	Amended  int64            `json:"amended"`
	Late     int64            `json:"late"`
	Refused  int64            `json:"refused"`
	Repeated int64            `json:"repeated"`
	Diffs    map[string]int64 `json:"diffs"`
}

// folding returns the figures of the i-th rule, counted from 1.
func (d *daemon) folding(rule int) folding {
	d.t.Helper()
	code, body, err := d.get("/api/status")
	if err != nil || code != 200 {
		d.t.Fatalf("GET /api/status: %d %s %v", code, body, err)
	}
	var s struct {
		Rules []struct {
			Rule      int
			Aggregate *folding
		}
	}
	unmarshal(d.t, body, &s)
	for _, r := range s.Rules {
		if r.Rule == rule && r.Aggregate != nil {
			return *r.Aggregate
		}
	}
	d.t.Fatalf("no figures of rule %d: %s", rule, body)
	return folding{}
}

// oneOut begins a configuration: a listener, and the cluster "out" of one endpoint.
func oneOut(port int, endpoint string) string {
	return fmt.Sprintf("[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\n[[cluster]]\nname = \"out\"\nendpoints = [%q]\n", port, endpoint)
}

// say sends one sample at a time in milliseconds.
func say(t *testing.T, c net.Conn, name string, v float64, ms int64) reading {
	t.Helper()
	put(t, c, fmt.Appendf(nil, "%s %v %d.%03d\n", name, v, ms/1000, ms%1000))
	return reading{input: name, v: v, ms: ms}
}

// TestLateSample sends samples of a slice on time, one that is late, and more until one is beyond grace. The late ones must
// amend the slice, its rollup and its windows, whole; what is beyond grace must be dropped and counted; and no value of
// the slice is ever one of its late samples alone. PLUMBAGO_E2E_LATE is how many seconds the first late one is late.
func TestLateSample(t *testing.T) {
	late := time.Duration(number(t, "PLUMBAGO_E2E_LATE", 1)) * time.Second
	for tries := 1; !lateSample(t, late); tries++ {
		if tries == 5 {
			t.Skip("this machine does not keep up with its clock: what was sent in time came late, again and again")
		}
	}
}

// lateSample does so. It returns false if the machine stood still until what was sent in time was late.
func lateSample(t *testing.T, late time.Duration) bool {
	t.Helper()
	const wait, grace = 300 * time.Millisecond, 2 * time.Second // grace beyond late
	var least atomic.Int64                                      // no count of the slice may be below it
	var slice atomic.Int64
	out := newWords(t, func(p point) {
		if p.Name == "l.a.count" && p.Time == slice.Load() && int64(p.Value) < least.Load() {
			t.Errorf("a slice of %d samples was sent as one of %v", least.Load(), p.Value)
		}
	})
	port := freePort(t)
	o := &tree{match: "l.**", period: 1, rollups: []int64{4}, functions: rawFunctions, windows: []slider{
		{1, 3, []string{"avg", "count", "max", "sum", "stddev"}, "{name}.w3.{fn}"},
		{4, 2, []string{"sum", "p90", "unique"}, "{name}.w8.{fn}"},
	}, keys: fmt.Sprintf("wait = \"300ms\"\ngrace = \"%dms\"\npartial = \"emit\"", (late + grace).Milliseconds())}
	final := &tree{match: "f.**", period: 1, functions: rawFunctions, keys: "wait = \"300ms\"\nlate = \"drop\"\npartial = \"emit\""}
	d := start(t, setup{conf: oneOut(port, out.addr) + o.toml() + final.toml()})
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	c.SetDeadline(time.Now().Add(4*patience + late))

	// The last second of a rollup, so that slice and rollup leave together.
	var k int64
	eventually(t, "the last second of a rollup begins", func() bool {
		k = time.Now().Unix()
		return k%4 == 3 && time.Now().UnixMilli()%1000 < 500
	})
	slice.Store(k)
	// stood says whether as many samples were refused as late, for which it must be at least so long after the slice's end.
	stood := func(refused int64, after time.Duration) bool {
		if d.ledger().Dropped["late"] < refused {
			return false
		}
		if time.Now().Before(time.Unix(k+1, 0).Add(after)) {
			t.Fatalf("a sample was refused that was not late: %+v", d.ledger())
		}
		return true
	}
	var a, f []reading
	for i, v := range []float64{3, -1.5, 4} {
		a = append(a, say(t, c, "l.a", v, k*1000+int64(i)*400))
		f = append(f, say(t, c, "f.a", v, k*1000+int64(i)*400))
	}
	f = append(f, say(t, c, "f.a", 6, k*1000+1500)) // shows when the slice of f has left too
	still := false
	eventually(t, "the slices leave", func() bool {
		_, left := out.last("f.a.count", k+1)
		still = stood(1, wait)
		return left || still
	})
	if still {
		return false
	}
	out.hold(t, []claim{{o, "l.a", a}, {final, "f.a", f}})
	least.Store(3)
	<-time.After(time.Until(time.Unix(k+1, 0).Add(late)))
	a = append(a, say(t, c, "l.a", 12.25, k*1000+100))
	say(t, c, "f.a", 12.25, k*1000+100)
	eventually(t, "the late samples are taken", func() bool {
		n, _ := out.last("l.a.count", k)
		still = stood(2, late+grace)
		return still || n == 4 && d.folding(2).Late == 1
	})
	if still {
		return false
	}
	out.hold(t, []claim{{o, "l.a", a}, {final, "f.a", f}})
	if l, figures := d.ledger(), d.folding(2); l.Dropped["late"] != 1 || l.Aggregated != 8 || figures.Late != 1 || figures.Amended != 0 {
		t.Errorf("after one sample that is late to a final slice: %+v, %+v", l, figures)
	}

	least.Store(4)
	sent := int64(9)
	var tries []reading
	d.await("a sample is beyond grace", func(l *ledger) bool {
		if l.Dropped["late"] > 1 {
			return true
		}
		tries = append(tries, say(t, c, "l.a", float64(100+len(tries)), k*1000+int64(len(tries)%1000)))
		sent++
		return false
	})
	// What is beyond grace counts as aggregated until it is looked at.
	var l *ledger
	var beyond int64
	eventually(t, "every sample is folded or refused", func() bool {
		l = d.ledger()
		beyond = l.Dropped["late"] - 1
		n, _ := out.last("l.a.count", k)
		return l.Received == sent && int64(n) == int64(len(a)+len(tries))-beyond
	})
	// From the first that is late on, all are.
	a = append(a, tries[:int64(len(tries))-beyond]...)
	if l.Accepted != sent || l.Aggregated != sent-1-beyond || d.folding(1).Late != beyond {
		t.Errorf("of %d samples %d are beyond grace: %+v, %+v", sent, beyond, l, d.folding(1))
	}
	out.hold(t, []claim{{o, "l.a", a}, {final, "f.a", f}})
	d.stop()
	t.Logf("%d amendments, %d beyond grace", len(a)-3, beyond)
	return true
}

// A delayed sample waits for its time to be sent.
type delayed struct {
	due  time.Time
	conn int
	name string
	reading
}

type delays []delayed

func (d delays) Len() int           { return len(d) }
func (d delays) Less(i, j int) bool { return d[i].due.Before(d[j].due) }
func (d delays) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *delays) Push(x any)        { *d = append(*d, x.(delayed)) }
func (d *delays) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

// TestRandomlyLate sends live samples over two connections, one in five of them up to four seconds late, within grace:
// none may be refused, and in the end every slice, rollup and window holds all.
func TestRandomlyLate(t *testing.T) {
	span := time.Duration(number(t, "PLUMBAGO_E2E_SECONDS", 5)) * time.Second
	out, port := newWords(t, nil), freePort(t)
	o := &tree{match: "l.**", period: 1, rollups: []int64{2, 6}, functions: rawFunctions, windows: []slider{
		{1, 4, []string{"avg", "count", "min", "range", "variance", "p90"}, "{name}.w4.{fn}"},
		{2, 3, []string{"sum", "last", "unique"}, "{name}.w6.{fn}"},
	}, keys: "wait = \"200ms\"\ngrace = \"8s\"\npartial = \"emit\""}
	group := *o
	group.match, group.name, group.end = "g.*.*", "g.all.$2", true
	d := start(t, setup{bin: program, conf: oneOut(port, out.addr) + o.toml() + group.toml()})
	conns := []net.Conn{dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port)), dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))}
	for _, c := range conns {
		c.SetDeadline(time.Time{}) // the long form lasts
	}
	r := rand.New(rand.NewPCG(21, 22))
	var waiting delays
	claims := []claim{{tree: o, series: "l.0"}, {tree: o, series: "l.1"}, {tree: &group, series: "g.all.0"}, {tree: &group, series: "g.all.1"}}
	begin := time.Now()
	var n int64
	last := begin.UnixMilli()
	for time.Since(begin) < span || len(waiting) > 0 {
		if now := time.Now(); now.Sub(begin) < span {
			for ms := last + 1; ms <= now.UnixMilli(); ms++ {
				if ms%10 > 3 { // samples of one group never share a time, so that first and last are plain
					continue
				}
				which := int(ms % 10)
				name := fmt.Sprintf("l.%d", which)
				if which > 1 {
					name = fmt.Sprintf("g.h%d.%d", r.IntN(4), which-2)
				}
				s := delayed{now, r.IntN(2), name, reading{input: name, ms: ms, v: float64(r.IntN(2000)-500) / 8}}
				claims[which].rs = append(claims[which].rs, s.reading)
				if r.IntN(5) == 0 {
					s.due = now.Add(time.Duration(r.Int64N(int64(4 * time.Second))))
				}
				heap.Push(&waiting, s)
			}
			last = now.UnixMilli()
		}
		for len(waiting) > 0 && !waiting[0].due.After(time.Now()) {
			s := heap.Pop(&waiting).(delayed)
			say(t, conns[s.conn], s.name, s.v, s.ms)
			n++
		}
		<-time.After(time.Millisecond)
	}
	l := d.received(n)
	words := out.hold(t, claims)
	figures := d.folding(1)
	if l.Aggregated != n || l.Dropped["late"] != 0 || figures.Amended == 0 {
		t.Errorf("of %d samples: %+v, %+v", n, l, figures)
	}
	d.stop()
	t.Logf("%d samples, %d words, %d emitted, %d of them again", n, words, figures.Emitted, figures.Amended)
}
