package conf

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Find returns the path of the configuration to load: flag (what -c was given), else $PLUMBAGO_CONFIG, else
// ./plumbago.toml or /etc/plumbago/plumbago.toml where there is one. Without any of them ok is false and the built-in
// Default holds.
func Find(flag string, env func(string) (string, bool)) (path string, ok bool) {
	if flag != "" {
		return flag, true
	}
	if path, _ := env("PLUMBAGO_CONFIG"); path != "" {
		return path, true
	}
	for _, path := range []string{"plumbago.toml", "/etc/plumbago/plumbago.toml"} {
		// A file that is there and cannot be looked at is found, too: loading it says why.
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path, true
		}
	}
	return "", false
}

// Load reads the configuration at path, with its includes. The File is fit for use only if there are no Faults.
func Load(path string, env func(string) (string, bool)) (*File, Faults) {
	text, err := os.ReadFile(path)
	if err != nil {
		return empty(), Faults{unreadable(path, err)}
	}
	return Parse(path, text, env)
}

// Parse reads a configuration that is at hand as text. Its name stands in messages, and what it includes is looked for
// relative to it. The File is fit for use only if there are no Faults.
func Parse(name string, text []byte, env func(string) (string, bool)) (*File, Faults) {
	l := newLoader(env)
	l.into.name = name
	l.file(name, string(text), l.into)
	l.include(name)
	l.into.hash = hex.EncodeToString(l.hash.Sum(nil))
	l.faults = append(l.faults, check(l.into, l.faults)...)
	return l.into, l.faults.sorted()
}

// A loader joins files.
type loader struct {
	env    func(string) (string, bool)
	into   *File
	hash   hash.Hash // of all texts
	faults Faults
}

func newLoader(env func(string) (string, bool)) *loader {
	return &loader{env: env, into: empty(), hash: sha256.New()}
}

// file decodes one text into f, and says where its sections stand.
func (l *loader) file(name, text string, f *File) {
	at := scan(text)
	io.WriteString(l.hash, text)
	l.into.sources[name] = at
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		l.faults = append(l.faults, syntax(name, at, err))
		return
	}
	d := &decoder{file: name, at: at, env: l.env, expanded: l.into.expanded}
	d.table(tree, reflect.ValueOf(f).Elem(), "")
	l.faults = append(l.faults, d.faults...)

	places := func(list string, n int) (ps []Place) {
		for i := range n {
			key := item(list, i+1)
			ps = append(ps, Place{File: name, Line: at.line(key), Key: key})
		}
		return ps
	}
	f.listen = places("listen", len(f.Listen))
	f.cluster = places("cluster", len(f.Cluster))
	f.rule = places("rule", len(f.Rule))
	for i, p := range f.rule {
		f.Rule[i].File, f.Rule[i].Line = p.File, p.Line
	}
}

// include appends the files that the one called name includes.
func (l *loader) include(name string) {
	seen := []string{filepath.Clean(name)}
	for i, pattern := range l.into.Include {
		paths, msg, hint := matches(filepath.Dir(name), pattern)
		for _, path := range paths {
			if slices.Contains(seen, path) {
				continue
			}
			seen = append(seen, path)
			text, err := os.ReadFile(path)
			if err != nil {
				msg = quote(path) + " " + unreadable(path, err).Msg
				continue
			}
			l.append(path, string(text))
		}
		if msg != "" {
			f := l.into.fault(Place{File: name}, "include", msg, hint)
			f.Line = l.into.sources[name].line(item("include", i+1))
			l.faults = append(l.faults, f)
		}
	}
}

// matches returns the files that a pattern of an include stands for, in the order of their names. What is wrong comes
// back as a message and a hint.
func matches(dir, pattern string) (paths []string, msg, hint string) {
	if pattern == "" {
		return nil, "must not be empty", ""
	}
	path := pattern
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if !strings.ContainsAny(pattern, "*?[") {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, "there is no file " + quote(path), `a glob like "conf.d/*.toml" may match nothing`
		}
		return []string{filepath.Clean(path)}, "", ""
	}
	paths, err := filepath.Glob(path)
	if err != nil {
		return nil, quote(pattern) + " is no glob", ""
	}
	return paths, "", ""
}

// append adds the sections of an included file. It may hold lists only: a setting would come as a surprise there.
func (l *loader) append(name, text string) {
	part := empty()
	l.file(name, text, part)
	f, at := l.into, l.into.sources[name]
	for _, single := range []string{"include", "log", "admin", "state", "history", "limits"} {
		if at.has(single) {
			l.faults = append(l.faults, f.fault(Place{File: name}, single, "cannot stand in an included file",
				"move it to the file that includes this one"))
		}
	}
	f.Listen, f.listen = append(f.Listen, part.Listen...), append(f.listen, part.listen...)
	f.Cluster, f.cluster = append(f.Cluster, part.Cluster...), append(f.cluster, part.cluster...)
	f.Rule, f.rule = append(f.Rule, part.Rule...), append(f.rule, part.rule...)
}

// unreadable makes a fault of a file that cannot be read.
func unreadable(path string, err error) Fault {
	var detail *fs.PathError
	if errors.As(err, &detail) {
		err = detail.Err
	}
	return Fault{File: path, Msg: "cannot be read: " + err.Error()}
}

// syntax makes a fault of what the TOML library says about text.
func syntax(name string, at *index, err error) Fault {
	var e toml.ParseError
	if !errors.As(err, &e) {
		return Fault{File: name, Line: 1, Msg: err.Error()}
	}
	if f, ok := at.twice(e.Position.Line); ok {
		f.File = name
		return f
	}
	// At the very end of a text the library may not say where it was.
	f := Fault{File: name, Line: max(e.Position.Line, 1), Msg: "is no TOML: " + strings.TrimSuffix(e.Message, ".")}
	switch {
	case strings.HasPrefix(e.Message, "expected value but found"):
		f.Hint = "text stands in quotes"
	case strings.HasPrefix(e.Message, "invalid escape in string"):
		f.Hint = "in single quotes a backslash is a backslash"
	case strings.HasPrefix(e.Message, "strings cannot contain newlines"):
		f.Hint = "is the closing quote missing?"
	}
	return f
}
