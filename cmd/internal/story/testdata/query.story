# What is emitted is kept, and can be asked for: corrections in the place of what they correct, results that are never sent,
# series that are gone.
-- conf --
[history]
keep = "10m"

[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "web.*.hits"
[rule.aggregate]
functions = ["sum", "max"]
send = ["a"]

[[rule]]
match = "cpu.*"
[rule.aggregate]
memonly = true
-- 12:00:00 query --
count_over_time("**", "10 minutes")
** 0
-- 12:00:10 send --
web.1.hits 3 now
web.2.hits 4 now
web.1.hits 8 12:00:20
cpu.1 50 now
cpu.2 100 now
-- 12:00:40 query --
sum_over_time("web.*.hits", "1 minute")
web.*.hits 15
-- +0s query --
max_over_time("web.*.hits", "1 minute")
web.*.hits 8
-- +0s query --
avg("cpu.*")
cpu.* 75
-- +0s query --
avg_over_time("cpu.*.avg", "1 minute", "series")
cpu.1.avg 50
cpu.2.avg 100
-- +0s query --
rate("web.?.hits.sum", "1 minute")
web.1.hits.sum 0.5
-- +0s expect a --
web.1.hits.max 3 12:00:10
web.1.hits.max 8 12:00:20
web.1.hits.sum 3 12:00:10
web.1.hits.sum 8 12:00:20
web.2.hits.max 4 12:00:10
web.2.hits.sum 4 12:00:10
# A late sample corrects the slice, and what is kept of it.
-- 12:00:41 send --
web.1.hits 5 12:00:12
-- 12:00:44 query --
sum_over_time("web.*.hits", "1 minute", "series")
web.1.hits 16
web.2.hits 4
-- +0s expect a --
web.1.hits.max 5 12:00:10
web.1.hits.sum 8 12:00:10
# After five minutes without a point a series is not there any more; its points still are.
-- 12:06:00 query --
count("web.*.hits")
web.*.hits 0
-- +0s query --
count_over_time("web.*.hits", "6 minutes")
web.*.hits 3
# How far back a series goes is counted from its newest point.
-- 12:11:00 send --
web.1.hits 1 now
-- 12:11:15 query --
sum_over_time("web.*.hits", "1 hour", "series")
web.1.hits 1
web.2.hits 4
-- +0s expect a --
web.1.hits.max 1 12:11:00
web.1.hits.sum 1 12:11:00
