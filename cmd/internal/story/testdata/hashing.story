A name's copies live where the ring says, whether the member can be reached or not: its points wait for it.
-- conf --
[[cluster]]
name = "c"
policy = "carbon_ch"
replicas = 2
diverse = false
endpoints = ["sink:a=a", "sink:b=b", "sink:c=c"]
[[rule]]
match = "**"
send = "c"
-- 12:00:00 down b --
-- 12:00:00 send --
n1 1 946728000
n2 1 946728000
n3 1 946728000
n4 1 946728000
n5 1 946728000
n5;dc=b;az=1 1 946728000
n5;az=1;dc=b 2 946728000
-- 12:00:01 expect a --
n1 1 12:00:00
n3 1 12:00:00
n4 1 12:00:00
n5 1 12:00:00
n5;az=1;dc=b 1 12:00:00
n5;az=1;dc=b 2 12:00:00
-- 12:00:01 expect b --
-- 12:00:01 expect c --
n2 1 12:00:00
n3 1 12:00:00
n4 1 12:00:00
n5;az=1;dc=b 1 12:00:00
n5;az=1;dc=b 2 12:00:00
-- 12:00:02 up b --
-- 12:00:40 expect b --
n1 1 12:00:00
n2 1 12:00:00
n5 1 12:00:00
-- 12:00:40 ledger --
