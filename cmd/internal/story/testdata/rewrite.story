A rewritten sample goes on with its new name and the text of its value and time, and keeps its tags unless the template
says otherwise. A cluster gets each form of a name once.
-- conf --
[[cluster]]
name = "a"
endpoints = ["sink:a"]
[[cluster]]
name = "old"
endpoints = ["sink:old"]
[[rule]]
match = "both.**"
send  = "old"
stop  = false
[[rule]]
regex   = '^(?:both\.)?servers\.(?P<host>[^.]+)\.cpu(\d+)\.(.*)$'
rewrite = 'cpu.${host}.$2.$3'
[[rule]]
match = "loud.*"
map   = "lower"
[[rule]]
match   = "flat.*"
rewrite = 'flat.${tag:dc}.$1;*='
[[rule]]
match   = "tagged.*"
rewrite = '$0;env=prod;host='
[[rule]]
match   = "gone.*"
rewrite = '.${tag:x}.'
[[rule]]
match = "**"
send  = ["a", "old"]
-- 12:00:00 send --
servers.web1.cpu0.user 1.50 946728000
both.servers.web2.cpu1.idle;dc=ams 2e1 946728000
loud.CPU;Host=WEB1 3 946728000
flat.cpu;dc=ams;host=web1 4 946728000
tagged.cpu;host=web1;dc=ams 5 946728000
gone.x 6 946728000
plain 7 946728000.5
-- 12:00:01 expect a --
cpu.web1.0.user 1.5 12:00:00
cpu.web2.1.idle;dc=ams 20 12:00:00
flat.ams.cpu 4 12:00:00
loud.cpu;Host=WEB1 3 12:00:00
plain 7 12:00:00
tagged.cpu;dc=ams;env=prod 5 12:00:00
-- 12:00:01 expect old --
both.servers.web2.cpu1.idle;dc=ams 20 12:00:00
cpu.web1.0.user 1.5 12:00:00
cpu.web2.1.idle;dc=ams 20 12:00:00
flat.ams.cpu 4 12:00:00
loud.cpu;Host=WEB1 3 12:00:00
plain 7 12:00:00
tagged.cpu;dc=ams;env=prod 5 12:00:00
-- 12:00:01 ledger --
