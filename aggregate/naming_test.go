package aggregate

import (
	"strings"
	"testing"
)

// Results are called what `as` says, in the clean form, whatever stands in a name.
func TestResultNames(t *testing.T) {
	f := func(as, filled, name, want string) {
		t.Helper()
		o := DefaultOptions()
		o.As, o.Functions = as, []string{"avg"}
		r, err := NewRule(0, o)
		if err != nil {
			t.Fatal(err)
		}
		templates := []string{name}
		if filled != "" {
			templates = append(templates, filled)
		}
		if got := r.Results([]byte(o.Key(name, []byte(templates[0]), templates[1:])), 0)[0]; got != want {
			t.Errorf("%q of %q: got %q, want %q", as, name, got, want)
		}
	}
	f("{name}.{fn}", "", "a.b", "a.b.avg")
	f("{name}.{fn}", "", "b..y", "b.y.avg")
	f("{name}.{fn}", "", ".a.b.", "a.b.avg")
	f("{name}.{fn}", "", "a;z=1;b=2", "a.avg;b=2;z=1")
	f("x.{name}.{fn}.{name}.{period}.{fn}", "", "a", "x.a.avg.a.10s.avg")
	f(".{name}..{fn}", "", "a;dc=ams", "a.avg;dc=ams")
	f("{fn}", "", "a;dc=ams", "avg;dc=ams")
	f("{name};fn={fn}", "", "a;dc=ams", "a;dc=ams;fn=avg")
	f("{name}.{fn}", "", "{fn}.x", "{fn}.x.avg")
	f("$1", "by.{fn}."+string(rune(nameMark))+"."+string(rune(fnMark)), "a", "by.{fn}.a.avg") // a capture was "{fn}"
	f("$1", ".."+string(rune(nameMark)), "a", "a")
}

func TestMarkPlaceholders(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := MarkPlaceholders(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f("{name}.{fn}.{period}", "\x01.\x02.\x03")
	f("a.$1.${2}.${name}.{fn}", "a.$1.${2}.${name}.\x02")
	f("$${name}$", "$$\x01$")
	f("{other}{", "{other}{")
	f("${", "${")
	f("", "")
}

// The short way to the name of a result gives what the long one does.
func TestTailedNames(t *testing.T) {
	for _, as := range []string{
		"{name}.{fn}", "{name}", "{name}_{period}.{fn}", "{name}..{fn}", "{name}.{fn}.", "x.{name}", "{name}{name}", "{name}/{fn}", "{name};t={fn}", "{name}.{fn} ", "{name}é",
	} {
		o := DefaultOptions()
		o.As, o.Functions = as, []string{"avg"}
		r, err := NewRule(0, o)
		if err != nil {
			t.Fatal(err)
		}
		short := r.outputs[0].results[0]
		long := short
		long.tail = ""
		for _, key := range []string{"a", "a.b", "a.b;x=1;y=2", "é", "a-b_c", strings.Repeat("a", 65_530), strings.Repeat("a", 65_535), "a;x=" + strings.Repeat("b", 65_528)} {
			got, want := string(r.appendName([]byte("> "), []byte(key), &short)), string(r.appendName([]byte("> "), []byte(key), &long))
			if got != want {
				t.Errorf("%q of %.20q: %.40q, want %.40q", as, key, got, want)
			}
			all := Rule{outputs: r.outputs}
			if r.nameable([]byte(key)) != all.nameable([]byte(key)) {
				t.Errorf("%q: whether %.20q is nameable depends on the way", as, key)
			}
		}
	}
	if r, _ := NewRule(0, DefaultOptions()); r.tail != len(".avg") || r.outputs[0].results[1].tail != ".max" {
		t.Errorf("the default takes the long way: %+v", r.outputs)
	}
}
