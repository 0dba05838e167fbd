package convert

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// pythonExpr reads an expression of Python's. What is only written differently here is put right.
func pythonExpr(text string, fold bool) (*expr, error) {
	var b strings.Builder
	most := regexp.MustCompile(`^\{,\d+\}`)
	if fold {
		b.WriteString("(?i)")
	}
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\Z`):
			b.WriteString(`\z`)
			i++
		case text[i] == '\\' && i+1 < len(text):
			b.WriteString(text[i : i+2])
			i++
		case most.MatchString(text[i:]):
			b.WriteString("{0")
		default:
			b.WriteByte(text[i])
		}
	}
	return parseExpr(b.String())
}

// pythonPieces reads what re.sub puts in: \1, \g<1> and \g<name>.
func pythonPieces(text string, e *expr) (all []piece, err error) {
	reference := regexp.MustCompile(`^\\(?:(\d{1,2})|g<([^>]*)>)`)
	names := e.tree.CapNames()
	plain := func(t string) { all = append(all, piece{text: t}) }
	for text != "" {
		m := reference.FindStringSubmatch(text)
		switch {
		case m == nil && strings.HasPrefix(text, `\\`):
			plain(`\`)
			text = text[2:]
			continue
		case m == nil:
			plain(text[:1])
			text = text[1:]
			continue
		}
		text = text[len(m[0]):]
		group := -1
		if n, err := strconv.Atoi(m[1] + m[2]); err == nil {
			group = n
		} else {
			for i, name := range names {
				if name == m[2] && name != "" {
					group = i
				}
			}
		}
		if group < 1 || group > e.captures {
			return nil, fmt.Errorf("%q is no group of %q", m[0], e.text)
		}
		all = append(all, piece{group: group})
	}
	return all, nil
}

// carbonPattern makes an expression of the input of an aggregation rule, as carbon does: <x> is a part of a node, <<x>> any text.
func carbonPattern(input string) (*expr, error) {
	nodes := strings.Split(input, ".")
	for i, node := range nodes {
		open, shut, inside, width := strings.Index(node, "<<"), strings.Index(node, ">>"), ".+?", 2
		if open < 0 || shut < open {
			open, shut, inside, width = strings.Index(node, "<"), strings.Index(node, ">"), "[^.]+?", 1
		}
		switch {
		case open >= 0 && shut > open:
			nodes[i] = node[:open] + "(?P<" + node[open+width:shut] + ">" + inside + ")" + node[shut+width:]
		case node == "*":
			nodes[i] = "[^.]+"
		default:
			nodes[i] = strings.ReplaceAll(node, "*", "[^.]*")
		}
	}
	body := strings.Join(nodes, `\.`)
	if strings.Contains(body, "|") {
		return pythonExpr(`^(?:`+body+`$)`, false) // as Python's match and its "$" have it
	}
	return pythonExpr("^"+body+"$", false)
}

// carbonPieces reads the output of an aggregation rule.
func carbonPieces(output string, e *expr) (all []piece, err error) {
	names := e.tree.CapNames()
	for output != "" {
		open := strings.IndexByte(output, '<')
		shut := strings.IndexByte(output, '>')
		if open < 0 || shut < open {
			return append(all, piece{text: output}), nil
		}
		if open > 0 {
			all = append(all, piece{text: output[:open]})
		}
		name := output[open+1 : shut]
		group := 0
		for i, n := range names {
			if n == name && n != "" {
				group = i
			}
		}
		if group == 0 {
			return nil, fmt.Errorf("there is no <%s> in its input; carbon fails on it, too", name)
		}
		all = append(all, piece{group: group})
		output = output[shut+1:]
	}
	return all, nil
}
