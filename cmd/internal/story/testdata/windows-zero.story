# Windows as a mean of their slices' figures, and a count of 0 where there is nothing.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["count"]
window_minmax = "mean"
window_stddev = "mean"
empty = "zero"
send = ["a"]
[[rule.aggregate.output]]
window = 2
functions = ["min", "max", "stddev", "count"]
as = "w.{fn}"
-- 12:00:00 send --
a 1 12:00:00
a 3 12:00:01
a 10 12:00:10
a 20 12:00:11
-- 12:00:22.1 expect a --
a.count 2 12:00:00
a.count 2 12:00:10
w.count 2 12:00:00
w.count 4 12:00:10
w.max 11.5 12:00:10
w.max 3 12:00:00
w.min 1 12:00:00
w.min 5.5 12:00:10
w.stddev 1 12:00:00
w.stddev 3 12:00:10
-- 12:00:32.1 expect a --
w.count 2 12:00:20
w.max 20 12:00:20
w.min 10 12:00:20
w.stddev 5 12:00:20
-- 12:00:52.1 expect a --
w.count 0 12:00:30
w.count 0 12:00:40
