# Captures make groups; a sum over all servers, and each by itself further down.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "web.*.hits"
[rule.aggregate]
name = "web.all.hits"
functions = ["sum", "max", "count"]
send = ["a"]

[[rule]]
match = "web.{fra,ams}*.hits"
[rule.aggregate]
name = "site.$1.hits"
functions = ["sum"]
send = ["a"]
-- 12:00:10 send --
web.fra1.hits 3
web.fra2.hits 4
web.ams1.hits 10
-- 12:00:22.1 expect a --
web.all.hits.sum 17 12:00:10
web.all.hits.max 10 12:00:10
web.all.hits.count 3 12:00:10
site.fra.hits.sum 7 12:00:10
site.ams.hits.sum 10 12:00:10
-- +0s ledger --
aggregated 3
emitted 5
