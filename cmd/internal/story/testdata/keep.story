# Series that are silent for long are forgotten, and make room for others; also where results of one rule feed another.
-- conf --
[limits]
series = 4

[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "in.*"
[rule.aggregate]
functions = ["max"]
keep = "5m"

[[rule]]
match = "in.*.max"
[rule.aggregate]
name = "all"
functions = ["sum"]
as = "{name}.{fn}"
series = 1
keep = "1m"
send = ["a"]
-- 12:00:00 send --
in.a 1
in.b 2
in.c 4
-- 12:00:30 expect a --
all.sum 7 12:00:00
-- +0s ledger --
dropped.series_limit 0
# "all" was forgotten meanwhile, and is made again by results whose ways led to it
-- 12:04:00 send --
in.a 8
-- 12:04:30 expect a --
all.sum 8 12:04:00
-- 12:08:30 send --
# in.b is forgotten, so there is room
in.c 16
-- 12:09:00 expect a --
all.sum 16 12:08:30
-- +0s ledger --
dropped.series_limit 0
-- 12:30:00 send --
in.d 32
in.e 64
in.f 128
-- 12:31:00 expect a --
all.sum 224 12:30:00
-- 12:31:00 send --
in.g 256
-- +0.1s ledger --
dropped.series_limit 1
