package relay

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// Silent series are forgotten by every lane before their slots are used again; one whose samples wait in the middle of a
// batch is not.
func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rule := folding("**", "$0", "a")
		rule.Aggregate.Keep = time.Minute
		tab := table(t, []string{"a"}, rule)
		tab.Start()
		lanes := []*Lane{tab.NewLane(nil), tab.NewLane(nil)}
		forget := func(want int64) {
			t.Helper()
			err := tab.Forget(context.Background(), func(f func(*Lane)) error {
				for _, l := range lanes {
					f(l)
				}
				return nil
			})
			if figures, _ := tab.Aggregator.Figures(context.Background()); err != nil || figures[0].Series != want {
				t.Errorf("%d series, want %d (%v)", figures[0].Series, want, err)
			}
		}
		known := func() (n int) {
			for _, l := range lanes {
				n += l.memory.young.n + l.memory.old.n
			}
			return n
		}
		lanes[0].Accept(batch("a", "b", "c"))
		lanes[1].Accept(batch("a", "b", "d"))
		lanes[0].Flush()
		lanes[1].Flush()
		forget(4)
		time.Sleep(3 * time.Minute)
		lanes[1].Accept(batch("b", "d")) // still in the lane's open block
		forget(2)
		if known() != 0 { // b and d were silent when shards looked, and will be asked for again
			t.Errorf("%d names are known", known())
		}
		lanes[0].Accept(batch("b"))
		lanes[0].Flush()
		time.Sleep(3 * time.Minute)

		// A lane in the middle of a batch drops its references when the batch is done.
		lanes[0].busy = true
		dropped := make(chan error)
		go func() {
			dropped <- tab.Forget(context.Background(), func(f func(*Lane)) error { f(lanes[0]); f(lanes[1]); return nil })
		}()
		synctest.Wait()
		if len(lanes[0].after) != 1 || lanes[0].memory.young.n != 1 {
			t.Errorf("%d waiting, %d known", len(lanes[0].after), lanes[0].memory.young.n)
		}
		lanes[0].rest()
		if err := <-dropped; err != nil || known() != 0 {
			t.Errorf("%v, %d names are known", err, known())
		}
		forget(0)
		lanes[0].Accept(batch("a"))
		lanes[0].Flush()
		forget(1)
		for _, l := range lanes {
			l.Close()
		}
		tab.Aggregator.Close(context.Background())
	})
}

// However many names a lane knows, it looks at few of them between two batches. What comes meanwhile is not lost, nor forgotten, whether its
// name was looked at before or not, and though the generations change.
func TestForgetInSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const names = 3 * forgetStep
		rule := folding("**", "$0", "a")
		rule.Aggregate.Keep = time.Minute
		tab := table(t, []string{"a"}, rule)
		tab.Aggregator.SetLimit(1 << 20)
		tab.Start()
		l := tab.NewLane(nil)
		meet := func(from, to, step int) {
			for from < to {
				var list []string
				for ; from < to && len(list) < 500; from += step {
					list = append(list, fmt.Sprintf("n.%d", from))
				}
				l.Accept(batch(list...))
			}
			l.Flush()
		}
		meet(0, forgetStep, 1)
		l.memory.age()
		meet(forgetStep, names, 1)
		meet(0, forgetStep/2, 1) // some move, and the old ones stay what they are
		time.Sleep(3 * time.Minute)
		rounds, extra := 0, 0
		err := tab.Forget(context.Background(), func(f func(*Lane)) error {
			var before uint32
			if rounds > 0 { // the first step begins anew
				before = l.memory.old.swept + l.memory.young.swept
			}
			f(l)
			if n := l.memory.old.swept + l.memory.young.swept - before; n > forgetStep {
				t.Errorf("a step looked at %d names", n)
			}
			switch rounds++; rounds {
			case 1:
				meet(0, names, 997)
			case 2: // some that were met before, and new ones
				meet(0, names, 997*3)
				meet(names, names+100, 1)
				extra = 100
			case 3:
				l.memory.age()
				meet(1, names, 1009)
			}
			return nil
		})
		want := extra + (names+996)/997 + (names-1+1008)/1009
		figures, _ := tab.Aggregator.Figures(context.Background())
		if err != nil || rounds < 4 || figures[0].Series < int64(want-names/997/1009-1) || figures[0].Series > int64(want) {
			t.Errorf("%d rounds, %d series, want %d (%v)", rounds, figures[0].Series, want, err)
		}
		for i := range names + 100 { // each is bound to the series that is its own
			name := fmt.Appendf(nil, "n.%d", i)
			s := l.memory.find(carbon.Hash(name, carbon.Raw), name)
			if s == nil {
				continue
			}
			for _, ref := range l.memory.young.refsOf(s) {
				if text := tab.byID[ref.Rule].seat.Text(ref, name); string(text.Bytes()) != string(name) {
					t.Fatalf("%s leads to the series %q", name, text.Bytes())
				}
			}
		}
		l.Close()
		tab.Aggregator.Close(context.Background())
	})
}

// A forgetting that was given up while a lane waited in the middle of a batch takes nothing from the next one.
func TestForgetGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rule := folding("**", "$0", "a")
		rule.Aggregate.Keep = time.Minute
		tab := table(t, []string{"a"}, rule)
		tab.Start()
		l, other := tab.NewLane(nil), tab.NewLane(nil)
		given := make(chan error)
		forget := func(ctx context.Context) {
			given <- tab.Forget(ctx, func(f func(*Lane)) error { f(l); f(other); return nil })
		}
		other.Accept(batch("x"))
		other.Flush()
		time.Sleep(3 * time.Minute)
		l.Accept(batch("a", "b", "c"))
		l.Flush()
		synctest.Wait()
		l.busy = true
		ctx, cancel := context.WithCancel(context.Background())
		go forget(ctx)
		synctest.Wait()
		cancel()
		if err := <-given; err == nil {
			t.Error("it was not given up")
		}
		time.Sleep(3 * time.Minute)
		go forget(context.Background())
		synctest.Wait()
		l.rest()
		if err := <-given; err != nil || l.memory.young.n != 0 {
			t.Errorf("%v, %d names are known whose series are forgotten", err, l.memory.young.n)
		}
		l.Close()
		other.Close()
		tab.Aggregator.Close(context.Background())
	})
}

// A name that a limit refused is bound once there is room, though it never stops coming.
func TestForgetRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rule := folding("**", "$0", "a")
		rule.Aggregate.Keep, rule.Aggregate.Series = time.Minute, 1
		tab := table(t, []string{"a"}, rule)
		tab.Start()
		lane := tab.NewLane(nil)
		lane.Accept(batch("first"))
		refused := func() int64 {
			figures, err := tab.Aggregator.Figures(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return figures[0].Refused
		}
		for minute := range 6 {
			lane.Accept(batch("second"))
			lane.Flush()
			synctest.Wait()
			if err := tab.Forget(context.Background(), func(f func(*Lane)) error { f(lane); return nil }); err != nil {
				t.Fatal(err)
			}
			if want := int64(min(minute+1, 4)); refused() != want {
				t.Errorf("after %d minutes %d were refused, want %d", minute, refused(), want)
			}
			time.Sleep(time.Minute)
		}
		lane.Close()
		tab.Aggregator.Close(context.Background())
	})
}
