package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// answer answers one command, as the reference does; more says that others may follow.
func (c *console) answer(ctx context.Context, words []string) (answer string, more bool) {
	if len(words) == 0 {
		return "ERROR\n", true
	}
	switch command := words[0]; command {
	case "help":
		return "Commands: stats, counters, timers, gauges, delcounters, deltimers, delgauges, health, config, quit\n\n", true
	case "quit":
		return "", false
	case "health":
		return c.health(words[1:]), true
	case "config":
		return c.config(), true
	case "stats":
		return c.stats(ctx), true
	case "counters":
		return c.list(ctx, carbon.Count), true
	case "gauges":
		return c.list(ctx, carbon.Gauge), true
	case "timers":
		return c.list(ctx, carbon.Timer), true
	case "delcounters":
		return c.delete(ctx, carbon.Count, words[1:]), true
	case "delgauges":
		return c.delete(ctx, carbon.Gauge, words[1:]), true
	case "deltimers":
		return c.delete(ctx, carbon.Timer, words[1:]), true
	}
	return "ERROR\n", true
}

// health says, and sets, what balancers and checks are told.
func (c *console) health(words []string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(words) > 0 {
		switch strings.ToLower(words[0]) {
		case "up":
			c.down = false
		case "down":
			c.down = true
		}
	}
	if c.down {
		return "health: down\n"
	}
	return "health: up\n"
}

// config writes the keys of the listener's section.
func (c *console) config() string {
	var b strings.Builder
	b.WriteString("\n")
	v := reflect.ValueOf(c.options)
	for i := range v.NumField() {
		fmt.Fprintf(&b, "%s: %v\n", v.Type().Field(i).Tag.Get("toml"), v.Field(i).Interface())
	}
	return b.String()
}

// each shows f what the listener's series of one kind stand at.
func (c *console) each(ctx context.Context, k carbon.Kind, f func(rule *aggregate.Seat, x aggregate.Standing)) error {
	for _, rule := range c.daemon.tableNow().Measures(c.source) {
		if kind, _ := rule.Measures(); kind != k {
			continue
		}
		if err := c.daemon.aggregator.Standings(ctx, rule, func(x aggregate.Standing) { f(rule, x) }); err != nil {
			return err
		}
	}
	return nil
}

// stats says how long plumbago runs, when something came last, and how many lines were bad.
func (c *console) stats(ctx context.Context) string {
	heard, now := c.daemon.startedAt(), time.Now()
	uptime := now.Sub(heard)
	for k := carbon.Count; k <= carbon.Set; k++ {
		if err := c.each(ctx, k, func(_ *aggregate.Seat, x aggregate.Standing) {
			if x.Heard.After(heard) {
				heard = x.Heard
			}
		}); err != nil {
			return "ERROR\n"
		}
	}
	l, err := c.daemon.Ledger(ctx)
	if err != nil {
		return "ERROR\n"
	}
	bad := int64(0)
	for _, n := range l.Invalid {
		bad += n
	}
	return fmt.Sprintf("uptime: %d\nmessages.last_msg_seen: %d\nmessages.bad_lines_seen: %d\nEND\n\n", int64(uptime.Seconds()), int64(now.Sub(heard).Seconds()), bad)
}

// list writes the series of one kind with what they stand at, as a JSON object.
func (c *console) list(ctx context.Context, k carbon.Kind) string {
	type line struct{ name, value string }
	var lines []line
	if err := c.each(ctx, k, func(_ *aggregate.Seat, x aggregate.Standing) {
		value := string(carbon.AppendNumber(nil, x.Value))
		if k == carbon.Timer {
			value = values(&x)
		}
		name, _ := json.Marshal(x.Name)
		lines = append(lines, line{string(name), value})
	}); err != nil {
		return "ERROR\n"
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.name, b.name) })
	var b strings.Builder
	b.WriteString("{")
	for i, l := range lines {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  " + l.name + ": " + l.value)
	}
	b.WriteString("\n}\nEND\n\n")
	return b.String()
}

// values writes a timer's values, or, if they are not known any more, their number.
func values(x *aggregate.Standing) string {
	if uint64(len(x.Values)) < x.Count {
		return fmt.Sprintf("%q", fmt.Sprintf("%d values", x.Count))
	}
	all := make([]string, len(x.Values))
	for i, v := range x.Values {
		all[i] = string(carbon.AppendNumber(nil, v))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// delete forgets series of one kind: those of the given names, or, of "a.b.*", all below a.b.
func (c *console) delete(ctx context.Context, k carbon.Kind, words []string) string {
	var b strings.Builder
	for _, word := range words {
		folder, below := strings.CutSuffix(word, "*")
		below = below && strings.HasSuffix(folder, ".")
		is := func(name string) bool { return name == word || below && strings.HasPrefix(name, folder) }
		names := map[*aggregate.Seat][]string{}
		if err := c.each(ctx, k, func(rule *aggregate.Seat, x aggregate.Standing) {
			if is(x.Name) {
				names[rule] = append(names[rule], x.Name)
			}
		}); err != nil {
			return "ERROR\n"
		}
		if len(names) == 0 {
			fmt.Fprintf(&b, "metric %s not found\n", word)
		}
		for rule := range names {
			slices.Sort(names[rule])
			if _, err := c.daemon.aggregator.DeleteMeasured(ctx, rule, func(name []byte) bool {
				_, found := slices.BinarySearch(names[rule], string(name))
				return found
			}); err != nil {
				return "ERROR\n"
			}
			for _, name := range names[rule] {
				fmt.Fprintf(&b, "deleted: %s\n", name)
			}
		}
	}
	b.WriteString("END\n\n")
	return b.String()
}
