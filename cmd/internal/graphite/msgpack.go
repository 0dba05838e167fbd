package graphite

import (
	"encoding/binary"
	"math"
)

// A packer writes MessagePack, in the few types that are needed.
type packer struct{ out []byte }

func (p *packer) array(n int) {
	p.out = binary.BigEndian.AppendUint32(append(p.out, 0xdd), uint32(n))
}

func (p *packer) object(n int) {
	p.out = binary.BigEndian.AppendUint32(append(p.out, 0xdf), uint32(n))
}

func (p *packer) text(s string) {
	p.out = append(binary.BigEndian.AppendUint32(append(p.out, 0xdb), uint32(len(s))), s...)
}

// number writes a time or a step, none of which is below 0.
func (p *packer) number(n int64) {
	p.out = binary.BigEndian.AppendUint64(append(p.out, 0xcf), uint64(n))
}

func (p *packer) float(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		p.out = append(p.out, 0xc0) // nil
		return
	}
	p.out = binary.BigEndian.AppendUint64(append(p.out, 0xcb), math.Float64bits(v))
}

func (p *packer) truth(is bool) {
	if is {
		p.out = append(p.out, 0xc3)
	} else {
		p.out = append(p.out, 0xc2)
	}
}

// AppendPacked writes lines as format=msgpack has them, which graphite-web and carbonapi ask other servers for.
func AppendPacked(out []byte, lines []Line) []byte {
	p := packer{out}
	p.array(len(lines))
	for i := range lines {
		l := &lines[i]
		p.object(8)
		p.text("name")
		p.text(l.Name)
		p.text("pathExpression")
		p.text(l.Target)
		p.text("start")
		p.number(l.Start)
		p.text("end")
		p.number(l.End())
		p.text("step")
		p.number(l.Step)
		p.text("xFilesFactor")
		p.float(0)
		p.text("consolidationFunc")
		p.text("average")
		p.text("values")
		p.array(len(l.Values))
		for _, v := range l.Values {
			p.float(v)
		}
	}
	return p.out
}

// AppendPackedNodes writes nodes as format=msgpack has them.
func AppendPackedNodes(out []byte, nodes []Node, from, until int64) []byte {
	p := packer{out}
	p.array(len(nodes))
	for i := range nodes {
		n := &nodes[i]
		p.object(4)
		p.text("path")
		p.text(n.Path)
		p.text("is_leaf")
		p.truth(n.Leaf)
		p.text("isLeaf") // as carbonapi calls it
		p.truth(n.Leaf)
		p.text("intervals")
		if !n.Leaf {
			p.array(0)
			continue
		}
		p.array(1)
		p.array(2)
		p.number(from)
		p.number(until)
	}
	return p.out
}
