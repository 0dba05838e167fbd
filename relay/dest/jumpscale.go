package dest

import (
	"bytes"
	"encoding/hex"
	"hash/fnv"
	"strconv"
	"time"
	"unicode/utf8"
)

// The jumpscale layout is the log of the aggregator of that name, a line a point: the point's time and value as Python
// 2's str writes a float, and between them the name, padded to 100 columns and never cut. In a tree a day has its own
// file for the nodes that share all but the last two parts of their names.

// nameColumns is how wide the name is at least.
const nameColumns = 100

// dayZero is 2010-01-01T04:00:00Z in Unix milliseconds: the days of a tree are counted from it.
const (
	dayZero = 1262318400_000
	dayMS   = 24 * 3600 * 1000
)

// maxNode is how long a node may be to be part of a path, as it is; keepNode is what is kept of a longer one.
const (
	maxNode  = 200
	keepNode = 180
)

func jumpscaleLines(t *text, src []byte, _ time.Duration) {
	for at := 0; at < len(src); {
		r := readRecord(src[at:])
		at += r.size
		appendJumpscale(t, &r)
		t.end(at, 1)
	}
}

func jumpscaleTree(t *text, src []byte, _ time.Duration) {
	for at := 0; at < len(src); {
		r := readRecord(src[at:])
		at += r.size
		if r.ms < dayZero {
			t.end(at, 1).unfit = true
			continue
		}
		appendJumpscale(t, &r)
		from := len(t.paths)
		t.paths = appendTreePath(t.paths, r.name, r.ms)
		t.end(at, 1).file = t.paths[from:len(t.paths):len(t.paths)]
	}
}

// appendJumpscale appends the line of r.
func appendJumpscale(t *text, r *record) {
	t.bytes = append(appendPython2(t.bytes, float64(r.ms)/1000), ' ')
	t.bytes = append(t.bytes, r.name...)
	for i := len(r.name); i < nameColumns; i++ {
		t.bytes = append(t.bytes, ' ')
	}
	t.bytes = append(appendPython2(append(t.bytes, ' '), r.value), '\n')
}

// appendPython2 appends v as Python 2's str does: 12 significant digits, and a decimal if nothing else shows that it is
// a float.
func appendPython2(dst []byte, v float64) []byte {
	at := len(dst)
	dst = strconv.AppendFloat(dst, v, 'g', 12, 64)
	if !bytes.ContainsAny(dst[at:], ".en") {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendTreePath appends the path, below the root of a tree, of the file for a name at a time: all nodes but the last
// two are directories, the last but one with the number of the day is the file. The path depends on nothing else. Tags
// are no part of it.
func appendTreePath(dst, name []byte, ms int64) []byte {
	if i := bytes.IndexByte(name, ';'); i >= 0 {
		name = name[:i]
	}
	for {
		i := bytes.IndexByte(name, '.')
		if i < 0 {
			break // the last node is only in the line
		}
		dst = appendNode(dst, name[:i])
		name = name[i+1:]
		if bytes.IndexByte(name, '.') >= 0 {
			dst = append(dst, '/')
		}
	}
	return strconv.AppendInt(append(dst, '_'), (ms-dayZero)/dayMS, 10)
}

// appendNode appends a node as one element of a path that is safe whatever a client sent: never empty, never "." or
// "..", without separators and control bytes, and short enough for a file's name.
func appendNode(dst, node []byte) []byte {
	if len(node) == 0 {
		return append(dst, '_')
	}
	kept := node
	if len(node) > maxNode {
		kept = node[:keepNode]
		for len(kept) > keepNode-utf8.UTFMax && !utf8.RuneStart(node[len(kept)]) {
			kept = kept[:len(kept)-1]
		}
	}
	text := utf8.Valid(node)
	for _, c := range kept {
		if c <= ' ' || c == 0x7f || c == '.' || c == '/' || c == '\\' || c >= utf8.RuneSelf && !text {
			c = '_'
		}
		dst = append(dst, c)
	}
	if len(node) > maxNode {
		sum := fnv.New64a()
		sum.Write(node)
		dst = hex.AppendEncode(append(dst, '~'), sum.Sum(nil))
	}
	return dst
}
