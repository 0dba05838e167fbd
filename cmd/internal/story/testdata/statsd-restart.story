# A restart in mid-interval: what came before it counts with what comes after it, and gauges go on from what they were.
-- conf --
[state]
dir = "state"

[[listen]]
protocol = "line"
address = "tcp://:2003"
[listen.statsd]
legacy = false
prefix = ""
percentiles = []

[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**.{sum*,mean*,std,count_*,lower,upper}"
drop = true

[[rule]]
match = "**"
send = ["a"]
-- 12:00:03 send --
hits:2|c
load:5|g
users:ann|s
users:bob|s
page:90|ms
-- 12:00:06 restart --
-- 12:00:07 send --
hits:1|c
load:+1|g
users:ann|s
users:cid|s
page:210|ms
-- 12:00:10.6 expect a --
counters.hits.count 3 12:00:10
counters.hits.rate 0.3 12:00:10
gauges.load 6 12:00:10
sets.users.count 3 12:00:10
timers.page.count 2 12:00:10
timers.page.median 150 12:00:10
