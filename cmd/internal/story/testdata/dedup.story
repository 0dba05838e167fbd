# Redundant senders: of the samples of one series and time one counts.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "x.**"
[rule.aggregate]
name = "sum.$1"
dedup = "last"
functions = ["sum", "count", "max"]
send = ["a"]

[[rule]]
match = "y.**"
[rule.aggregate]
dedup = "first"
functions = ["sum"]
send = ["a"]

[[rule]]
match = "z.**"
[rule.aggregate]
dedup = "max"
functions = ["sum"]
send = ["a"]
-- 12:00:10 send one --
x.a 5 12:00:10
y.a 5 12:00:10
z.a 5 12:00:10
z.a 1 12:00:11
-- +0.5s send two --
x.a 3 12:00:10
y.a 3 12:00:10
z.a 3 12:00:10
z.a 2 12:00:11
-- 12:00:22.1 expect a --
sum.a.count 1 12:00:10
sum.a.max 3 12:00:10
sum.a.sum 3 12:00:10
y.a.sum 5 12:00:10
z.a.sum 7 12:00:10
-- 12:00:30 send --
# what was emitted stands; a new sample amends
x.a 100 12:00:10
x.a 1 12:00:12
-- 12:00:40 expect a --
sum.a.count 2 12:00:10
sum.a.max 3 12:00:10
sum.a.sum 4 12:00:10
-- +0s ledger --
received 10
aggregated 10
