# Names of results: placeholders, captures, and tags that follow the whole result.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "web.*.*"
[rule.aggregate]
name = "all.$2"
as = "by.$1.{name}.{fn}.{period}"
period = "60s"
functions = ["sum"]
send = ["a"]

[[rule]]
match = "cpu.*"
[rule.aggregate]
functions = ["max", "last"]
as = "{fn}:{name}"
send = ["a"]

[[rule]]
match = "x.**.c"
[rule.aggregate]
name = "b.$1.y"
functions = ["sum"]
as = "{name}.{fn}.{fn}"
send = ["a"]
-- 12:01:00 send --
# nothing between the dots, and a node that looks like a placeholder
x.c 1
x.{fn}.c 2
web.ams.hits 1
web.ams.hits 2
web.fra.hits 4
cpu.load;host=b;dc=ams 7
-- 12:05:00 expect a --
by.ams.all.hits.sum.1m 3 12:01:00
by.fra.all.hits.sum.1m 4 12:01:00
last:cpu.load;dc=ams;host=b 7 12:01:00
max:cpu.load;dc=ams;host=b 7 12:01:00
b.y.sum.sum 1 12:01:00
b.{fn}.y.sum.sum 2 12:01:00
