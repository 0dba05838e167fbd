package conf

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// docs/configuration.md is written from the code: from the keys and defaults that the structs have, and from what their
// source says of them. `go test ./conf -run Reference -update` writes it anew.
func TestReference(t *testing.T) {
	const path = "../docs/configuration.md"
	want := reference(t)
	if *update {
		write(t, path, want)
	}
	if read(t, path) != want {
		t.Errorf("%s is stale: go test ./conf -run Reference -update", path)
	}
}

// reference renders the page.
func reference(t *testing.T) string {
	var b strings.Builder
	b.WriteString(read(t, "testdata/reference.md"))
	for _, s := range sections() {
		comments := fieldComments(t, s.of)
		if s.path != "" {
			fmt.Fprintf(&b, "\n## %s\n", strings.TrimPrefix(s.where, "in "))
		}
		for _, f := range fields(s.of) {
			field := s.of.FieldByIndex(f.index)
			if field.Type.Kind() == reflect.Struct && !isOne(reflect.New(field.Type).Elem()) || tables(field.Type) && hasSection(join(s.path, f.key)) {
				continue
			}
			comment := comments[field.Name]
			if comment == "" {
				t.Errorf("the key %s has no comment", join(s.path, f.key))
			}
			fmt.Fprintf(&b, "\n### `%s`\n\n%s\n\n%s\n", f.key, facts(s, f, field.Type), strings.NewReplacer("*", `\*`, "<", `\<`).Replace(comment))
		}
		if s.path == "rule.aggregate" {
			fmt.Fprintf(&b, "\nThe functions are described in [aggregation.md](aggregation.md#functions): %s, and percentiles like `p50`, `p99` and `p999`.\n", list(functions))
		}
	}
	b.WriteString("\n## Not built yet\n\nThese keys and values have their names already, and are refused with a message that says so:\n\n")
	for _, section := range slices.Sorted(maps.Keys(laterKeys)) {
		where := "at the top"
		if section != "" {
			where = "`" + section + "`"
		}
		fmt.Fprintf(&b, "- %s: %s\n", where, list(laterKeys[section]))
	}
	for _, key := range slices.Sorted(maps.Keys(laterValues)) {
		fmt.Fprintf(&b, "- values of `%s`: %s\n", key, list(laterValues[key]))
	}
	return b.String()
}

// hasSection says whether the table at path is described as a section.
func hasSection(path string) bool {
	return slices.ContainsFunc(sections(), func(s kind) bool { return s.path == path })
}

// tables says whether t is a table or a list of them, which has a section of its own.
func tables(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer) && t.Elem().Kind() == reflect.Struct
}

// facts says in one line what a key may be set to and what it is without.
func facts(s kind, f field, t reflect.Type) string {
	what := map[reflect.Kind]string{reflect.String: "text", reflect.Bool: "true or false", reflect.Int: "whole number", reflect.Float64: "number"}
	one := t
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		one = t.Elem()
	}
	name := what[one.Kind()]
	switch {
	case t.Kind() == reflect.Map:
		name = "table of texts, or of lists of texts"
	case tables(t):
		name = "table"
	case one == reflect.TypeFor[time.Duration]():
		name = "duration"
	case one == reflect.TypeFor[Share]():
		name = "share or size"
	case isOne(reflect.New(one).Elem()):
		name = "number of slices, or duration"
	case f.bytes:
		name = "size"
	}
	if t.Kind() == reflect.Slice {
		name = "list of " + map[string]string{"text": "texts", "duration": "durations", "number": "numbers"}[name]
	}
	if f.enum != nil {
		values := make([]string, len(f.enum))
		for i, value := range f.enum {
			values[i] = fmt.Sprintf("%q", value)
		}
		name = list(values)
	}
	v := fresh(s.of)
	if whole := reflect.ValueOf(empty()).Elem(); s.path != "" && len(strings.Split(s.path, ".")) == 1 {
		for _, top := range fields(whole.Type()) {
			if part := whole.FieldByIndex(top.index); top.key == s.path && part.Type() == s.of {
				v = part
			}
		}
	}
	value := v.FieldByIndex(f.index)
	switch {
	case value.Kind() == reflect.Map && value.IsNil(), (value.Kind() == reflect.Slice || value.Kind() == reflect.Pointer) && value.IsNil():
		return name + "; no default"
	case value.Kind() == reflect.String && value.Len() == 0 && (f.key == "name" || f.key == "as" || f.enum != nil || f.key == "rewrite"):
		return name + "; no default"
	}
	if s.path == "rule.aggregate.output" && f.key == "period" {
		return name + "; no default"
	}
	return name + "; default `" + literal(value, f) + "`"
}

func list(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }

// fieldComments reads what the source of a struct, and of those embedded in it, says of its fields.
func fieldComments(t *testing.T, of reflect.Type) map[string]string {
	t.Helper()
	comments := map[string]string{}
	dir := "../" + strings.TrimPrefix(of.PkgPath(), "plumbago/")
	for _, spec := range structs(t, dir) {
		if spec.Name.Name != of.Name() {
			continue
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			for _, name := range f.Names {
				comments[name.Name] = strings.TrimSpace(f.Doc.Text())
			}
		}
	}
	for _, f := range reflect.VisibleFields(of) {
		if f.Anonymous {
			maps.Copy(comments, fieldComments(t, f.Type))
		}
	}
	return comments
}

// structs returns the struct types that the package in dir declares.
func structs(t *testing.T, dir string) (specs []*ast.TypeSpec) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if _, ok := spec.Type.(*ast.StructType); ok {
					specs = append(specs, spec)
				}
			}
			return true
		})
	}
	return specs
}
