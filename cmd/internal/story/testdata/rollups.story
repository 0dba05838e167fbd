# A tree of tiers: each is fed from the longest below that divides it, leaves when its end has passed and nothing below it is
# open, and says of its samples what they add up to: no average of averages.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["avg", "max", "count", "stddev", "p99"]
rollups = ["1m", "5m"]
send = ["a"]
-- 12:00:00 send --
a 1 12:00:00
a 2 12:00:01
a 3 12:00:02
-- 12:00:30 send --
a 10 12:00:30
-- 12:00:59 expect a --
a.avg 10 12:00:30
a.avg 2 12:00:00
a.count 1 12:00:30
a.count 3 12:00:00
a.max 10 12:00:30
a.max 3 12:00:00
a.p99 10 12:00:30
a.p99 3 12:00:00
a.stddev 0 12:00:30
a.stddev 0.816496580927726 12:00:00
-- 12:01:01.9 expect a --
-- 12:01:02.1 expect a --
a.1m.avg 4 12:00:00
a.1m.count 4 12:00:00
a.1m.max 10 12:00:00
a.1m.p99 10 12:00:00
a.1m.stddev 3.5355339059327378 12:00:00
-- 12:01:10 send --
# late, within grace: its slice leaves again, and every rollup that has left with it
a 4 12:00:31
-- 12:01:13 expect a --
a.1m.avg 4 12:00:00
a.1m.count 5 12:00:00
a.1m.max 10 12:00:00
a.1m.p99 10 12:00:00
a.1m.stddev 3.1622776601683795 12:00:00
a.avg 7 12:00:30
a.count 2 12:00:30
a.max 10 12:00:30
a.p99 10 12:00:30
a.stddev 3 12:00:30
-- 12:03:00 send --
a 5
-- 12:03:13 expect a --
a.avg 5 12:03:00
a.count 1 12:03:00
a.max 5 12:03:00
a.p99 5 12:03:00
a.stddev 0 12:03:00
-- 12:04:10 expect a --
a.1m.avg 5 12:03:00
a.1m.count 1 12:03:00
a.1m.max 5 12:03:00
a.1m.p99 5 12:03:00
a.1m.stddev 0 12:03:00
-- 12:05:02.1 expect a --
a.5m.avg 4.166666666666667 12:00:00
a.5m.count 6 12:00:00
a.5m.max 10 12:00:00
a.5m.p99 10 12:00:00
a.5m.stddev 2.9107081994288304 12:00:00
-- 12:05:30 send --
# this slice is long over, but its minute never was: the five minutes are amended
a 100 12:04:30
-- 12:05:40 expect a --
a.1m.avg 100 12:04:00
a.1m.count 1 12:04:00
a.1m.max 100 12:04:00
a.1m.p99 100 12:04:00
a.1m.stddev 0 12:04:00
a.5m.avg 17.857142857142858 12:00:00
a.5m.count 7 12:00:00
a.5m.max 100 12:00:00
a.5m.p99 100 12:00:00
a.5m.stddev 33.64278131626274 12:00:00
a.avg 100 12:04:30
a.count 1 12:04:30
a.max 100 12:04:30
a.p99 100 12:04:30
a.stddev 0 12:04:30
-- 12:30:00 expect a --
-- +0s ledger --
