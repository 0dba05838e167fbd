# The main job: raw samples in, averages and maxima out, wait after the end of the slice.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "web.*.hits"
[rule.aggregate]
send = ["a"]
-- 12:00:00 send --
web.1.hits 3 now
web.1.hits 5 now
web.2.hits 4 12:00:09
other.name 1 now
-- 12:00:11.9 expect a --
-- 12:00:12.1 expect a --
web.1.hits.avg 4 12:00:00
web.1.hits.max 5 12:00:00
web.2.hits.avg 4 12:00:00
web.2.hits.max 4 12:00:00
-- 12:10:00 expect a --
-- +0s ledger --
received 4
accepted 4
aggregated 3
unrouted 1
emitted 4
sent 4
endpoints.0.delivered 4
