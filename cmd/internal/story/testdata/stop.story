# A stop emits open slices as they stand, but not what only a whole slice can say.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["avg", "max", "min", "last", "sum", "count"]
send = ["a"]
-- 12:00:00 send --
a 3 now
a 5 now
-- 12:00:05 restart --
-- 12:00:05 expect a --
a.avg 4 12:00:00
a.max 5 12:00:00
a.min 3 12:00:00
a.last 5 12:00:00
-- 12:00:06 send --
a 1 now
-- 12:00:12.1 expect a --
# of the slice that the restart cut, too
a.avg 1 12:00:00
a.max 1 12:00:00
a.min 1 12:00:00
a.last 1 12:00:00
