package aggregate

import "time"

// lookAgain is how long a shard sleeps at most while something is to come, so that it notices when the clock is set.
const lookAgain = 10 * time.Second

// leastStep is by how much the machine's clock must be off all of a sudden, against a clock that only runs, to count as set
// anew. Less is slewed away or does no harm.
const leastStep = time.Second

// A clock notices when the machine's clock is set.
type clock struct {
	begun time.Time
	ahead time.Duration // how much the machine's clock has gained since then
}

func newClock() clock { return clock{begun: time.Now()} }

// stepped returns by how much the clock was set forward, or back, since the last time; 0 if it was not.
func (c *clock) stepped() time.Duration {
	now := time.Now()
	return c.step(now.Round(0).Sub(c.begun.Round(0)), now.Sub(c.begun))
}

// step is stepped, where so much time has passed since begun by the machine's clock, and by one that only runs.
func (c *clock) step(machine, steady time.Duration) time.Duration {
	step := machine - steady - c.ahead
	if step.Abs() < leastStep {
		return 0
	}
	c.ahead += step
	return step
}

// setBack does what is to be done when the clock was set back: what is due so and so long after something arrived or left is
// due that much earlier, or it would have to wait until the clock is again where it was. After a step forward what is
// overdue is simply done.
func (s *shard) setBack(by time.Duration) {
	s.drain() // what arrived before
	s.agenda = newAgenda()
	now, ms := time.Now().UnixMilli(), by.Milliseconds()
	earlier := func(l *uint32) { *l = lag(lagTime(*l) - ms) }
	heard := func(h *uint32) {
		if *h > deleted {
			*h = max(deleted+1, *h-min(*h, uint32(ms/1000)))
		}
	}
	for id, t := range s.tables {
		if t == nil {
			continue
		}
		for slot := range t.series.len() {
			se := t.series.at(slot)
			heard(&se.heard)
			for tier := range t.rule.tiers {
				list := t.runs.view(t.track(uint32(slot), tier))
				for j := range list {
					earlier(&list[j].first)
					earlier(&list[j].last)
				}
			}
			if t.rule.statsd != nil {
				t.rewind(se, now)
			}
			se.alarm = now
			s.agenda.add(now, entry{uint16(id), uint32(slot)})
		}
		for j := range t.pulses.len() {
			earlier(&t.pulses.at(j).lag)
		}
		for j := range t.inputs.len() {
			heard(&t.inputs.at(j).heard)
		}
	}
}
