# Groups by tags: those that stay are named by `by`, those that go by `without`.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "cpu.*"
[rule.aggregate]
name = "cpu.all"
by = ["dc"]
functions = ["sum", "sources"]
send = ["a"]

[[rule]]
match = "cpu.*"
[rule.aggregate]
without = ["host"]
functions = ["max"]
send = ["a"]
-- 12:00:10 send --
cpu.user;dc=ams;host=a 1
cpu.user;dc=ams;host=b 2
cpu.idle;dc=ams;host=b 4
cpu.idle;dc=fra;host=c;rack=7 8
cpu.user;host=d 16
-- 12:00:22.1 expect a --
cpu.all.sources 1 12:00:10
cpu.all.sources;dc=ams 3 12:00:10
cpu.all.sources;dc=fra 1 12:00:10
cpu.all.sum 16 12:00:10
cpu.all.sum;dc=ams 7 12:00:10
cpu.all.sum;dc=fra 8 12:00:10
cpu.idle.max;dc=ams 4 12:00:10
cpu.idle.max;dc=fra;rack=7 8 12:00:10
cpu.user.max 16 12:00:10
cpu.user.max;dc=ams 2 12:00:10
