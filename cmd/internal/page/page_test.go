package page

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Each file answers under its type and with the policy that keeps everything else out, and once only to who has it.
func TestHandler(t *testing.T) {
	h := Handler()
	get := func(at, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, at, nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	f := func(at, kind, part string) {
		t.Helper()
		w := get(at, "")
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s answers %d %s %.80q", at, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} {
			if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") {
				t.Errorf("%s has the policy %q", at, policy)
			}
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s may be sniffed", at)
		}
		if again := get(at, w.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s answers %d to who has it", at, again.Code)
		}
	}
	f("/", "text/html; charset=utf-8", "<title>plumbago</title>")
	f("/page/main.js", "text/javascript; charset=utf-8", "import")
	f("/page/style.css", "text/css; charset=utf-8", ":root")
	f("/page/icon.svg", "image/svg+xml", "<svg")
	f("/page/uPlot.LICENSE.txt", "text/plain; charset=utf-8", "MIT License")
	for _, at := range []string{"/page/", "/page/index.html", "/page/nothing.js", "/page/../page.go"} {
		if w := get(at, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", at, w.Code)
		}
	}
}

// What is built in is what uPlot's authors released as 1.6.32.
func TestVendored(t *testing.T) {
	for name, want := range map[string]string{
		"uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"uPlot.min.css":     "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
		"uPlot.LICENSE.txt": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
	} {
		text, err := web.ReadFile("web/uplot/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s was changed", name)
		}
	}
}

// Nothing of ours makes markup of text, carries a script or style in the document, or names an address elsewhere.
func TestSources(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser|setAttribute\("style|<style|<script>| style="| on[a-z]+="`)
	elsewhere := regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}`)
	most := 400
	err := fs.WalkDir(web, "web", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Base(path.Dir(name)) == "uplot" {
			return err
		}
		text, err := web.ReadFile(name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if m := forbidden.FindString(line); m != "" {
				t.Errorf("%s:%d: %s", name, i+1, m)
			}
			if m := elsewhere.FindString(line); m != "" && !strings.Contains(line, "http://www.w3.org/2000/svg") {
				t.Errorf("%s:%d: %s is elsewhere", name, i+1, m)
			}
			if i >= most {
				t.Errorf("%s has more than %d lines", name, most)
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every file that a file names is there, and every file is named by one.
func TestComplete(t *testing.T) {
	named := map[string]bool{"index.html": true, "uPlot.LICENSE.txt": true}
	all := map[string]bool{}
	reference := regexp.MustCompile(`(?:src|href)="/page/([^"]+)"|from "\./([^"]+)"`)
	err := fs.WalkDir(web, "web", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if all[path.Base(name)] {
			t.Errorf("two files are called %s", path.Base(name))
		}
		all[path.Base(name)] = true
		text, err := web.ReadFile(name)
		for _, m := range reference.FindAllStringSubmatch(string(text), -1) {
			named[m[1]+m[2]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range named {
		if !all[name] {
			t.Errorf("%s is named and not there", name)
		}
	}
	for name := range all {
		if !named[name] {
			t.Errorf("%s is there and nobody names it", name)
		}
	}
}
