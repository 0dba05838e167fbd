# The arithmetic of the JumpScale StatAggregator: everything rounds as it comes.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]

[[rule]]
match = "n.**"
[rule.aggregate]
type = "raw"
period = "1m"
compat = "jumpscale"
send = ["a"]

[[rule]]
match = "d.**"
[rule.aggregate]
type = "diff"
period = "1m"
compat = "jumpscale"
send = ["a"]

[[rule]]
match = "pct.d.**"
[rule.aggregate]
type = "diff"
period = "1m"
compat = "jumpscale"
percent = true
send = ["a"]

[[rule]]
match = "pct.n.**"
[rule.aggregate]
period = "1m"
compat = "jumpscale"
percent = true
send = ["a"]
-- 13:00:00 send --
n.up 1 12:00:00
n.up 2 12:00:10
n.negative -5 12:00:00
n.negative -7 12:00:10
n.zero 0 12:00:00
n.zero 3 12:00:10
n.same 10.4 12:00:00
n.same 12.6 12:00:00
d.fall 100 12:00:00
d.fall 200 12:00:10
d.fall 230 12:00:20
d.fall 230 12:00:30
d.fall 130 12:00:40
d.fall 1130 12:00:50
d.half 100 12:00:00
d.half 105 12:00:10
d.half 115 12:00:20
d.half 140 12:00:30
pct.d.a 0 12:00:00
pct.d.a 1 12:00:03
pct.d.a 3 12:00:06
pct.n.a 1.5 12:00:00
pct.n.a 2.25 12:00:10
-- 13:00:03 expect a --
d.fall.avg 38 12:00:00
d.fall.max 100 12:00:00
d.half.avg 2 12:00:00
d.half.max 3 12:00:00
n.negative.avg -6 12:00:00
n.negative.max 0 12:00:00
n.same.avg 13 12:00:00
n.same.max 13 12:00:00
n.up.avg 2 12:00:00
n.up.max 2 12:00:00
n.zero.avg 2 12:00:00
n.zero.max 3 12:00:00
pct.d.a.avg 0.5 12:00:00
pct.d.a.max 0.67 12:00:00
pct.n.a.avg 1.88 12:00:00
pct.n.a.max 2.25 12:00:00
