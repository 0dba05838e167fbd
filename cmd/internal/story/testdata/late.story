# A late sample amends its slice, whole; one beyond grace is late and nothing else.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["sum"]
wait = "1 second"
grace = "30s"
send = ["a"]
-- 12:00:11 send --
a 1 12:00:11
-- 12:00:21.1 expect a --
a.sum 1 12:00:10
-- 12:00:40 send --
a 2 12:00:12
-- 12:00:40.5 send --
a 4 12:00:13
-- 12:00:41.1 expect a --
a.sum 7 12:00:10
-- 12:00:52 send --
a 8 12:00:14
-- 12:05:00 expect a --
-- +0s ledger --
aggregated 3
dropped.late 1
emitted 2
