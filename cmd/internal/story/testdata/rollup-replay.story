# An hour-old recording gives each slice of each tier once; the order of its lines does not matter.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["sum", "last"]
rollups = ["30s", "1m", "90s"]
as_rollup = "{fn}.{period}.{name}"
send = ["a"]
-- 13:00:00 send --
a 8 12:01:10
a 1 12:00:00
a 4 12:00:50
a 2 12:00:10
-- 13:00:02.2 expect a --
a.last 1 12:00:00
a.last 2 12:00:10
a.last 4 12:00:50
a.last 8 12:01:10
a.sum 1 12:00:00
a.sum 2 12:00:10
a.sum 4 12:00:50
a.sum 8 12:01:10
last.1m.a 4 12:00:00
last.1m.a 8 12:01:00
last.30s.a 2 12:00:00
last.30s.a 4 12:00:30
last.30s.a 8 12:01:00
last.90s.a 8 12:00:00
sum.1m.a 7 12:00:00
sum.1m.a 8 12:01:00
sum.30s.a 3 12:00:00
sum.30s.a 4 12:00:30
sum.30s.a 8 12:01:00
sum.90s.a 15 12:00:00
-- 13:30:00 expect a --
