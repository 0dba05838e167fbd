package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// members dials endpoints in memory, which take everything, or refuse while they are down.
type members struct {
	mu   sync.Mutex
	down map[string]bool
	all  []net.Conn
}

func (m *members) dial(_ context.Context, _, address string) (net.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down[address] {
		return nil, errors.New("refused")
	}
	here, there := net.Pipe()
	m.all = append(m.all, there)
	go func() {
		for b := make([]byte, 4096); ; {
			if _, err := there.Read(b); err != nil {
				return
			}
		}
	}()
	return here, nil
}

// set lets a member go or come back; who goes ends all connections.
func (m *members) set(address string, down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down[address] = down
	for _, c := range m.all {
		c.Close()
	}
	m.all = nil
}

// cluster makes a running cluster of three members, a to c.
func cluster(t *testing.T, policy string) (*Cluster, *members) {
	t.Helper()
	o := DefaultClusterOptions()
	o.Name, o.Policy, o.Endpoints = "c", policy, []string{"a:1", "b:1", "c:1"}
	o.Reconnect = []time.Duration{10 * time.Millisecond, 100 * time.Millisecond}
	m := &members{down: map[string]bool{}}
	c, err := NewCluster(o, m.dial, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c.Close(ctx)
		m.set("", false)
	})
	return c, m
}

// held returns who holds each of a thousand names.
func held(c *Cluster) (by []int) {
	for i := range 1000 {
		by = append(by, c.holders(fmt.Sprintf("servers.web%d.cpu", i))[0])
	}
	return by
}

// While a member is gone its names are spread over the others, and only its names move.
func TestAnyMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := cluster(t, "any")
		synctest.Wait()
		before := held(c)
		m.set("b:1", true)
		time.Sleep(time.Second)
		during := held(c)
		var got [3]int
		for i, by := range before {
			switch {
			case by != 1 && during[i] != by:
				t.Fatalf("name %d moved from %d, which is there, to %d", i, by, during[i])
			case by == 1:
				got[during[i]]++
			}
		}
		if got[1] != 0 || got[0] < 100 || got[2] < 100 {
			t.Errorf("the names of the member that is gone went to %v", got)
		}
		m.set("a:1", true)
		m.set("c:1", true)
		time.Sleep(time.Second)
		if !slices.Equal(held(c), before) {
			t.Error("with all gone, names do not wait at home")
		}
		for _, address := range []string{"a:1", "b:1", "c:1"} {
			m.set(address, false)
		}
		time.Sleep(time.Second)
		if !slices.Equal(held(c), before) {
			t.Error("names did not come back")
		}
	})
}

// A lane follows its clusters' members from one batch to the next, and so does what explain says.
func TestLaneFollows(t *testing.T) {
	for _, policy := range []string{"any", "failover"} {
		synctest.Test(t, func(t *testing.T) {
			c, m := cluster(t, policy)
			tab, err := NewTable([]RuleOptions{sending("**", "c")}, []*Cluster{c}, 1, 10)
			if err != nil {
				t.Fatal(err)
			}
			l := tab.NewLane(nil)
			round := func(gone int) {
				t.Helper()
				time.Sleep(time.Second)
				was, want := make([]int64, 3), make([]int64, 3)
				for i, d := range c.Dests {
					was[i] = d.Counts().Enqueued
				}
				b := carbon.NewBatch()
				b.Arrival = time.Now().UnixMilli()
				for i := range 300 {
					name := fmt.Sprintf("n%d", i)
					b.Add([]byte(name), carbon.Raw, 1, b.Arrival)
					want[c.holders(name)[0]]++
				}
				l.Accept(b)
				time.Sleep(time.Second) // longer than frames may gather
				l.Flush()
				synctest.Wait()
				for i, d := range c.Dests {
					got := d.Counts()
					if got.Enqueued-was[i] != want[i] || got.Delivered != got.Enqueued || i == gone && want[i] > 0 {
						t.Errorf("%s with member %d gone: member %d got %d, explained %d, %+v", policy, gone, i, got.Enqueued-was[i], want[i], got)
					}
				}
			}
			round(-1)
			for gone, address := range []string{"a:1", "b:1", "c:1"} {
				m.set(address, true)
				round(gone)
				m.set(address, false)
				round(-1)
			}
			l.Close()
		})
	}
}

