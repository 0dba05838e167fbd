# Counters: per-second rates, one baseline an input, and every odd case.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "**"
[rule.aggregate]
functions = ["avg", "max", "count"]
send = ["a"]
-- 13:00:00 send one --
# the first sample gives nothing; 20 a second, then 10 a second
eth0.rx 1000 12:00:00 D
eth0.rx 1100 12:00:05 D
eth0.rx 1150 12:00:10 D
# the same time replaces the baseline; an older sample is ignored
eth0.rx 1200 12:00:10 D
eth0.rx 9999 12:00:07 D
eth0.rx 1260 12:00:16 D
# a reset counts from 0
eth0.rx 40 12:00:20 D
-- +0s send two --
# another client, another series, in the middle of the first
eth1.rx 5 12:00:00 D
eth1.rx 25 12:00:04 D
# over max_gap: afresh
eth1.rx 30 14:00:04.001 D
eth1.rx 34 14:00:06.001 D
-- 13:00:02.2 expect a --
eth0.rx.avg 20 12:00:00
eth0.rx.max 20 12:00:00
eth0.rx.count 1 12:00:00
eth0.rx.avg 10 12:00:10
eth0.rx.max 10 12:00:10
eth0.rx.count 2 12:00:10
eth0.rx.avg 10 12:00:20
eth0.rx.max 10 12:00:20
eth0.rx.count 1 12:00:20
eth1.rx.avg 5 12:00:00
eth1.rx.max 5 12:00:00
eth1.rx.count 1 12:00:00
-- 14:00:12.1 expect a --
eth1.rx.avg 2 14:00:00
eth1.rx.max 2 14:00:00
eth1.rx.count 1 14:00:00
-- +0s ledger --
received 11
aggregated 11
