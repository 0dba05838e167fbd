package daemon

import (
	"reflect"
	"slices"

	"go.uber.org/zap"

	"plumbago/aggregate"
	"plumbago/carbon"
	"plumbago/conf"
	"plumbago/ingest"
	"plumbago/relay"
)

// measured returns what becomes of statsd's samples, for each listener of f that any can come by; listeners are those of f, nil
// before they are made: they are numbered in their order then.
func measured(f *conf.File, listeners []*ingest.Listener) (all []relay.Measured) {
	for i := range f.Listen {
		o, ok := f.Listen[i].StatsdOptions()
		if !ok {
			continue
		}
		source := uint16(i)
		if listeners != nil {
			source = listeners[i].Source()
		}
		m := relay.Measured{Source: source, Statsd: aggregate.Statsd{
			Period: o.Period, Partial: o.Partial, Keep: o.Keep, Legacy: o.Legacy, Prefix: o.Prefix, ForCounts: o.PrefixCounter,
			ForGauges: o.PrefixGauge, ForTimers: o.PrefixTimer, ForSets: o.PrefixSet, Suffix: o.Suffix,
			RatesOnly: !o.FlushCounts, TimerMetrics: o.CalculatedTimerMetrics, Percentiles: o.Percentiles,
			DeleteIdle: func(k carbon.Kind) bool { return slices.Contains(o.DeleteIdle, typeNames[k]) },
		}}
		for _, h := range o.Histogram {
			m.Histograms = append(m.Histograms, aggregate.Histogram{Metric: h.Metric, Bins: h.Bins})
		}
		all = append(all, m)
	}
	return all
}

// measuredNext is measured for a configuration that follows: what still comes by listeners that are leaving counts as if it came by
// one with equal options.
func (d *Daemon) measuredNext(n *next) []relay.Measured {
	all := measured(n.file, n.listeners)
	for j, old := range d.listeners {
		o, ok := d.file.Listen[j].StatsdOptions()
		if !ok || !slices.Contains(n.leaving, old) {
			continue
		}
		for i := range n.file.Listen {
			same, ok := n.file.Listen[i].StatsdOptions()
			at := slices.IndexFunc(all, func(m relay.Measured) bool { return m.Source == n.listeners[i].Source() })
			if ok && at >= 0 && reflect.DeepEqual(o, same) {
				all[at].Also = append(all[at].Also, old.Source())
				break
			}
		}
	}
	return all
}

// turnConsoles ends the consoles that a configuration does not have, and opens those that it has anew.
func (d *Daemon) turnConsoles() {
	before := d.consoles
	d.consoles = nil
	for i, l := range d.listeners {
		o, _ := d.file.Listen[i].StatsdOptions()
		c := newConsole(d, l.Source(), o)
		if c == nil {
			continue
		}
		if at := slices.IndexFunc(before, func(old *console) bool { return old.source == c.source }); at >= 0 {
			c = before[at]
			before = slices.Delete(slices.Clone(before), at, at+1)
		}
		d.consoles = append(d.consoles, c)
	}
	for _, old := range before {
		old.close()
	}
	for _, c := range d.consoles {
		if c.socket != nil || d.options.Deaf {
			continue
		}
		if err := c.open(); err != nil {
			d.log.Error("opening the port for management commands", zap.Error(err))
			continue
		}
		c.start()
	}
}

// typeNames are what statsd's types are called.
var typeNames = [carbon.Set + 1]string{carbon.Count: "counters", carbon.Gauge: "gauges", carbon.Timer: "timers", carbon.Set: "sets"}
