package conf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Fault is one mistake in a configuration, written for the person who made it.
type Fault struct {
	File string
	Line int    // from 1; 0 if it concerns the file as a whole
	Key  string // the key's path, as in rule[3].aggregate.period; empty if there is none
	Msg  string // what is wrong
	Hint string // what would be right; may be empty
}

// Error returns the fault as FILE:LINE: KEY: message (hint).
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		b.WriteString(":" + strconv.Itoa(f.Line))
	}
	b.WriteString(": ")
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Msg)
	if f.Hint != "" {
		b.WriteString(" (" + f.Hint + ")")
	}
	return b.String()
}

// Faults are mistakes in the order of their files and lines. None is nil.
type Faults []Fault

// Error returns the faults one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Within returns fs with those that are in the file called from named after what it is to be called.
func (fs Faults) Within(from, to string) Faults {
	named := slices.Clone(fs)
	for i := range named {
		if named[i].File == from {
			named[i].File = to
		}
	}
	return named
}

// sorted puts fs in the order of files, lines and keys; what concerns one key stays in the order of its elements.
func (fs Faults) sorted() Faults {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), a.Line-b.Line, cmp.Compare(a.Key, b.Key))
	})
	return fs
}

// quote makes text from the file safe to print: in quotes, without control characters, and not long.
func quote(text string) string {
	const most = 80
	if len(text) > most {
		cut := most
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		return strconv.Quote(text[:cut]) + "..."
	}
	return strconv.Quote(text)
}

// didYouMean makes a hint of the right spelling, if there is one.
func didYouMean(right string) string {
	if right == "" {
		return ""
	}
	return "did you mean " + quote(right) + "?"
}