// What waits for a member that is gone is still handed over while the cluster closes, when there is room for it: nobody
// who could take it ends before.
func TestCloseHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := DefaultClusterOptions()
		o.Name, o.Policy, o.Endpoints, o.Queue = "c", "failover", []string{"a:1", "b:1"}, 100
		c, err := NewCluster(o, func(_ context.Context, _, address string) (net.Conn, error) {
			if address == "a:1" {
				return nil, errors.New("refused")
			}
			here, there := net.Pipe()
			go func() {
				time.Sleep(time.Second)
				io.Copy(io.Discard, there)
			}()
			return here, nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Start()
		synctest.Wait()
		for _, i := range []int{1, 1, 0, 0} {
			f := carbon.NewFrame()
			f.Bytes, f.Points = append(f.Bytes, strings.Repeat("x", 40)...), 1
			c.Dests[i].Push(f)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		c.Close(ctx)
		if a, b := c.Dests[0].Counts(), c.Dests[1].Counts(); b.Delivered != 4 || a.Moved != 2 || ctx.Err() != nil {
			t.Errorf("after %s: %+v, %+v", time.Since(start), a, b)
		}
	})
}

// So is what waits for a member that has just lost its connection, and is found to be gone only then.
func TestCloseHandsOverWhatIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := DefaultClusterOptions()
		o.Name, o.Policy, o.Endpoints = "c", "any", []string{"a:1", "b:1"}
		var ends []net.Conn // of a's connections
		c, err := NewCluster(o, func(_ context.Context, _, address string) (net.Conn, error) {
			here, there := net.Pipe()
			if address == "a:1" {
				if ends = append(ends, there); len(ends) > 1 {
					time.Sleep(10 * time.Millisecond) // for which b must wait
					return nil, errors.New("refused")
				}
			}
			go io.Copy(io.Discard, there)
			return here, nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Start()
		synctest.Wait()
		a, b := c.Dests[0], c.Dests[1]
		ends[0].Close()
		synctest.Wait()
		if !a.Alive() || a.Connected() || !b.Connected() {
			t.Fatalf("%+v, %+v", a.Status(), b.Status())
		}
		f := carbon.NewFrame()
		f.Bytes, f.Points = append(f.Bytes, strings.Repeat("x", 40)...), 1
		a.Push(f)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c.Close(ctx)
		if a, b := a.Counts(), b.Counts(); b.Delivered+b.Unproven != 1 || a.Moved != 1 {
			t.Errorf("%+v, %+v", a, b)
		}
	})
}

// Where every member is in doubt none gives the others what it has, nor ends, before it is known who is gone.
func TestCloseWithAllInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := DefaultClusterOptions()
		o.Name, o.Policy, o.Endpoints = "c", "any", []string{"a:1", "b:1"}
		var mu sync.Mutex
		ends := map[string]net.Conn{} // of the first connections
		c, err := NewCluster(o, func(_ context.Context, _, address string) (net.Conn, error) {
			here, there := net.Pipe()
			mu.Lock()
			again := ends[address] != nil
			if !again {
				ends[address] = there
			}
			mu.Unlock()
			if again && address == "a:1" {
				time.Sleep(10 * time.Millisecond)
				return nil, errors.New("refused")
			}
			if again {
				time.Sleep(20 * time.Millisecond)
			}
			go io.Copy(io.Discard, there)
			return here, nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Start()
		synctest.Wait()
		mu.Lock()
		for _, end := range ends {
			end.Close()
		}
		mu.Unlock()
		synctest.Wait()
		for _, d := range c.Dests {
			f := carbon.NewFrame()
			f.Bytes, f.Points = append(f.Bytes, strings.Repeat("x", 40)...), 1
			d.Push(f)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c.Close(ctx)
		if a, b := c.Dests[0].Counts(), c.Dests[1].Counts(); b.Delivered != 2 || ctx.Err() != nil {
			t.Errorf("%+v, %+v", a, b)
		}
	})
}
