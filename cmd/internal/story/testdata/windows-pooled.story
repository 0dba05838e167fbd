# Windows over a group pool every point of every series in it, as the aggregate functions of a switch's analytics engine do:
# AverageOverTime("...", "5 minutes") and its kin.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "sw1.if.*.rx"
[rule.aggregate]
name = "sw1.if.all.rx"
period = "1 minute"
functions = ["count", "sum", "min", "max", "avg"]
as = "{fn}.1m"
send = ["a"]
[[rule.aggregate.output]]
window = "5 minutes"
as = "{fn}.5m"
[[rule.aggregate.output]]
window = "2 minutes"
as = "{fn}.2m"
-- 13:00:00 send --
sw1.if.1.rx 100 12:00:00
sw1.if.2.rx 50 12:00:00
sw1.if.1.rx 160 12:01:00
sw1.if.2.rx 50 12:01:00
sw1.if.1.rx 400 12:02:00
sw1.if.2.rx 20 12:02:00
sw1.if.1.rx 400 12:03:00
sw1.if.2.rx 80 12:03:00
sw1.if.3.rx 7 12:03:00
sw1.if.1.rx 1000 12:04:00
sw1.if.2.rx 90 12:04:00
sw1.if.1.rx 1300 12:05:00
sw1.if.2.rx 95 12:05:00
sw1.if.3.rx 10 12:05:00
sw1.if.4.tx 5 12:05:00
-- 13:00:02.5 expect a --
avg.1m 105 12:01:00
avg.1m 162.33333333333334 12:03:00
avg.1m 210 12:02:00
avg.1m 468.3333333333333 12:05:00
avg.1m 545 12:04:00
avg.1m 75 12:00:00
avg.2m 157.5 12:02:00
avg.2m 181.4 12:03:00
avg.2m 315.4 12:04:00
avg.2m 499 12:05:00
avg.2m 75 12:00:00
avg.2m 90 12:01:00
avg.5m 130 12:02:00
avg.5m 140.77777777777777 12:03:00
avg.5m 214.27272727272728 12:04:00
avg.5m 301 12:05:00
avg.5m 75 12:00:00
avg.5m 90 12:01:00
count.1m 2 12:00:00
count.1m 2 12:01:00
count.1m 2 12:02:00
count.1m 2 12:04:00
count.1m 3 12:03:00
count.1m 3 12:05:00
count.2m 2 12:00:00
count.2m 4 12:01:00
count.2m 4 12:02:00
count.2m 5 12:03:00
count.2m 5 12:04:00
count.2m 5 12:05:00
count.5m 11 12:04:00
count.5m 12 12:05:00
count.5m 2 12:00:00
count.5m 4 12:01:00
count.5m 6 12:02:00
count.5m 9 12:03:00
max.1m 100 12:00:00
max.1m 1000 12:04:00
max.1m 1300 12:05:00
max.1m 160 12:01:00
max.1m 400 12:02:00
max.1m 400 12:03:00
max.2m 100 12:00:00
max.2m 1000 12:04:00
max.2m 1300 12:05:00
max.2m 160 12:01:00
max.2m 400 12:02:00
max.2m 400 12:03:00
max.5m 100 12:00:00
max.5m 1000 12:04:00
max.5m 1300 12:05:00
max.5m 160 12:01:00
max.5m 400 12:02:00
max.5m 400 12:03:00
min.1m 10 12:05:00
min.1m 20 12:02:00
min.1m 50 12:00:00
min.1m 50 12:01:00
min.1m 7 12:03:00
min.1m 90 12:04:00
min.2m 10 12:05:00
min.2m 20 12:02:00
min.2m 50 12:00:00
min.2m 50 12:01:00
min.2m 7 12:03:00
min.2m 7 12:04:00
min.5m 20 12:02:00
min.5m 50 12:00:00
min.5m 50 12:01:00
min.5m 7 12:03:00
min.5m 7 12:04:00
min.5m 7 12:05:00
sum.1m 1090 12:04:00
sum.1m 1405 12:05:00
sum.1m 150 12:00:00
sum.1m 210 12:01:00
sum.1m 420 12:02:00
sum.1m 487 12:03:00
sum.2m 150 12:00:00
sum.2m 1577 12:04:00
sum.2m 2495 12:05:00
sum.2m 360 12:01:00
sum.2m 630 12:02:00
sum.2m 907 12:03:00
sum.5m 1267 12:03:00
sum.5m 150 12:00:00
sum.5m 2357 12:04:00
sum.5m 360 12:01:00
sum.5m 3612 12:05:00
sum.5m 780 12:02:00
