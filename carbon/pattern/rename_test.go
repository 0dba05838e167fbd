package pattern

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// A test of templates on names that "**" matches or, with captures, `^([^.]*)\.(?P<rest>.*)$`.
func filled(t *testing.T, how func(*Template, []byte, string, *Captures) []byte) func(template, name, want string) {
	m := selecting(t, Selection{Options: Options{Regex: []string{`^([^.]*)\.?(?P<rest>.*)$`}}})
	return func(text, name, want string) {
		t.Helper()
		template, err := ParseTemplate(text, m.Captures(), m.Groups())
		if err != nil {
			t.Error(err)
			return
		}
		var c Captures
		m.Match(name, &c)
		if got := string(how(template, []byte("> "), name, &c)); got != "> "+want {
			t.Errorf("%q makes %q of %q; want %q", text, got, name, want)
		}
	}
}

func TestRename(t *testing.T) {
	f := filled(t, (*Template).Rename)
	f("x.$1", "a.b", "x.a")
	f("x.$1", "a.b;dc=ams;k=v", "x.a;dc=ams;k=v") // the tags stay
	f("$0.total", "a.b;dc=ams", "a.b.total;dc=ams")
	f("${0}.${name}", "a.b;dc=ams", "a.b.a.b;dc=ams")
	f("${rest}.$1", "a.b.c", "b.c.a")
	f("$0.${tag:dc}", "a;dc=ams", "a.ams;dc=ams")
	f("$0.${tag:other}x", "a;dc=ams", "a.x;dc=ams")
	f("${rest|flat}.${1|upper}", "a.b.c", "b_c.A")
	f("${rest|flat|upper}", "a.b.é", "B_É")
	f("${name|lower}", "A.B;DC=AMS", "a.b;DC=AMS")
	f("$0;kind=cpu", "a", "a;kind=cpu")
	f("$0;kind=cpu", "a;dc=ams;zone=1", "a;dc=ams;kind=cpu;zone=1")
	f("$0;dc=fra", "a;dc=ams;zone=1", "a;dc=fra;zone=1")
	f("$1;first=${1|upper};rest=x-$2", "a.b", "a;first=A;rest=x-b")
	f("$0;dc=", "a;dc=ams;zone=1", "a;zone=1")
	f("$0;dc=", "a", "a")
	f("$0;dc=${tag:none}", "a;dc=ams", "a") // set to nothing is removed, too
	f("$0;dc=${tag:dc|upper}", "a;dc=ams", "a;dc=AMS")
	f("cpu.${tag:dc}.$1;*=", "a;dc=ams;zone=1", "cpu.ams.a")
	f("$0;*=;z=1;b=2", "a;dc=ams", "a;b=2;z=1")
	f("$0;z=1;*=", "a;dc=ams", "a;z=1")
	f("$0;new=${tag:old};old=", "a;old=1", "a;new=1")
	f("$0;a=x=y", "a", "a;a=x=y")
	f("$$0;p=$$", "a", "$0;p=$")
	f("x.$2.y", "a;dc=ams", "x..y;dc=ams") // the caller cleans names
}

// The tags of a name part series where each name is a series, and do not where captures make groups.
func TestAppend(t *testing.T) {
	f := filled(t, (*Template).Append)
	f("$0", "a.b;dc=ams", "a.b;dc=ams")
	f("$0.total", "a.b;dc=ams", "a.b.total;dc=ams")
	f("${name|lower}", "A;dc=ams", "a;dc=ams")
	f("all.$1", "a.b;dc=ams", "all.a")
	f("all", "a.b;dc=ams", "all")
	f("all;dc=${tag:dc}", "a.b;dc=ams;host=x", "all;dc=ams")
	f("all;dc=${tag:dc}", "a.b;host=x", "all")
	f("all;zone=${tag:zone};dc=${tag:dc}", "a.b;dc=x;zone=1", "all;dc=x;zone=1")
	f("$0;host=", "a;dc=ams;host=x", "a;dc=ams")
	f("$0;*=", "a;dc=ams;host=x", "a")
	f("all;of=$0", "a;dc=ams", "all;of=a")
}

// What a result is called has no tags but those in the template: those of its series follow.
func TestFill(t *testing.T) {
	f := filled(t, (*Template).Fill)
	f("{name}.$1", "a.b;dc=ams", "{name}.a")
	f("$0.{fn}", "a.b;dc=ams", "a.b.{fn}")
	f("{name};fn={fn}", "a.b;dc=ams", "{name};fn={fn}")
}

func TestLiterals(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := Literals(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	f("a..$12$2.b;k=..", "a..xx.b")
	f("${name|lower}.$$.${1}x", "x.$.xx")
	f("", "")
	f("{name}.{fn}", "{name}.{fn}")
}

// The page on rules shows what becomes of a name.
func TestRulesPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	intro := regexp.MustCompile("With `match = \"(.*)\"`, `(.*)` becomes:").FindStringSubmatch(string(page))
	rows := regexp.MustCompile("(?m)^\\| `(.*[$].*)` \\| `(.*;.*|ams.*)` \\|$").FindAllStringSubmatch(string(page), -1)
	if intro == nil || len(rows) != 6 {
		t.Fatalf("there are %d rows", len(rows))
	}
	m := selecting(t, Selection{Options: Options{Match: []string{intro[1]}}})
	var c Captures
	m.Match(intro[2], &c)
	for _, row := range rows {
		template, err := ParseTemplate(strings.ReplaceAll(row[1], `\|`, "|"), m.Captures(), nil)
		if err != nil {
			t.Error(err)
		} else if got := string(template.Rename(nil, intro[2], &c)); got != row[2] {
			t.Errorf("%q makes %q, not %q", row[1], got, row[2])
		}
	}
}
