package query

import (
	"errors"
	"strings"
	"testing"
	"time"

	"plumbago/aggregate/history"
)

// What can be written, and its plainest form.
func TestParse(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		if got := e.String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	f(`avg_over_time("servers.*.cpu", "5 minutes")`, `avg_over_time("servers.*.cpu", "5 minutes")`)
	f(` avg_over_time ( 'a' , '60s' ) `, `avg_over_time('a', "1 minute")`)
	f("rate(\n\t\"a\",\n\t\"1d\"\n)", `rate("a", "1 day")`)
	f(`rate("a", "1d", "series")`, `rate("a", "1 day")`)
	f(`rate("a", "1d", "mean")`, `rate("a", "1 day", "mean")`)
	f(`sum_over_time("a", "90 seconds", "pool")`, `sum_over_time("a", "90 seconds")`)
	f(`sum_over_time("a", "3600s", "series")`, `sum_over_time("a", "1 hour", "series")`)
	f(`count("a{b,c}[d-e]**")`, `count("a{b,c}[d-e]**")`)
	f(`count("a", "1m")`, `count("a", "1 minute")`)
	f(`count('say"so')`, `count('say"so')`)
	f(`max("ä.ö")`, `max("ä.ö")`)
}

// What is wrong, and where.
func TestParseFaults(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := Parse(text)
		if err == nil {
			t.Errorf("%s: no error", text)
			return
		}
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %q, want %q", text, err, want)
		}
	}
	f(``, `at byte 1: the expression ends where a function should be`)
	f(`  `, `at byte 3: the expression ends where a function should be`)
	f(`5`, `at byte 1: there is '5' where a function should be`)
	f(`"a"`, `at byte 1: there is '"' where a function should be`)
	f(` median("a")`, `at byte 2: there is no function median; there are count_over_time, `)
	f(`AVG("a")`, `at byte 1: there is no function AVG; `)
	f(`sum`, `at byte 4: the expression ends where ( should be`)
	f(`sum "a"`, `at byte 5: there is '"' where ( should be`)
	f(`sum()`, `at byte 5: there is ')' where a text in quotes should be`)
	f(`sum(a)`, `at byte 5: there is 'a' where a text in quotes should be`)
	f(`sum("a)`, `at byte 5: the text that begins here does not end`)
	f(`sum("a"`, `at byte 8: the expression ends where , or ) should be`)
	f(`sum("a" "b")`, `at byte 9: there is '"' where , or ) should be`)
	f(`sum("a",)`, `at byte 9: there is ')' where a text in quotes should be`)
	f(`sum("a") x`, `at byte 10: there is 'x' where the end should be`)
	f(`sum("a")é`, `at byte 9: there is 'é' where the end should be`)
	f(`sum("")`, `at byte 6: the glob is empty`)
	f(`sum("a.[b")`, `at byte 6: the glob "a.[b": the [ at byte 3 is not closed`)
	f(`sum("cpu;dc=a")`, `at byte 9: a ; never matches`)
	f(`rate("a")`, `at byte 9: rate needs an interval, like "5 minutes"`)
	f(`rate("a", "5 fortnights")`, `at byte 12: "5 fortnights" is no interval`)
	f(`sum("a", "0s")`, `at byte 11: "0s" is no interval`)
	f(`sum("a", "1s", "mean")`, `at byte 16: sum takes a glob and an interval, no more`)
	f(`rate("a", "1s", "all")`, `at byte 18: "all" is not one of pool, series, mean`)
	f(`rate("a", "1s", "pool")`, `at byte 18: rate is of one series: it cannot be pooled`)
	f(`rate("a", "1s", "mean", "x")`, `at byte 25: rate takes a glob, an interval and how series are taken together, no more`)
}

// An aggregate's series is asked for by its own name or by those of its results.
func TestNames(t *testing.T) {
	s := history.NewStore(time.Hour, history.NewRoom(100, 0))
	source := &history.Source{Functions: []string{"avg", "max"}}
	put := func(name, fn string, period time.Duration, own bool, values ...float64) {
		h := s.Open(history.Label{Name: name, Of: "web.hits;dc=a", Fn: fn, Period: period, Own: own, Source: source})
		for i, v := range values {
			s.Put(h, history.Point{Time: 1000 + int64(i)*int64(period.Seconds()), Value: v})
		}
	}
	put("web.hits.avg;dc=a", "avg", 10*time.Second, true, 1, 2, 3)
	put("web.hits.max;dc=a", "max", 10*time.Second, true, 4, 5, 6)
	put("web.hits.1m.max;dc=a", "max", time.Minute, false, 6)
	put("web.hits.slow.avg;dc=a", "avg", time.Hour, false, 7)
	f := func(text string, at int64, want ...Result) {
		t.Helper()
		same(t, text, ask(t, []*history.Store{s}, text, at), want)
	}
	f(`avg_over_time("web.hits", "1 minute")`, 1020, Result{"web.hits", 2})
	f(`max_over_time("web.hits", "1 minute")`, 1020, Result{"web.hits", 6})
	f(`min_over_time("web.hits", "1 minute")`, 1020, Result{"web.hits", 1})
	f(`sum_over_time("web.*", "1 minute")`, 1020, Result{"web.*", 6})
	f(`count_over_time("web.hits.max", "1 minute")`, 1020, Result{"web.hits.max", 3})
	f(`count_over_time("web.hits.*", "1 minute")`, 1020, Result{"web.hits.*", 6})
	f(`sum_over_time("web.hits.1m.*", "1 minute")`, 1020, Result{"web.hits.1m.*", 6})
	f(`rate("web.hits", "1 minute")`, 1020, Result{"web.hits;dc=a", 0.1})
	f(`rate("web.hits.m*", "1 minute")`, 1020, Result{"web.hits.max;dc=a", 0.1})
	f(`count("**")`, 1020, Result{"**", 1})
	// The newest of a series counts for five minutes, or three periods.
	f(`sum("web.hits")`, 1319, Result{"web.hits", 3})
	f(`sum("web.hits")`, 1320)
	f(`sum("web.hits", "1 hour")`, 1320, Result{"web.hits", 3})
	f(`sum("web.hits.slow.avg")`, 1000+3*3600-1, Result{"web.hits.slow.avg", 7})
	f(`sum("web.hits.slow.avg")`, 1000+3*3600)
}

// Whatever is parsed is written so that it is parsed as the same, and whatever is not has a place within it.
func FuzzParse(f *testing.F) {
	for _, text := range []string{`avg_over_time("servers.*.cpu", "5 minutes")`, `rate('a{b,c}', "60s", "mean")`, `count("**")`, `sum("a;b")`, `x(`, `rate("a", "1 week")`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			var at *Error
			if !errors.As(err, &at) || at.At < 1 || at.At > len(text)+1 || at.Msg == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		again, err := Parse(e.String())
		if err != nil {
			t.Fatalf("%q is written %q: %v", text, e, err)
		}
		if again.String() != e.String() || again.interval != e.interval || again.across != e.across || again.glob != e.glob {
			t.Fatalf("%q is written %q, which is %q", text, e, again)
		}
		v := e.At(1000)
		v.Results()
	})
}
