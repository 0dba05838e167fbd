package conf

import (
	"regexp"
	"testing"
)

// What docs/rules.md shows is right.
func TestRulesPage(t *testing.T) {
	const around = `
[[listen]]
address = "tcp://:2003"
[[cluster]]
name = "graphite"
endpoints = ["10.0.0.1:2003"]
`
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(read(t, "../docs/rules.md"), -1)
	if len(blocks) < 3 {
		t.Errorf("only %d examples", len(blocks))
	}
	for _, b := range blocks {
		if _, faults := Parse("rules.md", []byte(around+b[1]), nowhere); faults != nil {
			t.Errorf("%v\n%s", faults, b[1])
		}
	}
}
