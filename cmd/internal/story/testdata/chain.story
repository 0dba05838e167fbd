# A correction is a sample to the rules below as well. They take it for the one that it corrects if dedup says so, as long as they wait.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "web.*.hits"
[rule.aggregate]
functions = ["sum"]
grace = "20s"

[[rule]]
match = "web.*.hits.sum"
[rule.aggregate]
name = "all"
functions = ["sum", "count"]
dedup = "last"
wait = "25s"
send = ["a"]
-- 12:00:11 send --
web.a.hits 1 12:00:11
web.b.hits 10 12:00:11
-- 12:00:35 send --
web.a.hits 2 12:00:12
-- 12:00:39 expect a --
-- 12:01:30 expect a --
all.count 2 12:00:10
all.sum 13 12:00:10
