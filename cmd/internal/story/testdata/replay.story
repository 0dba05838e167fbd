# An hour-old recording sent at once gives each slice once, with the values of a live run.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[cluster]]
name = "p"
protocol = "pickle"
endpoints = ["sink:p"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["avg", "max", "sum", "last"]
send = ["a", "p"]
-- 13:00:00 send --
a.b 1 12:00:00
a.b 3 12:00:05
a.b 10 12:00:10
a.b 20.5 12:00:19
a.b 7 12:00:35
-- 13:00:02.2 expect a --
a.b.avg 2 12:00:00
a.b.max 3 12:00:00
a.b.sum 4 12:00:00
a.b.last 3 12:00:00
a.b.avg 15.25 12:00:10
a.b.max 20.5 12:00:10
a.b.sum 30.5 12:00:10
a.b.last 20.5 12:00:10
a.b.avg 7 12:00:30
a.b.max 7 12:00:30
a.b.sum 7 12:00:30
a.b.last 7 12:00:30
-- +0s expect p --
a.b.avg 2 12:00:00
a.b.max 3 12:00:00
a.b.sum 4 12:00:00
a.b.last 3 12:00:00
a.b.avg 15.25 12:00:10
a.b.max 20.5 12:00:10
a.b.sum 30.5 12:00:10
a.b.last 20.5 12:00:10
a.b.avg 7 12:00:30
a.b.max 7 12:00:30
a.b.sum 7 12:00:30
a.b.last 7 12:00:30
-- 13:30:00 expect a --
