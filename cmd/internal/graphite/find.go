package graphite

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plumbago/carbon/pattern"
)

// A Finder finds the nodes of the tree of names that a query of /metrics/find asks for.
type Finder struct {
	base  string // the query up to its last dot, that one included
	depth int
	glob  *pattern.Glob
	nodes map[Node]struct{}
}

// A Node is a place in the tree of names: one that has a series, or one that has others below it. A name can be both.
type Node struct {
	Path string
	Leaf bool
}

// name returns the last part of the node's path.
func (n *Node) name() string { return n.Path[strings.LastIndexByte(n.Path, '.')+1:] }

// NewFinder returns a finder for a query: a glob, each of whose nodes is one of the tree. What a completer asks for is the beginning
// of one.
func NewFinder(query, format string) (*Finder, error) {
	if format == "completer" {
		query = strings.TrimRight(strings.ReplaceAll(query, "..", "*."), "*") + "*"
	} else {
		query = strings.Trim(query, ". ")
	}
	if query == "" {
		query = "*"
	}
	glob, err := pattern.Compile(query)
	if err != nil {
		return nil, err
	}
	return &Finder{base: query[:strings.LastIndexByte(query, '.')+1], depth: strings.Count(query, ".") + 1, glob: glob, nodes: map[Node]struct{}{}}, nil
}

// Add shows a name to the finder. Names with tags are in no tree.
func (f *Finder) Add(name string) {
	if strings.IndexByte(name, ';') >= 0 {
		return
	}
	n := Node{Path: name, Leaf: true}
	for at, i := 0, 0; ; i++ {
		dot := strings.IndexByte(name[at:], '.')
		if dot < 0 {
			if i+1 < f.depth {
				return
			}
			break
		}
		if i+1 == f.depth {
			n = Node{Path: name[:at+dot]}
			break
		}
		at += dot + 1
	}
	if _, known := f.nodes[n]; known {
		return
	}
	if _, ok := f.glob.Match(n.Path, nil); ok {
		f.nodes[Node{strings.Clone(n.Path), n.Leaf}] = struct{}{}
	}
}

// Nodes returns what was found, by name.
func (f *Finder) Nodes() []Node {
	var all []Node
	for n := range f.nodes {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b Node) int {
		if c := cmp.Compare(a.name(), b.name()); c != 0 {
			return c
		}
		if c := cmp.Compare(a.Path, b.Path); c != 0 || a.Leaf == b.Leaf {
			return c
		}
		if a.Leaf {
			return 1
		}
		return -1
	})
	return all
}

// AppendNodes writes what was found in a form of /metrics/find; ok is false if there is no such form. from and until are the time
// that was asked about.
func (f *Finder) AppendNodes(out []byte, format string, from, until int64) (_ []byte, ok bool) {
	nodes := f.Nodes()
	switch format {
	case "", "treejson":
		return f.appendTree(out, nodes), true
	case "completer":
		return appendCompleter(out, nodes), true
	case "json":
		return appendList(out, nodes, from, until), true
	}
	return out, false
}

// appendTree writes what Grafana asks for, branches first. As in Graphite nodes of one name are one, also below different ones, and
// what they are called begins as the query did: whoever chooses one chooses it below all of them.
func (f *Finder) appendTree(out []byte, nodes []Node) []byte {
	out = append(out, '[')
	n := 0
	for _, leaf := range []bool{false, true} {
		last := ""
		for i := range nodes {
			if nodes[i].Leaf != leaf || nodes[i].name() == last {
				continue
			}
			last = nodes[i].name()
			if n++; n > 1 {
				out = append(out, ',')
			}
			below, is := 1, 0
			if leaf {
				below, is = 0, 1
			}
			out = fmt.Appendf(out, `{"allowChildren":%d,"expandable":%d,"leaf":%d,"id":`, below, below, is)
			out = append(appendText(out, f.base+last), `,"text":`...)
			out = append(appendText(out, last), '}')
		}
	}
	return append(out, ']')
}

func appendCompleter(out []byte, nodes []Node) []byte {
	out = append(out, `{"metrics":[`...)
	for i := range nodes {
		if i > 0 {
			out = append(out, ',')
		}
		path, leaf := nodes[i].Path, "1"
		if !nodes[i].Leaf {
			path, leaf = path+".", "0"
		}
		out = appendText(append(out, `{"path":`...), path)
		out = appendText(append(out, `,"name":`...), nodes[i].name())
		out = append(out, `,"is_leaf":"`+leaf+`"}`...)
	}
	return append(out, `]}`...)
}

func appendList(out []byte, nodes []Node, from, until int64) []byte {
	out = append(out, '[')
	for i := range nodes {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(append(out, `{"path":`...), nodes[i].Path)
		out = strconv.AppendBool(append(out, `,"is_leaf":`...), nodes[i].Leaf)
		if nodes[i].Leaf {
			out = fmt.Appendf(out, `,"intervals":[{"start":%d,"end":%d}]`, from, until)
		}
		out = append(out, '}')
	}
	return append(out, ']')
}
