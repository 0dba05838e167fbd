# The table is walked top to bottom: drop ends it, send stops it unless told otherwise, aggregates go on; results without
# a target of their own walk on from the next rule.
-- conf --
[[cluster]]
name = "raw"
endpoints = ["sink:raw"]

[[cluster]]
name = "copy"
endpoints = ["sink:copy", "sink:mirror"]

[[rule]]
match = ["*.secret", "debug.**"]
drop = true

[[rule]]
match = "cpu.**"
[rule.aggregate]
functions = ["max"]

[[rule]]
match = "cpu.**.max"
[rule.aggregate]
name = "cpu.all"
period = "60s"
functions = ["avg", "count"]
send = ["copy"]

[[rule]]
match = "cpu.**"
send = ["copy"]
stop = false

[[rule]]
match = "**"
send = ["raw"]
-- 12:00:00 send --
my.secret 1
debug.a.b 2
cpu.a 10
cpu.b 20
disk.used;host=b;dc=ams 5 12:00:00
-- 12:00:00.1 expect raw --
cpu.a 10 12:00:00
cpu.b 20 12:00:00
disk.used;dc=ams;host=b 5 12:00:00
-- +0s expect copy --
cpu.a 10 12:00:00
cpu.b 20 12:00:00
-- +0s expect mirror --
cpu.a 10 12:00:00
cpu.b 20 12:00:00
-- 12:00:12.1 expect copy --
cpu.a.max 10 12:00:00
cpu.b.max 20 12:00:00
-- 12:01:03 expect copy --
cpu.all.avg 15 12:00:00
cpu.all.count 2 12:00:00
-- +0s ledger --
received 5
dropped.rule 2
# cpu.a and cpu.b, and their two results, were aggregated and sent
aggregated 4
both 4
emitted 4
sent 7
unrouted 0
