# Every function, over raw samples and over a counter, live and whole.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["avg", "sum", "min", "max", "count", "first", "last", "range", "stddev", "variance", "rms", "rate", "delta", "median",
  "p90", "p99", "p999", "unique", "sources", "avg_positive"]
send = ["a"]
-- 12:00:10 send --
raw 5 12:00:10
raw 3 12:00:11
raw 4 12:00:12
raw 6 12:00:13
raw 7 12:00:14
raw -5 12:00:15
raw -5 12:00:16
total 100 12:00:05 D
total 150 12:00:10 D
total 250 12:00:15 D
total 251 12:00:20 D
-- 12:00:40 expect a --
raw.avg 2.142857142857143 12:00:10
raw.avg_positive 5 12:00:10
raw.count 7 12:00:10
raw.delta -10 12:00:10
raw.first 5 12:00:10
raw.last -5 12:00:10
raw.max 7 12:00:10
raw.median 4 12:00:10
raw.min -5 12:00:10
raw.p90 7 12:00:10
raw.p99 7 12:00:10
raw.p999 7 12:00:10
raw.range 12 12:00:10
raw.rate 1.5 12:00:10
raw.rms 5.140872632984737 12:00:10
raw.sources 1 12:00:10
raw.stddev 4.672979209656035 12:00:10
raw.sum 15 12:00:10
raw.unique 6 12:00:10
raw.variance 21.83673469387755 12:00:10
total.avg 0.2 12:00:20
total.avg 15 12:00:10
total.avg_positive 0.2 12:00:20
total.avg_positive 15 12:00:10
total.count 1 12:00:20
total.count 2 12:00:10
total.delta 1 12:00:20
total.delta 150 12:00:10
total.first 0.2 12:00:20
total.first 10 12:00:10
total.last 0.2 12:00:20
total.last 20 12:00:10
total.max 0.2 12:00:20
total.max 20 12:00:10
total.median 0.2 12:00:20
total.median 10 12:00:10
total.min 0.2 12:00:20
total.min 10 12:00:10
total.p90 0.2 12:00:20
total.p90 20 12:00:10
total.p99 0.2 12:00:20
total.p99 20 12:00:10
total.p999 0.2 12:00:20
total.p999 20 12:00:10
total.range 0 12:00:20
total.range 10 12:00:10
total.rate 0.1 12:00:20
total.rate 15 12:00:10
total.rms 0.2 12:00:20
total.rms 15.811388300841896 12:00:10
total.sources 1 12:00:10
total.sources 1 12:00:20
total.stddev 0 12:00:20
total.stddev 5 12:00:10
total.sum 0.2 12:00:20
total.sum 30 12:00:10
total.unique 1 12:00:20
total.unique 2 12:00:10
total.variance 0 12:00:20
total.variance 25 12:00:10
