# What waits for an endpoint that is away lies on disk, where a stop leaves it and the next start finds it; what lies there
# for too long is dropped.
-- conf --
[state]
dir = "/var/lib/plumbago"

[[cluster]]
name = "kept"
endpoints = ["sink:a"]
spool = "1MiB"

[[cluster]]
name = "short"
endpoints = ["sink:b"]
spool = "1MiB"
spool_age = "1m"

[[rule]]
match = "**"
send = ["kept", "short"]
-- 12:00:00 down a --
-- +0s down b --
-- 12:00:01 send --
x 1 now
x 2 now
-- +0.1s ledger --
endpoints.0.queued 2
endpoints.0.spooled 0
-- 12:00:10 ledger --
endpoints.0.queued 0
endpoints.0.spooled 2
-- 12:00:20 restart --
-- +0.1s ledger --
endpoints.0.enqueued 2
endpoints.0.spooled 2
endpoints.1.spooled 2
-- 12:00:50 send --
x 3 now
-- 12:01:20 up a --
-- +0s up b --
-- 12:02:00 expect a --
x 1 12:00:01
x 2 12:00:01
x 3 12:00:50
-- +0s expect b --
x 3 12:00:50
-- +0s ledger --
endpoints.0.delivered 3
endpoints.0.spooled 0
endpoints.1.delivered 1
endpoints.1.dropped.expired 2
