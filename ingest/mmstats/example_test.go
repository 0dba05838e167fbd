package mmstats_test

import (
	"fmt"
	"os"

	"plumbago/ingest/mmstats"
)

// An application publishes what it counts, and whoever wants to reads it.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	f, err := mmstats.Create(mmstats.Options{Path: dir, Prefix: "web.stats.", Bare: true})
	if err != nil {
		panic(err)
	}
	defer f.Remove()
	hits := mmstats.NewCounter(f, "hits")
	last := mmstats.NewGauge[float64](f, "last_hit")
	size := mmstats.NewDistribution(f, "size", 1000, 0.5, 0.99)
	hits.Inc()
	last.Set(1416725000.125)
	size.Add(512)

	fields, err := mmstats.ReadFile(f.Path())
	if err != nil {
		panic(err)
	}
	for _, field := range fields {
		fmt.Println(field.Label, field.Value)
	}
	// Output:
	// web.stats.hits 1
	// web.stats.last_hit 1.416725000125e+09
	// web.stats.size.avg 512
	// web.stats.size.min 512
	// web.stats.size.max 512
	// web.stats.size.p50 512
	// web.stats.size.p99 512
}
