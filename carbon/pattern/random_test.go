package pattern

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A maker makes patterns and names that often fit one another: of few nodes, from few words.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 1))} }

func (r maker) pick(from ...string) string { return from[r.IntN(len(from))] }

func (r maker) some(most int, one func() string) (list []string) {
	for range 1 + r.IntN(most) {
		list = append(list, one())
	}
	return list
}

func (r maker) node() string { return r.pick("a", "b", "ab", "ba", "abc", "cpu", "x1", "") }

func (r maker) path() string {
	for {
		if p := strings.Join(r.some(4, r.node), "."); p != "" {
			return p
		}
	}
}

func (r maker) name() string {
	name := r.path()
	for _, key := range []string{"dc", "k"} {
		if r.IntN(3) == 0 {
			name += ";" + key + "=" + r.pick("ams", "fra", "a.b")
		}
	}
	return name
}

func (r maker) glob() string {
	return strings.Join(r.some(4, func() string {
		switch r.IntN(8) {
		case 0, 1:
			return "*"
		case 2:
			return "**"
		case 3:
			return r.node() + r.pick("*", "?", "**", "[a-c]", "{a,b}", "{a.b,c*}", `\a`) + r.node()
		case 4:
			return r.pick("*", "[!a]", "?") + r.node() + r.pick("", "*", "?")
		}
		return r.pick("a", "b", "ab", "cpu")
	}), ".")
}

func (r maker) regexp() string {
	part := func() string {
		switch r.IntN(9) {
		case 0:
			return `[^.]+`
		case 1:
			return "(" + r.pick("a", "b", "cpu") + "|" + r.pick("ab", "ba", "") + r.pick("", "$") + ")"
		case 2:
			return r.pick(`.*`, `.+`, `\d`, `(?i:AB)`, `b?`, `(ab)+`, `a{2}`, `(?P<x>[abc])`, `b{0}`, `(^a)+`, `^`, `$`, `(?m:^)a`)
		}
		return r.pick("a", "b", "ab", "cpu", "x1")
	}
	text := strings.Join(r.some(4, part), r.pick(`\.`, `\.`, "", "."))
	return r.pick("", "^", "^", "(^|"+`\.)`) + text + r.pick("", "$", "$", `(\.|$)`)
}

func (r maker) options() (o Options) {
	for range 1 + r.IntN(2) {
		switch r.IntN(7) {
		case 0, 1:
			o.Match = r.some(2, r.glob)
		case 2:
			o.Regex = r.some(2, r.regexp)
		case 3:
			o.Prefix = r.some(2, r.path)
		case 4:
			o.Suffix = r.some(2, r.path)
		case 5:
			o.Contains = r.some(2, r.path)
		case 6:
			o.Tag = map[string][]string{r.pick("dc", "k"): r.some(2, func() string { return r.pick("ams", "*", "a*", "fra", "?.b") })}
		}
	}
	return o
}

// matcher makes a matcher; of what New refuses it makes another.
func (r maker) matcher() *Matcher {
	for {
		s := Selection{Options: r.options()}
		if r.IntN(4) == 0 {
			not := r.options()
			s.Not = &not
		}
		if m, err := New(s); err == nil {
			return m
		}
	}
}

// estate makes n matchers as a large installation might have them.
func (r maker) estate(n int) (ms []*Matcher) {
	for i := range n {
		var o Options
		switch i % 8 {
		case 0:
			o.Prefix = []string{fmt.Sprintf("team%d.", i)}
		case 1:
			o.Match = []string{fmt.Sprintf("collectd.*.plugin%d.**", i)}
		case 2:
			o.Suffix = []string{fmt.Sprintf(".latency%d", i)}
		case 3:
			o.Contains = []string{fmt.Sprintf(".app%d.", i)}
		case 4:
			o.Regex = []string{fmt.Sprintf(`^servers\.([^.]+)\.disk%d\.(.*)$`, i)}
		case 5:
			o.Regex = []string{fmt.Sprintf(`cache%d\.(hits|misses)`, i)}
		case 6:
			o.Match = []string{fmt.Sprintf("servers.web-%d-*.cpu-*.*", i)}
		case 7:
			o.Match = []string{fmt.Sprintf("stats.timers.*.endpoint-%d.p99", i)}
		}
		m, err := New(Selection{Options: o})
		if err != nil {
			panic(err)
		}
		ms = append(ms, m)
	}
	return ms
}
