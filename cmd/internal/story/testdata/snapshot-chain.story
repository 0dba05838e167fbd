# A restart at the very moment when the results of one rule are on their way into another loses none of them.
-- conf --
[state]
dir = "/var/lib/plumbago"

[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "in.*"
[rule.aggregate]
functions = ["max"]

[[rule]]
match = "in.*.max"
[rule.aggregate]
name = "all"
period = "1m"
functions = ["sum", "count"]
send = ["a"]
-- 12:00:00 send --
in.a 1
in.b 2
in.c 4
in.d 8
-- 12:00:12 restart --
-- 12:00:30 send --
in.a 16
-- 12:01:10 expect a --
all.count 5 12:00:00
all.sum 31 12:00:00
