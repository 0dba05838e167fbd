# Results that are only kept are sent nowhere, and not counted as emitted.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
memonly = true
send = ["a"]
-- 12:00:00 send --
a 1
-- 12:01:00 expect a --
-- +0s ledger --
aggregated 1
emitted 0
