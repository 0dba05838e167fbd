# A reload keeps the series of a rule whose definition stays what it was, wherever it stands, and changes in place what needs no
# other state: where results go, what they are called, how long a slice is waited for.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]
[[cluster]]
name = "b"
endpoints = ["sink:b"]
[[rule]]
match = "web.*.hits"
stop = true
[rule.aggregate]
name = "web.all.hits"
functions = ["sum", "count", "p50"]
rollups = ["1m"]
send = ["a"]
[[rule.aggregate.output]]
window = 3
functions = ["sum"]
as = "{name}.window"
[[rule]]
match = "**"
send = ["a"]
-- 12:00:00 send --
web.1.hits 1 now
web.2.hits 2 now
other.one 1 now
-- 12:00:05 reload --
[[cluster]]
name = "b"
endpoints = ["sink:b"]
[[cluster]]
name = "a"
endpoints = ["sink:a"]
[[rule]]
match = "none.**"
drop = true
[[rule]]
match = "other.*"
send = ["b"]
[[rule]]
match = "web.*.hits"
stop = true
[rule.aggregate]
name = "web.all.hits"
functions = ["sum", "count", "p50"]
rollups = ["1m"]
send = ["b"]
as = "{name}-{fn}"
wait = "4s"
[[rule.aggregate.output]]
window = 3
functions = ["sum"]
as = "{name}.window"
[[rule]]
match = "**"
send = ["a"]
-- 12:00:06 send --
web.1.hits 4 now
other.one 2 now
other 3 now
-- 12:00:07 expect a --
other 3 12:00:06
other.one 1 12:00:00
-- 12:00:13.9 expect b --
other.one 2 12:00:06
-- 12:00:14.1 expect b --
web.all.hits-sum 7 12:00:00
web.all.hits-count 3 12:00:00
web.all.hits-p50 2 12:00:00
web.all.hits.window 7 12:00:00
-- 12:00:15 send --
web.1.hits 1 now
-- 12:00:24.1 expect b --
web.all.hits-sum 1 12:00:10
web.all.hits-count 1 12:00:10
web.all.hits-p50 1 12:00:10
web.all.hits.window 8 12:00:10
-- 12:00:34.1 expect b --
web.all.hits.window 8 12:00:20
-- 12:01:04.2 expect b --
web.all.hits.1m.sum 8 12:00:00
web.all.hits.1m.count 4 12:00:00
web.all.hits.1m.p50 1 12:00:00
web.all.hits.window 1 12:00:30
-- +0s ledger --
received 7
aggregated 4
-- 12:10:00 send --
web.1.hits 5 now
-- 12:10:01 reload --
[[cluster]]
name = "a"
endpoints = ["sink:a"]
-- 12:10:02 ledger --
endpoints.1.removed true
endpoints.1.cluster b
