Everything goes to the first member that can be reached; what waits for one that is gone moves on within a second.
-- conf --
[[cluster]]
name = "c"
policy = "failover"
endpoints = ["sink:a", "sink:b"]
[[rule]]
match = "**"
send = "c"
-- 12:00:00 send --
one 1 946728000
-- 12:00:01 expect a --
one 1 12:00:00
-- 12:00:01 down a --
-- 12:00:01 send --
two 2 946728000
-- 12:00:02 expect b --
two 2 12:00:00
-- 12:00:02 send --
three 3 946728000
-- 12:00:03 expect b --
three 3 12:00:00
-- 12:00:03 down b --
-- 12:00:04 send --
four 4 946728000
-- 12:00:05 up b --
-- 12:00:45 expect b --
four 4 12:00:00
-- 12:00:45 up a --
-- 12:01:30 send --
five 5 946728000
-- 12:01:31 expect a --
five 5 12:00:00
-- 12:01:31 expect b --
-- 12:01:31 ledger --
