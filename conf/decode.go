package conf

import (
	"reflect"
	"slices"
	"strings"

	"plumbago/aggregate"
	"plumbago/carbon/transport"
	"plumbago/ingest"
	"plumbago/ingest/events"
	"plumbago/ingest/statsd"
	"plumbago/relay"
)

// A decoder puts one file's tree into structs, by their toml tags, and collects what does not fit.
type decoder struct {
	file   string
	at     *index
	env    func(string) (string, bool)
	faults Faults

	expanded map[string]string // texts that the environment went into, and how they were written
}

// A field is a key that a struct has.
type field struct {
	key      string
	index    []int
	enum     []string // the values it may have; any if nil
	bytes    bool     // whether it is a size
	template bool     // whether ${...} in it refers to a match and not to the environment

	shown map[string]string // how texts are to be written, where that is not as they are
}

// fields returns the keys of a struct in their order, those of embedded structs among them.
func fields(t reflect.Type) (fs []field) {
	for _, f := range reflect.VisibleFields(t) {
		key := f.Tag.Get("toml")
		if f.Anonymous || key == "" || key == "-" {
			continue
		}
		fd := field{key: key, index: f.Index, bytes: f.Tag.Get("unit") == "bytes", template: f.Tag.Get("env") == "-"}
		if enum := f.Tag.Get("enum"); enum != "" {
			fd.enum = strings.Split(enum, "|")
		}
		fs = append(fs, fd)
	}
	return fs
}

// fresh returns a new struct of type t with its defaults.
func fresh(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch o := v.Addr().Interface().(type) {
	case *ingest.Options:
		*o = ingest.DefaultOptions()
	case *transport.ServerTLS:
		*o = transport.DefaultServerTLS()
	case *events.Options:
		*o = events.DefaultOptions()
	case *ingest.FilesOptions:
		*o = ingest.DefaultFilesOptions()
	case *relay.ClusterOptions:
		*o = relay.DefaultClusterOptions()
	case *aggregate.Options:
		*o = aggregate.DefaultOptions()
	case *aggregate.OutputOptions:
		*o = aggregate.DefaultOutputOptions()
	case *statsd.Options:
		*o = statsd.DefaultOptions()
	case *transport.ClientTLS:
		*o = transport.DefaultClientTLS()
	}
	return v
}

// fault notes what is wrong at path.
func (d *decoder) fault(path, msg, hint string) {
	d.faults = append(d.faults, Fault{File: d.file, Line: d.at.line(path), Key: path, Msg: msg, Hint: hint})
}

// table puts a tree into the struct v.
func (d *decoder) table(tree map[string]any, v reflect.Value, path string) {
	known := fields(v.Type())
	for key, value := range tree {
		at := join(path, key)
		i := slices.IndexFunc(known, func(f field) bool { return f.key == key })
		switch {
		case i >= 0:
			d.value(value, v.FieldByIndex(known[i].index), known[i], at)
		case keyIsLater(path, key):
			d.fault(at, notBuilt(key), "")
		default:
			d.fault(at, "unknown key", d.rightKey(key, path, known))
		}
	}
}

// rightKey makes the hint for an unknown key: the nearest of its section, or the section that it belongs in, if possible
// one within its own.
func (d *decoder) rightKey(key, path string, known []field) string {
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.key
	}
	if right := nearest(key, names); right != "" {
		return didYouMean(right)
	}
	hint := ""
	for _, s := range sections() {
		if !slices.ContainsFunc(fields(s.of), func(f field) bool { return f.key == key }) {
			continue
		}
		within := strings.HasPrefix(s.path, section(path)+".")
		if hint == "" || within {
			hint = "it belongs " + s.where
		}
		if within {
			break
		}
	}
	return hint
}

// value puts one value into v, which is what the key f is made of.
func (d *decoder) value(value any, v reflect.Value, f field, path string) {
	if isOne(v) {
		d.scalar(value, v, f, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if tree, ok := value.(map[string]any); ok {
			d.table(tree, v, path)
		} else {
			d.fault(path, mustBe("a table", value), "write ["+section(path)+"]")
		}
	case reflect.Pointer:
		elem := fresh(v.Type().Elem())
		d.value(value, elem, f, path)
		v.Set(elem.Addr())
	case reflect.Map:
		d.lists(value, v, f, path)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			d.tables(value, v, path)
		} else {
			d.list(value, v, f, path)
		}
	default:
		d.scalar(value, v, f, path)
	}
}

// tables puts a list of tables into the slice of structs v.
func (d *decoder) tables(value any, v reflect.Value, path string) {
	var trees []map[string]any
	switch list := value.(type) {
	case []map[string]any:
		trees = list
	case []any:
		for _, elem := range list {
			if tree, ok := elem.(map[string]any); ok {
				trees = append(trees, tree)
			}
		}
		if len(trees) < len(list) {
			d.fault(path, "must be a list of tables", "write [["+section(path)+"]]")
			return
		}
	default:
		d.fault(path, mustBe("a list of tables", value), "write [["+section(path)+"]]")
		return
	}
	for i, tree := range trees {
		elem := fresh(v.Type().Elem())
		d.table(tree, elem, item(path, i+1))
		v.Set(reflect.Append(v, elem))
	}
}

// lists puts a table of lists of scalars, whose keys are the user's own, into the map v.
func (d *decoder) lists(value any, v reflect.Value, f field, path string) {
	tree, ok := value.(map[string]any)
	if !ok {
		d.fault(path, mustBe("a table", value), `write `+f.key+` = {key = "value"}`)
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(tree)))
	for key, value := range tree {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.list(value, elem, f, join(path, key))
		v.SetMapIndex(reflect.ValueOf(key), elem)
	}
}

// list puts a list of scalars into the slice v; a single scalar is a list of one.
func (d *decoder) list(value any, v reflect.Value, f field, path string) {
	list, ok := value.([]any)
	if !ok {
		elem := reflect.New(v.Type().Elem()).Elem()
		if d.scalar(value, elem, f, path) {
			v.Set(reflect.Append(reflect.MakeSlice(v.Type(), 0, 1), elem))
		}
		return
	}
	out := reflect.MakeSlice(v.Type(), len(list), len(list))
	for i, one := range list {
		if !d.element(one, out.Index(i), f, path, i) {
			ok = false
		}
	}
	if ok {
		v.Set(out)
	}
}

// element puts the i-th element of a list into v. A fault of it stands under the list's key, at the element's line.
func (d *decoder) element(value any, v reflect.Value, f field, path string, i int) bool {
	before := len(d.faults)
	ok := d.scalar(value, v, f, path)
	for j := before; j < len(d.faults); j++ {
		d.faults[j].Line = d.at.line(item(path, i+1))
	}
	return ok
}
