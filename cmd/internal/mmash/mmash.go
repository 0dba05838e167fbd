// Package mmash is a small web server over applications' mmstats files: what labels there are, their values in each file or
// put together, and live graphs of them. Requests come in; the files are read anew at each of them, and nothing is kept.
package mmash

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"plumbago/ingest/mmstats"
)

//go:embed web
var web embed.FS

// A Server answers for the files of one glob.
type Server struct {
	// Glob names the files. What a request asks for lies in its folder.
	Glob string
	// Folder is where globs of requests begin.
	Folder string
}

// New returns a server for the files that glob names.
func New(glob string) *Server { return &Server{Glob: glob, Folder: filepath.Dir(glob)} }

// Handler returns the routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /graph/{$}", s.graph)
	mux.HandleFunc("GET /stats/{name...}", s.stats)
	mux.HandleFunc("GET /files/{glob...}", s.files)
	mux.Handle("GET /web/", http.FileServerFS(web))
	return secure(mux)
}

// secure has the browser take nothing from elsewhere: labels are anybody's text.
func secure(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		h.ServeHTTP(w, r)
	})
}

// A file is one that was read.
type file struct {
	name   string // within the folder
	fields []mmstats.Field
}

// read reads the files of a glob within the folder, or of the server's own if it is empty. Those without a field are left out.
func (s *Server) read(glob string) ([]file, error) {
	pattern := s.Glob
	if glob != "" {
		if filepath.IsAbs(glob) || slices.Contains(strings.Split(filepath.ToSlash(glob), "/"), "..") {
			return nil, fmt.Errorf("the glob %q leads out of the folder", glob)
		}
		pattern = filepath.Join(s.Folder, glob)
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("the glob %q: %w", glob, err)
	}
	var all []file
	for _, path := range paths {
		fields, _ := mmstats.ReadFile(path) // what can be read of a damaged one
		if len(fields) == 0 {
			continue
		}
		name, err := filepath.Rel(s.Folder, path)
		if err != nil {
			name = path
		}
		all = append(all, file{name, fields})
	}
	return all, nil
}

func (s *Server) files(w http.ResponseWriter, r *http.Request) {
	all, err := s.read(r.PathValue("glob"))
	if err != nil {
		fail(w, err)
		return
	}
	names := []string{}
	for _, f := range all {
		names = append(names, f.name)
	}
	answer(w, map[string][]string{"files": names})
}

func (s *Server) stats(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	all, err := s.read(q.Get("glob"))
	if err != nil {
		fail(w, err)
		return
	}
	name := r.PathValue("name")
	if name == "" {
		answer(w, map[string][]string{"stats": labels(all)})
		return
	}
	values := collect(all, name, q.Has("exact"))
	put, known := together[q.Get("aggr")]
	if !known {
		shown := map[string][]any{}
		for label, list := range values {
			for _, v := range list {
				shown[label] = append(shown[label], jsonValue(v))
			}
		}
		answer(w, shown)
		return
	}
	one := map[string]any{}
	for label, list := range values {
		v, err := combine(list, put)
		if err != nil {
			fail(w, fmt.Errorf("%s: %w", label, err))
			return
		}
		one[label] = jsonValue(v)
	}
	if len(one) == 0 {
		fail(w, fmt.Errorf("no field begins with %q", name))
		return
	}
	answer(w, one)
}

// labels returns all labels, each once, in order.
func labels(all []file) []string {
	names := []string{}
	for _, f := range all {
		for i := range f.fields {
			names = append(names, f.fields[i].Label)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// collect returns the values of the labels that begin with name, or of name alone, file by file.
func collect(all []file, name string, exact bool) map[string][]any {
	values := map[string][]any{}
	for _, f := range all {
		for i := range f.fields {
			label := f.fields[i].Label
			if label == name || !exact && strings.HasPrefix(label, name) {
				values[label] = append(values[label], f.fields[i].Value)
			}
		}
	}
	return values
}

// together puts numbers together, by the name that aggr has for it. There is at least one.
var together = map[string]func([]float64) float64{
	"avg": mean, "one": func(v []float64) float64 { return v[0] }, "max": slices.Max[[]float64], "min": slices.Min[[]float64], "sum": sum,
	"nonzero-min": func(v []float64) float64 { return slices.Min(nonzero(v)) }, "nonzero-avg": func(v []float64) float64 { return mean(nonzero(v)) },
}

func sum(v []float64) (total float64) {
	for _, x := range v {
		total += x
	}
	return total
}

func mean(v []float64) float64 { return sum(v) / float64(len(v)) }

// nonzero returns the numbers that are not 0, or a 0 if all are.
func nonzero(v []float64) []float64 {
	v = slices.DeleteFunc(slices.Clone(v), func(x float64) bool { return x == 0 })
	if len(v) == 0 {
		return []float64{0}
	}
	return v
}

var errText = errors.New("a text cannot be put together with others")

// combine puts the values of one label together.
func combine(list []any, put func([]float64) float64) (any, error) {
	var numbers []float64
	for _, v := range list {
		x, ok := (&mmstats.Field{Value: v}).Number()
		if !ok {
			return nil, errText
		}
		numbers = append(numbers, x)
	}
	return put(numbers), nil
}

// jsonValue returns v as JSON can have it: it knows no NaN and no infinity.
func jsonValue(v any) any {
	if x, ok := v.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
		return nil
	}
	return v
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

var pages = template.Must(template.ParseFS(web, "web/*.html"))

// index lists the labels.
func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	all, err := s.read("")
	if err != nil {
		fail(w, err)
		return
	}
	s.page(w, "index.html", labels(all))
}

// A line is a label on the page of graphs.
type line struct {
	Label string
	Text  string // of a text
	Plain bool   // it is one
}

func (s *Server) graph(w http.ResponseWriter, _ *http.Request) {
	all, err := s.read("")
	if err != nil {
		fail(w, err)
		return
	}
	seen := map[string]bool{}
	var lines []line
	for _, f := range all {
		for i := range f.fields {
			field := &f.fields[i]
			if seen[field.Label] {
				continue
			}
			seen[field.Label] = true
			l := line{Label: field.Label}
			l.Text, l.Plain = field.Value.(string)
			lines = append(lines, l)
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.Label, b.Label) })
	s.page(w, "graph.html", lines)
}

func (s *Server) page(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pages.ExecuteTemplate(w, name, data)
}
