# Statsd's samples on a listener of lines: folded before the table, and what is flushed walks it from the top.
-- conf --
[[listen]]
protocol = "line"
address = "tcp://:2003"
[listen.statsd]
period = "10s"
percentiles = [50]
[[listen.statsd.histogram]]
metric = "page"
bins = [100, inf]

[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "stats.timers.*.{sum*,mean*,std,count_*,lower}"
drop = true

[[rule]]
match = "stats_counts.**"
rewrite = "counts.$1"

[[rule]]
match = "**"
send = ["a"]
-- 12:00:01 send --
hits:2|c
hits:1|c|@0.5
load:5|g
load:-2|g
users:ann|s
users:bob|s
users:ann|s
page:90|ms:210|ms
sql:7|h|#db:one
plain 1 now
raw:3|N
-- 12:00:02 expect a --
plain 1 12:00:01
raw 3 12:00:01
-- 12:00:10.6 expect a --
counts.hits 4 12:00:10
stats.gauges.load 3 12:00:10
stats.hits 0.4 12:00:10
stats.sets.users.count 2 12:00:10
stats.timers.page.count 2 12:00:10
stats.timers.page.histogram.bin_100 1 12:00:10
stats.timers.page.histogram.bin_inf 1 12:00:10
stats.timers.page.median 150 12:00:10
stats.timers.page.upper 210 12:00:10
stats.timers.page.upper_50 90 12:00:10
stats.timers.sql.count;db=one 1 12:00:10
stats.timers.sql.median;db=one 7 12:00:10
stats.timers.sql.upper;db=one 7 12:00:10
stats.timers.sql.upper_50;db=one 7 12:00:10
-- +0s ledger --
received 12
accepted 12
aggregated 10
-- 12:00:20.6 expect a --
counts.hits 0 12:00:20
stats.gauges.load 3 12:00:20
stats.hits 0 12:00:20
stats.sets.users.count 0 12:00:20
stats.timers.page.count 0 12:00:20
stats.timers.sql.count;db=one 0 12:00:20
