# A rule that is changed or gone finishes its open slices as it was: of one that is not over only what a part of a slice can say. The
# rule that takes its place begins with a part of a slice, too. Names that are known go by the new table.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]
[[rule]]
match = "web.*.hits"
stop = true
[rule.aggregate]
name = "web.all.hits"
functions = ["sum", "max"]
wait = "3s"
[[rule]]
match = "gone.*"
stop = true
[rule.aggregate]
functions = ["max"]
period = "1m"
send = ["a"]
[[rule]]
match = "web.**"
send = ["a"]
-- 12:00:00 send --
web.1.hits 1 now
-- 12:00:11 send --
web.1.hits 2 now
gone.one 3 now
-- 12:00:12 reload --
[[cluster]]
name = "a"
endpoints = ["sink:a"]
[[rule]]
match = "web.*.hits"
stop = true
[rule.aggregate]
name = "web.all.hits"
functions = ["sum", "max"]
period = "20s"
[[rule]]
match = "web.**"
send = ["a"]
-- +1s expect a --
web.all.hits.sum 1 12:00:00
web.all.hits.max 1 12:00:00
web.all.hits.max 2 12:00:10
gone.one.max 3 12:00:00
-- 12:00:14 send --
web.1.hits 4 now
gone.one 4 now
-- 12:00:22.1 expect a --
web.all.hits.max 4 12:00:00
-- 12:00:23 send --
web.1.hits 5 now
web.2.hits 6 now
-- 12:00:42.1 expect a --
web.all.hits.sum 11 12:00:20
web.all.hits.max 6 12:00:20
-- +0s ledger --
received 7
unrouted 1
aggregated 6
emitted 7
sent 7
-- +1s reload --
[[cluster]]
name = "c"
endpoints = ["sink:c"]
[[rule]]
match = "web.*.hits"
send = ["c"]
-- +1s send --
web.1.hits 7 now
-- +1s expect c --
web.1.hits 7 12:00:44
-- +0s ledger --
received 8
endpoints.0.cluster c
endpoints.1.cluster a
endpoints.1.removed true
endpoints.1.delivered 7
-- +1s reload --
[[cluster]]
name = "a"
endpoints = ["sink:a"]
[[rule]]
match = "**"
send = ["a"]
-- +1s send --
web.1.hits 8 now
-- +1s expect a --
web.1.hits 8 12:00:47
-- +0s ledger --
endpoints.0.cluster a
endpoints.0.delivered 8
endpoints.1.cluster c
endpoints.1.removed true
