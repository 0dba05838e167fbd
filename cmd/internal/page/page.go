// Package page is the daemon's page: one document with its scripts and styles, built into the program. What comes in is a
// request for one of them; what goes out is that file, and with it the word to browsers that nothing from elsewhere
// belongs to it. The page itself asks the API like anybody else, and changes nothing.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed web
var web embed.FS

// policy lets the page load its own files and nothing else, and be shown in no other page. Names of metrics come from
// whoever can send a line, so the page must be safe even if one found its way into it as markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Prefix is where the files are that the document at / needs.
const Prefix = "/page/"

// A file is what one path answers with.
type file struct {
	text []byte
	kind string // its media type
	tag  string // changes with the text
}

// Handler answers at / with the document, and below Prefix with what it needs.
func Handler() http.Handler {
	files := map[string]file{}
	err := fs.WalkDir(web, "web", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := web.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		at := Prefix + path.Base(name)
		if path.Base(name) == "index.html" {
			at = "/"
		}
		files[at] = file{text, kind(name), `"` + hex.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("bug: reading what is built in: %v", err))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache") // ask each time: another build has other files
		h.Set("ETag", f.tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.text))
	})
}

// kind returns a file's media type. It does not depend on what the machine's own tables say of scripts, which a browser
// would refuse under another type.
func kind(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "text/plain; charset=utf-8"
}
