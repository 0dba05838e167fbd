package lists

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// errRecord is what is wrong with a record that is no object.
var errRecord = errors.New("the record is no JSON object")

// Append appends a line for each number of a record of the list key, in the order of the fields' names, and returns how many; what is
// beside them, texts for example, is passed over. A record without a time is of now. A record without a node has none in its names.
func Append(dst []byte, key, record string) (_ []byte, lines int, err error) {
	d := json.NewDecoder(strings.NewReader(record))
	d.UseNumber() // digits stay as they are
	var fields map[string]any
	if err := d.Decode(&fields); err != nil || fields == nil {
		return dst, 0, errRecord
	}
	if _, err := d.Token(); err == nil {
		return dst, 0, errRecord
	}
	prefix := node(key)
	switch nid := fields["nid"].(type) {
	case json.Number:
		prefix += "." + node(nid.String())
	case string:
		prefix += "." + node(nid)
	}
	at := ""
	switch t := fields["time"].(type) {
	case nil:
	case json.Number:
		at = " " + t.String()
	default:
		return dst, 0, fmt.Errorf("the record's time is no number")
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		v, ok := fields[name].(json.Number)
		if !ok || name == "time" || name == "nid" || name == "gid" {
			continue
		}
		dst = fmt.Appendf(dst, "%s.%s %s%s\n", prefix, node(name), v, at)
		lines++
	}
	return dst, lines, nil
}

// node returns text as a part of a name that a line can hold. Dots stay: keys and fields may have nodes of their own.
func node(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || bytes.ContainsRune([]byte(":|;"), r) {
			return '_'
		}
		return r
	}, text)
}
