package conf

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbago/aggregate"
	"plumbago/ingest/statsd"
	"plumbago/relay"
)

// Print writes f as TOML, includes joined and defaults written out, so that Parse reads the same File back. Keys that
// have no effect where they stand are left out.
func Print(f *File) string { return printed(f, nil) }

// Show is Print for everybody's eyes: what came from the environment, which may be secret, stands there as it was written, and
// passwords in addresses are masked.
func Show(f *File) string { return printed(f, shown(f)) }

// printed writes f; texts that are keys of shown as what that says.
func printed(f *File, shown map[string]string) string {
	p := &printer{shown: shown}
	v := reflect.ValueOf(f).Elem()
	for _, fd := range fields(v.Type()) {
		if fd.key == "include" {
			continue // what it brought in stands below
		}
		section := v.FieldByIndex(fd.index)
		if section.Kind() == reflect.Struct {
			p.table("["+fd.key+"]", fd.key, section, nil)
			continue
		}
		for i := range section.Len() {
			elem := section.Index(i)
			var without []string
			switch o := elem.Addr().Interface().(type) {
			case *relay.ClusterOptions:
				without = append(append(idle(o), unasked(o)...), unconfirmed(o)...)
			case *relay.RuleOptions:
				without = absent(o)
			}
			p.table("[["+fd.key+"]]", fd.key, elem, without)
		}
	}
	return p.text.String()
}

// A printer writes sections one below the other.
type printer struct {
	text  strings.Builder
	shown map[string]string
}

// table writes a struct as a section, without some of its keys. Tables within it follow it.
func (p *printer) table(header, path string, v reflect.Value, without []string) {
	if p.text.Len() > 0 && strings.Count(path, ".") == 0 {
		p.text.WriteString("\n")
	}
	p.text.WriteString(header + "\n")
	var below []field
	for _, fd := range fields(v.Type()) {
		value := v.FieldByIndex(fd.index)
		if value.Kind() == reflect.Pointer {
			if value.IsNil() {
				continue
			}
			value = value.Elem()
		}
		switch {
		case value.Kind() == reflect.Struct && !isOne(value), value.Kind() == reflect.Slice && value.Type().Elem().Kind() == reflect.Struct:
			below = append(below, fd)
		case slices.Contains(without, fd.key), (value.Kind() == reflect.Slice || value.Kind() == reflect.Map) && value.IsNil():
		default:
			fd.shown = p.shown
			p.text.WriteString(fd.key + " = " + literal(value, fd) + "\n")
		}
	}
	for _, fd := range below {
		value, path := v.FieldByIndex(fd.index), path+"."+fd.key
		if value.Kind() != reflect.Slice {
			p.table("["+path+"]", path, value.Elem(), unwritten(value.Interface()))
			continue
		}
		for i := range value.Len() {
			p.table("[["+path+"]]", path, value.Index(i), unwritten(value.Index(i).Addr().Interface()))
		}
	}
}

// unwritten returns the keys of a section within another that are not to be written.
func unwritten(o any) []string {
	switch o := o.(type) {
	case *aggregate.OutputOptions:
		return inherited(o)
	case *statsd.Options:
		if o.Legacy {
			return []string{"prefix", "prefix_counter", "prefix_timer", "prefix_gauge", "prefix_set"}
		}
	}
	return nil
}

// isOne says whether v is a struct that is written as one value.
func isOne(v reflect.Value) bool {
	return v.Type() == reflect.TypeFor[aggregate.Window]() || v.Type() == reflect.TypeFor[Share]()
}

// literal writes a value as TOML.
func literal(v reflect.Value, f field) string {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		return strconv.Quote(formatDuration(time.Duration(v.Int())))
	case v.Type() == reflect.TypeFor[Share]():
		return v.Interface().(Share).literal()
	case isOne(v):
		w := v.Interface().(aggregate.Window)
		if w.Length > 0 {
			return strconv.Quote(formatDuration(w.Length))
		}
		return strconv.Itoa(w.Slices)
	case f.bytes:
		if text := formatSize(int(v.Int())); text != strconv.Itoa(int(v.Int())) {
			return strconv.Quote(text)
		}
	}
	switch v.Kind() {
	case reflect.Map:
		keys := make([]string, 0, v.Len())
		for _, key := range v.MapKeys() {
			keys = append(keys, key.String())
		}
		slices.Sort(keys)
		for i, key := range keys {
			keys[i] = tomlString(key) + " = " + literal(v.MapIndex(reflect.ValueOf(key)), f)
		}
		return "{" + strings.Join(keys, ", ") + "}"
	case reflect.Slice:
		elems := make([]string, v.Len())
		for i := range elems {
			elems[i] = literal(v.Index(i), f)
		}
		return "[" + strings.Join(elems, ", ") + "]"
	case reflect.Float64:
		if math.IsInf(v.Float(), 0) {
			return strings.TrimPrefix(strings.ToLower(fmt.Sprint(v.Float())), "+")
		}
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case reflect.String:
		if f.template {
			return tomlString(v.String())
		}
		if original, ok := f.shown[v.String()]; ok {
			return tomlString(original)
		}
		return tomlString(protect(v.String()))
	}
	return fmt.Sprint(v.Interface())
}

// tomlString writes text as a basic string.
func tomlString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
