package conf

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// Everything stands where it stands, whichever of TOML's ways it is written in.
func TestScan(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		var got []string
		for _, m := range scan(text).marks {
			got = append(got, strings.Join([]string{m.path, bytesAt(m)}, " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q\ngot  %q\nwant %q", text, got, want)
		}
	}
	f("")
	f("# a = 1\n")
	f("a = 1\n  b = 2", "a 1:1", "b 2:3")
	f("\ufeffa = 1", "a 1:4")
	f("[a]\nb = 1\r\n[a.c]\nd=1", "a 1:1", "a.b 2:1", "a.c 3:1", "a.c.d 4:1")
	f("[[r]]\nx=1\n[[r]]\n[r.y]\nx=1\n[[r.z]]", "r 1:1*", "r[1] 1:1", "r[1].x 2:1", "r[2] 3:1", "r[2].y 4:1", "r[2].y.x 5:1",
		"r[2].z 6:1*", "r[2].z[1] 6:1")
	f("a.b.c = 1\na.b.d = 2", "a 1:1*", "a.b 1:1*", "a.b.c 1:1", "a.b.d 2:1")
	f("a . \"b.c\" = 1\n'd' = 2\n\"\" = 3\n\"\\u0065\" = 4", "a 1:1*", `a."b.c" 1:1`, "d 2:1", `"" 3:1`, "e 4:1")
	f("a = [1, # one ]\n 2,\n]\nb = 1", "a 1:1", "a[1] 1:6*", "a[2] 2:2*", "b 4:1")
	f("a = [[1], {b = 2}]", "a 1:1", "a[1] 1:6*", "a[1][1] 1:7*", "a[2] 1:11*", "a[2].b 1:12")
	f("a = {b = 1, c.d = {}}\ne = 1", "a 1:1", "a.b 1:6", "a.c 1:13*", "a.c.d 1:13", "e 2:1")
	f("a = \"\"\"\nb = 1\n\\\"\"\"\nc = 2\"\"\"\"\"\nd = 1", "a 1:1", "d 5:1")
	f("a = '''\nb = '1'\n'''\nc = '\\'\nd = 1", "a 1:1", "c 4:1", "d 5:1")
	f("a = 1979-05-27 07:32:00 # b = 1\nc = -1_0.5e3", "a 1:1", "c 2:1")
}

// bytesAt writes the place of a mark, with a star if it is no key there.
func bytesAt(m mark) string {
	star := ""
	if m.key == nil {
		star = "*"
	}
	return strings.TrimSuffix(item("", m.line)[1:], "]") + ":" + strings.TrimSuffix(item("", m.col)[1:], "]") + star
}

// The keys of a text are those that the TOML library finds, in its order, and every key of its tree has a place.
func FuzzScan(f *testing.F) {
	for _, dir := range []string{"bad", "good", "warn"} {
		paths, _ := filepath.Glob(filepath.Join("testdata", dir, "*.toml"))
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Add("a = \"\"\"\\\n  x\"\"\"\"\nb = ''''''\nc.\"d\\te\".'f' = [[{g = 1}], [{h.i = 2}]] # j = 3\n[[k.l]]\n[k.l.m]\n\"\" = 1")
	f.Fuzz(func(t *testing.T, text string) {
		at := scan(text) // must end, whatever the text is
		var tree map[string]any
		meta, err := toml.Decode(text, &tree)
		if err != nil {
			return
		}
		var keys []toml.Key
		for _, m := range at.marks {
			if m.key != nil {
				keys = append(keys, m.key)
			}
		}
		if !slices.EqualFunc(keys, meta.Keys(), slices.Equal[toml.Key]) {
			t.Fatalf("got %q\nwant %q", keys, meta.Keys())
		}
		placed(t, at, tree, "")
	})
}

// placed checks that at knows each key and element of a tree.
func placed(t *testing.T, at *index, tree any, path string) {
	if path != "" && !at.has(path) {
		t.Fatalf("%s stands nowhere", path)
	}
	switch x := tree.(type) {
	case map[string]any:
		for key, value := range x {
			placed(t, at, value, join(path, key))
		}
	case []map[string]any:
		for i, value := range x {
			placed(t, at, value, item(path, i+1))
		}
	case []any:
		for i, value := range x {
			placed(t, at, value, item(path, i+1))
		}
	}
}
