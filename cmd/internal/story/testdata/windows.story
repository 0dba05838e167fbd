# Windows slide over the slices of a tier, also before they are full, and go on in silence while they hold something.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[cluster]]
name = "b"
endpoints = ["sink:b"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["sum"]
rollups = ["1m"]
send = ["a"]
[[rule.aggregate.output]]
window = 3
functions = ["avg", "min", "max", "count", "rate", "stddev"]
as = "{name}.{fn}.30s"
send = ["b"]
[[rule.aggregate.output]]
period = "1m"
window = "2 minutes"
as = "{name}.{fn}.2m"
send = ["b"]
-- 12:00:00 send --
a 3
-- 12:00:10 send --
a 6
-- 12:00:22.1 expect a --
a.sum 3 12:00:00
a.sum 6 12:00:10
-- +0s expect b --
a.avg.30s 3 12:00:00
a.avg.30s 4.5 12:00:10
a.count.30s 1 12:00:00
a.count.30s 2 12:00:10
a.max.30s 3 12:00:00
a.max.30s 6 12:00:10
a.min.30s 3 12:00:00
a.min.30s 3 12:00:10
a.rate.30s 0.1 12:00:00
a.rate.30s 0.3 12:00:10
a.stddev.30s 0 12:00:00
a.stddev.30s 1.5 12:00:10
-- 12:00:32.1 expect b --
a.avg.30s 4.5 12:00:20
a.count.30s 2 12:00:20
a.max.30s 6 12:00:20
a.min.30s 3 12:00:20
a.rate.30s 0.3 12:00:20
a.stddev.30s 1.5 12:00:20
-- 12:00:42.1 expect b --
a.avg.30s 6 12:00:30
a.count.30s 1 12:00:30
a.max.30s 6 12:00:30
a.min.30s 6 12:00:30
a.rate.30s 0.2 12:00:30
a.stddev.30s 0 12:00:30
-- 12:00:52.1 expect b --
-- 12:01:02.1 expect b --
a.sum.2m 9 12:00:00
-- +0s expect a --
a.1m.sum 9 12:00:00
-- 12:01:10 send --
# a correction: the windows that hold it are emitted again
a 9 12:00:11
-- 12:01:12.1 expect b --
a.avg.30s 6 12:00:10
a.avg.30s 6 12:00:20
a.avg.30s 7.5 12:00:30
a.count.30s 2 12:00:30
a.count.30s 3 12:00:10
a.count.30s 3 12:00:20
a.max.30s 9 12:00:10
a.max.30s 9 12:00:20
a.max.30s 9 12:00:30
a.min.30s 3 12:00:10
a.min.30s 3 12:00:20
a.min.30s 6 12:00:30
a.rate.30s 0.5 12:00:30
a.rate.30s 0.6 12:00:10
a.rate.30s 0.6 12:00:20
a.stddev.30s 1.5 12:00:30
a.stddev.30s 2.449489742783178 12:00:10
a.stddev.30s 2.449489742783178 12:00:20
a.sum.2m 18 12:00:00
-- 12:02:10 expect b --
a.sum.2m 18 12:01:00
-- 12:04:10 expect b --
-- +0s expect a --
a.1m.sum 18 12:00:00
a.sum 15 12:00:10
