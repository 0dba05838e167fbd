# An endpoint that is away costs nothing but time: its queue waits, its neighbour goes on.
-- conf --
[[cluster]]
name = "all"
endpoints = ["sink:a", "sink:b"]

[[rule]]
match = "**"
send = ["all"]
-- 12:00:00 down a --
-- 12:00:01 send --
x 1 now
-- 12:00:02 send --
x 2 now
-- +0.1s expect b --
x 1 12:00:01
x 2 12:00:02
-- +0s expect a --
-- +0s ledger --
endpoints.0.queued 2
endpoints.1.delivered 2
-- 12:01:00 up a --
-- 12:01:40 expect a --
x 1 12:00:01
x 2 12:00:02
-- +0s ledger --
endpoints.0.delivered 2
endpoints.0.queued 0
