package relay

import (
	"fmt"
	"testing"

	"plumbago/carbon/pattern"
)

// mixed returns n rules of three kinds that each take their part of the names of benchmarks.
func mixed(n int) (rules []RuleOptions) {
	for i := range n {
		o := RuleOptions{Send: []string{"a"}}
		node := fmt.Sprintf("servers.web%03d", i)
		switch i % 3 {
		case 0:
			o.Prefix = []string{node}
		case 1:
			o.Match = []string{node + "*.**"}
		case 2:
			o.Regex = []string{`^servers\.` + node[len("servers."):] + `\d+\.`}
		}
		rules = append(rules, o)
	}
	return append(rules, RuleOptions{Selection: pattern.Selection{Options: pattern.Options{Match: []string{"**"}}}, Send: []string{"a"}})
}

// BenchmarkWalk asks the table about names that no lane knows.
func BenchmarkWalk(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(n, " rules"), func(b *testing.B) {
			tab := table(b, []string{"a"}, mixed(n)...)
			var names [4096]string
			for i := range names {
				names[i] = fmt.Sprintf("servers.web%06d.cpu.total.user", i*7919%1000000)
			}
			var w walker
			for i := 0; b.Loop(); i++ {
				tab.walk(&w, names[i%len(names)], 0, nil)
			}
		})
	}
}
