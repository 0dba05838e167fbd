# Odd lines: mended, refused under their reason, and never in the way of their neighbours.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
send = ["a"]
-- 12:00:00 send --
good.one 1 12:00:00
..a...b. 2 12:00:00
no.value
not.a.number x 12:00:00
is.nan nan 12:00:00
too.many 1 2 3 4
from.statsd:5|N
in.ms 1 946728000000
good.two 1e3 -1
-- 12:00:00.1 expect a --
a.b 2 12:00:00
from.statsd 5 12:00:00
good.one 1 12:00:00
good.two 1000 12:00:00
-- +0s ledger --
received 9
accepted 4
invalid.bad_fields 2
invalid.bad_value 2
invalid.bad_time 1
