package lint

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the top of the tree, seen from this package.
const root = "../.."

// The longest a file may be, in lines: one idea fits in less.
const (
	longestFile = 400
	longestTest = 700
)

// TestDocs wants a comment that says what the package is above every package.
func TestDocs(t *testing.T) {
	for _, p := range list(t) {
		name := p.ImportPath[strings.LastIndex(p.ImportPath, "/")+1:]
		prefix := "Package " + name + " "
		if p.Name == "main" {
			prefix = ""
		}
		if p.Doc == "" || !strings.HasPrefix(p.Doc, prefix) {
			t.Errorf("%s has no package comment that begins with %q", p.ImportPath, prefix)
		}
	}
}

// files calls f with every file of the tree that is not testdata, a build's result or git's.
func files(t *testing.T, f func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			switch e.Name() {
			case ".git", "bin", "testdata":
				return filepath.SkipDir
			}
			return nil
		}
		if !e.Type().IsRegular() || e.Name() == ".git" { // a file in a worktree
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && !bytes.Contains(text[:min(len(text), 8<<10)], []byte{0}) {
			f(path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLength bounds the length of files.
func TestLength(t *testing.T) {
	files(t, func(path string, text []byte) {
		most := longestFile
		switch {
		case strings.HasSuffix(path, "_test.go"):
			most = longestTest
		case !strings.HasSuffix(path, ".go"):
			return
		}
		if n := bytes.Count(text, []byte("\n")); n > most {
			t.Errorf("%s has %d lines, more than %d: it holds more than one idea", path, n, most)
		}
	})
}

// TestState wants packages without state: no init, and no variable that anything assigns to or that others could. What
// is exported may be an error or an embedded file.
func TestState(t *testing.T) {
	for _, p := range list(t) {
		set := token.NewFileSet()
		var parsed []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		// Imports stay unresolved: the package's own names are all that is asked for, so errors do not matter.
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
		pkg, _ := (&types.Config{Error: func(error) {}}).Check(p.ImportPath, set, parsed, info)
		for _, f := range parsed {
			declared(t, set, f)
			assigned(t, set, f, func(id *ast.Ident) bool {
				v, ok := info.Uses[id].(*types.Var)
				return ok && v.Parent() == pkg.Scope()
			})
		}
	}
}

// declared looks at a file's declarations.
func declared(t *testing.T, set *token.FileSet, f *ast.File) {
	t.Helper()
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "init" && d.Recv == nil {
				t.Errorf("%s: init runs before anybody asked for it", set.Position(d.Pos()))
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR || d.Doc != nil && strings.Contains(directives(d.Doc), "//go:embed") {
				continue
			}
			for _, s := range d.Specs {
				for _, name := range s.(*ast.ValueSpec).Names {
					if name.IsExported() && !strings.HasPrefix(name.Name, "Err") {
						t.Errorf("%s: %s can be changed by everybody", set.Position(name.Pos()), name.Name)
					}
				}
			}
		}
	}
}

// directives returns a comment's text with its directives, which Text leaves out.
func directives(c *ast.CommentGroup) string {
	var b strings.Builder
	for _, line := range c.List {
		b.WriteString(line.Text + "\n")
	}
	return b.String()
}

// assigned looks for assignments to names that are a package's variables.
func assigned(t *testing.T, set *token.FileSet, f *ast.File, isState func(*ast.Ident) bool) {
	t.Helper()
	look := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.ParenExpr:
				e = x.X
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.Ident:
				if isState(x) {
					t.Errorf("%s: %s is state of a package", set.Position(x.Pos()), x.Name)
				}
				return
			default:
				return
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, e := range n.Lhs {
					look(e)
				}
			}
		case *ast.IncDecStmt:
			look(n.X)
		}
		return true
	})
}

// strange finds what only makes sense where the project was written. The pieces are put together here so that this file
// does not find itself.
var strange = regexp.MustCompile(`(^|[\s"'(` + "`" + `])(/wo` + `rk/|sha` + `red/)|\bthe con` + `tract\b|(CONTR` + `ACT|SEE` + `DS|REQUIRE` + `MENTS|PE` + `ERS)\.md|\bTO` + `DO\b|\bFIX` + `ME\b`)

// TestWords wants files that make sense to somebody who has only this tree.
func TestWords(t *testing.T) {
	files(t, func(path string, text []byte) {
		if strings.HasSuffix(path, "go.sum") {
			return
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if m := strange.Find(line); m != nil {
				t.Errorf("%s:%d: says %q", path, i+1, m)
			}
		}
	})
}
