# An endpoint of which nothing changes keeps what waits for it, also when others come and go beside it, or when the policy does.
# What waits for one that is removed is got out for ten seconds; the rest is counted as removed.
-- conf --
[[cluster]]
name = "c"
endpoints = ["sink:a", "sink:b"]
reconnect = ["100ms", "100ms"]
[[rule]]
match = "**"
send = ["c"]
-- 12:00:00 down a --
-- 12:00:00 down b --
-- 12:00:00 send --
one 1 now
two 2 now
-- 12:00:01 reload --
[[cluster]]
name = "c"
endpoints = ["sink:new", "sink:a"]
reconnect = ["100ms", "100ms"]
policy = "any"
[[rule]]
match = "**"
send = ["c"]
-- 12:00:02 ledger --
endpoints.0.endpoint sink:new
endpoints.1.endpoint sink:a
endpoints.2.endpoint sink:b
endpoints.2.removed true
endpoints.2.queued 2
-- 12:00:03 expect new --
one 1 12:00:00
two 2 12:00:00
-- 12:00:04 send --
three 3 now
-- 12:00:05 expect new --
three 3 12:00:04
-- 12:00:06 up a --
-- 12:00:12 expect a --
-- +0s ledger --
endpoints.2.queued 0
endpoints.2.dropped.removed 2
endpoints.1.moved 2
received 3
sent 3
