# An endpoint of which a key changes is another one, which takes over what waits for it while it is down.
-- conf --
[[cluster]]
name = "c"
endpoints = ["sink:a"]
reconnect = ["100ms", "100ms"]
confirm = "written"
[[rule]]
match = "**"
send = ["c"]
-- 12:00:00 down a --
-- 12:00:00 send --
one 1 now
two 2 now
-- 12:00:05 reload --
[[cluster]]
name = "c"
endpoints = ["sink:a"]
reconnect = ["200ms", "200ms"]
confirm = "written"
[[rule]]
match = "**"
send = ["c"]
-- 12:00:30 send --
three 3 now
-- 12:01:00 up a --
-- 12:01:02 expect a --
one 1 12:00:00
two 2 12:00:00
three 3 12:00:30
-- +0s ledger --
endpoints.0.delivered 3
endpoints.0.dropped.removed 0
endpoints.0.moved 2
