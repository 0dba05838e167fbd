# With a state.dir a restart costs nothing: half-full slices, rollups, windows and baselines go on where they were.
-- conf --
[state]
dir = "/var/lib/plumbago"

[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["sum", "count", "p99"]
rollups = ["1m"]
send = ["a"]
[[rule.aggregate.output]]
window = 3
functions = ["avg"]
as = "{name}.30s"
-- 12:00:00 send --
a 1
total 100 now D
-- 12:00:05 send --
a 2
total 150 now D
-- 12:00:06 restart --
-- 12:00:07 expect a --
-- 12:00:08 send --
a 3
total 180 now D
-- 12:00:12.1 expect a --
a.30s 2 12:00:00
a.count 3 12:00:00
a.p99 3 12:00:00
a.sum 6 12:00:00
total.30s 10 12:00:00
total.count 2 12:00:00
total.p99 10 12:00:00
total.sum 20 12:00:00
-- 12:00:20 restart --
-- 12:00:25 send --
# late: the slice that was emitted before the restart is amended
a 4 12:00:09
a 5
-- 12:00:45 restart --
-- 12:01:10 expect a --
a.1m.count 5 12:00:00
a.1m.p99 5 12:00:00
a.1m.sum 15 12:00:00
a.30s 2 12:00:10
a.30s 2.5 12:00:00
a.30s 2.5 12:00:10
a.30s 3 12:00:20
a.30s 5 12:00:30
a.30s 5 12:00:40
a.count 1 12:00:20
a.count 4 12:00:00
a.p99 4 12:00:00
a.p99 5 12:00:20
a.sum 10 12:00:00
a.sum 5 12:00:20
total.1m.count 2 12:00:00
total.1m.p99 10 12:00:00
total.1m.sum 20 12:00:00
total.30s 10 12:00:10
total.30s 10 12:00:20
-- +0s ledger --
