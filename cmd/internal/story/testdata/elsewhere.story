What goes wrong in other relays: a line is sent twice where two patterns of one rule match it; a tagged sample reaches no
aggregate, or its value is read from its tags; names are matched whatever their case; a rewrite without groups puts in
what an earlier rule captured; "=" cannot stand in an expression; results of aggregates are not rewritten; the first of
two aggregates hides the samples from the second; a value that begins with a dot loses it; tags are turned into text.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]
[[cluster]]
name = "b"
endpoints = ["sink:b"]
[[cluster]]
name = "ring"
policy = "carbon_ch"
ring = "carbon-c-relay"
replicas = 2
endpoints = ["sink:r=one", "sink:s=two"]
[[rule]]
match = ["twice.*", "*.twice", "twice.twice"]
send = "a"
[[rule]]
match = "tagged.*"
[rule.aggregate]
name = "tagged.all"
functions = ["sum"]
[[rule]]
match = "tagged.*"
[rule.aggregate]
name = "tagged.again"
functions = ["max"]
send = "b"
[[rule]]
match = "tagged.*.*"
rewrite = "results.$1.$2"
[[rule]]
regex = '^results\.(all)\.sum$'
rewrite = "sums.$1"
[[rule]]
regex = '^first\.(.*)$'
rewrite = 'second.$1'
[[rule]]
regex = '^second\.'
rewrite = 'third'
[[rule]]
regex = '^a=(\d+)$'
rewrite = 'equals.${1}'
[[rule]]
match = "Case.*"
drop = true
[[rule]]
match = "placed.**"
send = "ring"
[[rule]]
match = "**"
send = "a"
-- 12:00:00 send --
twice.twice .5 946728000
tagged.x;dc=7 3 946728000
tagged.y;dc=8 4 946728000
first.captured 1 946728000
a=17 2 946728000
case.kept 3 946728000
Case.gone 4 946728000
placed.x;dc=ams 5 946728000
-- 12:00:20 expect a --
case.kept 3 12:00:00
equals.17 2 12:00:00
sums.all 7 12:00:00
tagged.x;dc=7 3 12:00:00
tagged.y;dc=8 4 12:00:00
third 1 12:00:00
twice.twice 0.5 12:00:00
-- 12:00:20 expect b --
tagged.again.max 4 12:00:00
-- 12:00:20 expect r --
placed.x;dc=ams 5 12:00:00
-- 12:00:20 expect s --
placed.x;dc=ams 5 12:00:00
-- 12:00:20 ledger --
