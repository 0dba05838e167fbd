package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"plumbago/relay"
)

// clusters are those of the configurations that are compared.
const clusters = `
[[cluster]]
name = "a"
endpoints = ["10.0.0.1:2003", "10.0.0.2:2003"]
[[cluster]]
name = "b"
endpoints = ["10.0.0.3:2003"]
`

// Diff says what becomes of a name before and after, and nothing of names to which nothing happens.
func TestDiff(t *testing.T) {
	f := func(before, after, name, was, is string) {
		t.Helper()
		before, after = configure(t, "old.toml", clusters+before), configure(t, "new.toml", clusters+after)
		code, want := 0, ""
		if was != is {
			code, want = 1, fmt.Sprintf("%s\n  was: %s\n  is:  %s\n", name, was, is)
		}
		if got := command(t, code, name+"\n", "diff", before, after); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	const (
		all   = "[[rule]]\nmatch = \"**\"\nsend = [\"a\"]\n"
		both  = "[[rule]]\nmatch = \"**\"\nsend = [\"a\", \"b\"]\n"
		drop  = "[[rule]]\nmatch = \"x.**\"\ndrop = true\n"
		sum   = "[[rule]]\nmatch = \"x.*\"\n[rule.aggregate]\nname = \"x.all\"\nfunctions = [\"sum\"]\n"
		toA   = "send = [\"a\"]\n"
		toB   = "send = [\"b\"]\n"
		bOnly = "[[rule]]\nmatch = \"x.all.*\"\nsend = [\"b\"]\n"
	)
	const a, b = "sent to a [10.0.0.1:2003 10.0.0.2:2003]", "sent to b [10.0.0.3:2003]"
	f(all, all, "x.y", "", "")
	f(all, drop+all, "x.y", a, "dropped")
	f(all, drop+all, "y", "", "")
	f("", drop, "x", "unrouted", "dropped")
	f(all, both, "x.y", a, a+"; "+b)
	f(sum+toA, sum+toB, "x.y", "aggregated into x.all.sum ("+a+")", "aggregated into x.all.sum ("+b+")")
	f(sum+all, sum+bOnly+all, "x.y", a+"; aggregated into x.all.sum ("+a+")", a+"; aggregated into x.all.sum ("+b+")")
	f(sum, sum+toA, "x.y", "aggregated into x.all.sum (unrouted)", "aggregated into x.all.sum ("+a+")")
	f(sum+toA+all, "# moved\n\n"+sum+all, "x.y", "", "") // the same by another rule
	f(both, strings.Replace(all, "[[rule]]", "[[rule]]\nstop = false", 1)+strings.Replace(all, "\"a\"", "\"b\"", 1), "x.y", "", "")
}

// The order of clusters and of rules that do not touch each other is no difference.
func TestDiffOrder(t *testing.T) {
	const (
		a    = "[[cluster]]\nname = \"a\"\nendpoints = [\"10.0.0.1:2003\"]\n"
		b    = "[[cluster]]\nname = \"b\"\nendpoints = [\"10.0.0.2:2003\"]\n"
		sums = "[[rule]]\nmatch = \"x.*\"\n[rule.aggregate]\nfunctions = [\"sum\", \"max\"]\nsend = [\"a\"]\n"
		all  = "[[rule]]\nmatch = \"x.*\"\n[rule.aggregate]\nname = \"all\"\nsend = [\"b\", \"a\"]\n"
		end  = "[[rule]]\nmatch = \"**\"\nsend = [\"a\", \"b\"]\n"
	)
	before := configure(t, "old.toml", a+b+sums+all+end)
	after := configure(t, "new.toml", b+a+all+"\n\n"+sums+strings.Replace(end, `"a", "b"`, `"b", "a"`, 1))
	if got := command(t, 0, "x.y\nz\n", "diff", before, after); got != "" {
		t.Errorf("differs:\n%s", got)
	}
}

// A member more takes its share of the names, also of results, each of which goes to its own member.
func TestDiffRing(t *testing.T) {
	const ring = "[[cluster]]\nname = \"a\"\npolicy = \"carbon_ch\"\nendpoints = [\"10.0.0.1:2003\", \"10.0.0.2:2003\"%s]\n" +
		"[[rule]]\nmatch = \"sum.*\"\n[rule.aggregate]\nfunctions = [\"sum\", \"max\", \"min\"]\nsend = [\"a\"]\n" +
		"[[rule]]\nmatch = \"*\"\nrewrite = \"new.$1\"\n[[rule]]\nmatch = \"new.*\"\nsend = [\"a\"]\n"
	before := configure(t, "old.toml", fmt.Sprintf(ring, ""))
	after := configure(t, "new.toml", fmt.Sprintf(ring, `, "10.0.0.3:2003"`))
	var names strings.Builder
	for i := range 300 {
		fmt.Fprintf(&names, "x%d\n", i)
	}
	moved := strings.Count(command(t, 1, names.String(), "diff", before, after), "  is:  sent to a [10.0.0.3:2003] as new.x")
	if moved < 60 || moved > 140 {
		t.Errorf("%d of 300 names move to the third member", moved)
	}
	const first, second, third = "(sent to a [10.0.0.1:2003])", "(sent to a [10.0.0.2:2003])", "(sent to a [10.0.0.3:2003])"
	want := "sum.2\n  was: aggregated into sum.2.max, sum.2.min " + first + "; aggregated into sum.2.sum " + second +
		"\n  is:  aggregated into sum.2.max, sum.2.min " + first + "; aggregated into sum.2.sum " + third + "\n"
	if got := command(t, 1, "sum.2\n", "diff", before, after); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// As JSON a difference is an object with both ways.
func TestDiffJSON(t *testing.T) {
	before := configure(t, "old.toml", clusters+"[[rule]]\nmatch = \"x\"\n[rule.aggregate]\nfunctions = [\"max\"]\nsend = [\"b\"]\n")
	after := configure(t, "new.toml", clusters+"[[rule]]\nmatch = \"x\"\nsend = [\"b\"]\n")
	out := command(t, 1, "y\nx\n", "diff", "--json", before, after)
	var got difference
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b := relay.Target{Cluster: "b", Endpoints: []string{"10.0.0.3:2003"}}
	want := difference{
		Name: "x",
		Was: relay.Way{End: "aggregated", Results: []relay.Result{
			{Name: "x.max", Way: relay.Way{End: "sent", Sends: []relay.Send{{Target: b, Name: "x.max"}}}},
		}},
		Is: relay.Way{End: "sent", Sends: []relay.Send{{Target: b, Name: "x"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s", out)
	}
}

// Names are read as they are needed, and compared one by one.
func TestDiffStreams(t *testing.T) {
	before := configure(t, "old.toml", clusters+"[[rule]]\nmatch = \"**\"\nsend = [\"a\"]\n")
	after := configure(t, "new.toml", clusters+"[[rule]]\nmatch = \"**.9\"\nsend = [\"b\"]\n[[rule]]\nmatch = \"**\"\nsend = [\"a\"]\n")
	in, out := &numbered{most: 50_000}, &counted{}
	if code := execute([]string{"diff", before, after}, in, out); code != exitWrong || out.lines != 3*5_000 {
		t.Errorf("ends with %d after %d lines", code, out.lines)
	}
}

// numbered reads as so many names: n.0, n.1, ... with the last digit as a node.
type numbered struct{ next, most int }

func (n *numbered) Read(p []byte) (int, error) {
	if n.next == n.most {
		return 0, io.EOF
	}
	n.next++
	return copy(p, fmt.Sprintf("n.%d.%d\n", n.next/10, n.next%10)), nil
}

// counted counts the lines that are written to it.
type counted struct{ lines int }

func (c *counted) Write(p []byte) (int, error) {
	c.lines += strings.Count(string(p), "\n")
	return len(p), nil
}

// What cannot be compared has its exit status.
func TestDiffStatus(t *testing.T) {
	good := configure(t, "x.toml", clusters)
	command(t, 2, "", "diff", good)
	command(t, 1, "", "diff", good, good+".none")
	command(t, 1, "a\n...\n", "diff", good, good)
	command(t, 0, "", "diff", good, good)
}
