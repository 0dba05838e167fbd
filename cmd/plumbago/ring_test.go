package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

const rings = `[[listen]]
address = "tcp://127.0.0.1:0"
[[cluster]]
name = "hashed"
policy = "carbon_ch"
replicas = 2
endpoints = ["10.0.0.1:2003", "10.0.0.2:2003", "10.0.0.3:2003"]
[[cluster]]
name = "all"
endpoints = ["10.0.0.1:2003", "10.0.0.2:2003"]
[[rule]]
match = "**"
send = ["hashed", "all"]
`

// The ring command finds what the relay does: the same name, the same members.
func TestRingPlacesAsExplain(t *testing.T) {
	file := configure(t, "x.toml", rings)
	for _, name := range []string{"a", "servers.web1.load", "cpu;host=b;dc=ams", "..x..y."} {
		out := command(t, 0, "", "ring", "-c", file, "hashed", name)
		clean, members, _ := strings.Cut(strings.TrimSpace(out), " ")
		if x := command(t, 0, "", "explain", "-c", file, name); !strings.Contains(x, "to hashed ["+members+"]") || !strings.HasPrefix(x, clean+"\n") {
			t.Errorf("ring says %s, explain\n%s", out, x)
		}
	}
}

// Options say what a configuration would; members of one host get one copy unless they may share it.
func TestRingWithoutConfiguration(t *testing.T) {
	f := func(want, in string, args ...string) {
		t.Helper()
		if got := command(t, 0, in, append([]string{"ring"}, args...)...); got != want {
			t.Errorf("%v: got\n%s\nwant\n%s", args, got, want)
		}
	}
	const two = "10.0.0.1:2003=a, 10.0.0.2:2003=b"
	f("x 10.0.0.1:2003=a\n", "", "--members", two, "x")
	f("x 10.0.0.1:2003=a 10.0.0.2:2003=b\ny 10.0.0.1:2003=a 10.0.0.2:2003=b\n", "y\n", "--members", two, "--replicas", "2", "x", "-")
	f(`{"name":"x","members":["10.0.0.1:2003=a"]}`+"\n", "", "--members", two, "--json", "x")
	f("x h:2=b\n", "", "--members", "h:1=a,h:2=b", "--replicas", "2", "x")
	f("x h:2=b h:1=a\n", "", "--members", "h:1=a,h:2=b", "--replicas", "2", "--diverse=false", "x")
	f("member           text               share   off\n"+
		"10.0.0.1:2003=a  ('10.0.0.1', 'a')  52.9 %  +6 %\n"+
		"10.0.0.2:2003=b  ('10.0.0.2', 'b')  47.1 %  -6 %\n", "", "--members", two)
	f("member  text  share   off\nh:1     0     50.0 %  +0 %\nh:2     1     50.0 %  +0 %\n", "",
		"--members", "h:1,h:2", "--policy", "jump_fnv1a_ch", "--ring", "carbon-c-relay")
}

// What moves is counted by pairs of members, of names that are given exactly.
func TestRingMoves(t *testing.T) {
	ask := func(in string, args ...string) (m moves) {
		t.Helper()
		out := command(t, 0, in, append([]string{"ring", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return m
	}
	const two, three = "10.0.0.1:1,10.0.0.2:1", "10.0.0.1:1,10.0.0.2:1,10.0.0.3:1"
	m := ask("", "--members", two, "--to", three)
	var pairs int64
	for _, move := range m.Moves {
		if move.To != "10.0.0.3:1" || move.From == move.To {
			t.Errorf("a new member only takes, not %+v", move)
		}
		pairs += move.Names
	}
	if !m.Generated || m.Names != generated || m.Moved != pairs || math.Abs(m.Share-0.37) > 0.01 { // its share of the ring
		t.Errorf("%+v", m)
	}
	if m := ask("", "--members", two, "--to", two); m.Moved != 0 || m.Share != 0 || m.Moves == nil {
		t.Errorf("nothing changes, and %+v", m)
	}
	var names strings.Builder
	moved, stays := "", ""
	for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t") {
		before := command(t, 0, "", "ring", "--members", two, name)
		if command(t, 0, "", "ring", "--members", three, name) == before {
			stays = name
			continue
		}
		moved = name
		names.WriteString(name + "\n")
	}
	want := int64(strings.Count(names.String(), "\n"))
	if m := ask(names.String(), "--members", two, "--to", three, "-"); m.Generated || m.Names != want || m.Moved != want {
		t.Errorf("all %d names move, but %+v", want, m)
	}
	if m := ask("", "--members", two, "--to", three, moved, stays); m.Names != 2 || m.Moved != 1 || m.Share != .5 {
		t.Errorf("one of two names moves, but %+v", m)
	}
	m = ask("", "--members", three, "--replicas", "3", "--to", two, "x")
	if len(m.Moves) != 1 || m.Moves[0] != (move{From: "10.0.0.3:1", Names: 1, Share: 1}) {
		t.Errorf("a copy goes, but %+v", m)
	}
	if out := command(t, 0, "", "ring", "--members", three, "--replicas", "3", "--to", two, "x"); out !=
		"1 of 1 names move (100.0 %)\nfrom        to  names  share\n10.0.0.3:1  -   1      100.0 %\n" {
		t.Errorf("for people:\n%s", out)
	}
}

// Wrong use and wrong things have their exit statuses.
func TestRingStatus(t *testing.T) {
	file := configure(t, "x.toml", rings)
	command(t, 2, "", "ring")
	command(t, 2, "", "ring", "--members", "a")
	command(t, 2, "", "ring", "--members", "a:1,")
	command(t, 2, "", "ring", "--members", "a:1", "--policy", "any")
	command(t, 2, "", "ring", "--members", "a:1", "--ring", "ketama")
	command(t, 2, "", "ring", "--members", "a:1", "--replicas", "0")
	command(t, 2, "", "ring", "--members", "a:1", "-c", file)
	command(t, 2, "", "ring", "hashed", "-c", file, "--to", "x")
	command(t, 1, "", "ring", "none", "-c", file)
	command(t, 1, "", "ring", "all", "-c", file)
	command(t, 1, "", "ring", "--members", "a:1,a:2", "x") // carbon tells members apart by host and instance
	command(t, 1, "", "ring", "hashed", "-c", file, "..")
	command(t, 0, "", "ring", "all", "-c", file, "--policy", "jump_fnv1a_ch", "--ring", "carbon-c-relay", "x")
}

// Check says of each hashing cluster what its members get.
func TestCheckShares(t *testing.T) {
	file := configure(t, "x.toml", rings)
	want := strings.ReplaceAll(`FILE: good: 1 listener, 2 clusters, 1 rule
FILE: hashed: 10.0.0.1:2003 gets 29.3 % of the names
FILE: hashed: 10.0.0.2:2003 gets 33.7 % of the names
FILE: hashed: 10.0.0.3:2003 gets 37.0 % of the names
`, "FILE", file)
	if got := command(t, 0, "", "check", "-c", file); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
