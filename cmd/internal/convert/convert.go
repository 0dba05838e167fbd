package convert

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plumbago/conf"
)

// A Source is one file of the other program.
type Source struct {
	Name string // as it is to stand in comments and messages
	Text string
}

// Options say what is to be converted.
type Options struct {
	From   string // one of Languages
	Daemon string // of carbon's daemons the one that is meant: "relay" or "aggregator", perhaps with an instance, as in "relay:b"; may be empty
	Files  Files  // where further files come from that a configuration includes
}

// Files finds files that a configuration includes.
type Files struct {
	Glob func(pattern string) ([]string, error)
	Read func(path string) ([]byte, error)
}

// Disk finds files where they lie.
func Disk() Files { return Files{Glob: filepath.Glob, Read: os.ReadFile} }

// A Place is a line of a source.
type Place struct {
	File string
	Line int
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// A Gap is a part that has no counterpart here.
type Gap struct {
	At      Place
	Text    string // what it is, why it is left out, and what can be done instead
	Matters bool   // it changes where points go or what is computed
}

func (g Gap) String() string { return fmt.Sprintf("%s: %s", g.At, g.Text) }

// A Result is a configuration for plumbago.
type Result struct {
	Text string
	Gaps []Gap
}

// Complete says whether points go where they went, and the same is computed.
func (r *Result) Complete() bool {
	return !slices.ContainsFunc(r.Gaps, func(g Gap) bool { return g.Matters })
}

// A SyntaxError is what a source's own program would not have understood either.
type SyntaxError struct {
	At     Place
	Column int // from 1; 0 if it is not known
	Msg    string
}

func (e *SyntaxError) Error() string {
	if e.Column == 0 {
		return fmt.Sprintf("%s: %s", e.At, e.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", e.At, e.Column, e.Msg)
}

// writers turn sources into a script, by language.
func writers() map[string]func(*script, []Source, Options) error {
	return map[string]func(*script, []Source, Options) error{
		"carbon-c-relay":  convertRelay,
		"carbon":          convertCarbon,
		"carbon-relay-ng": convertNG,
		"statsd":          convertStatsd,
	}
}

// Languages returns the names of the programs whose configurations can be converted.
func Languages() []string { return []string{"carbon-c-relay", "carbon-relay-ng", "carbon", "statsd"} }

// Convert writes sources as a configuration of plumbago. Its error is a SyntaxError, or says what else made it impossible.
func Convert(sources []Source, o Options) (*Result, error) {
	write, ok := writers()[o.From]
	if !ok {
		return nil, fmt.Errorf("there is no language %q to convert from, but: %s", o.From, strings.Join(Languages(), ", "))
	}
	if len(sources) == 0 {
		return nil, errors.New("there is no file to convert")
	}
	s := newScript(o.From, sources)
	if err := write(s, sources, o); err != nil {
		return nil, err
	}
	return s.result()
}

// result holds what was written to the check that plumbago itself makes.
func (s *script) result() (*Result, error) {
	text := s.text()
	none := func(string) (string, bool) { return "", false }
	_, faults := conf.Parse("converted", []byte(text), none)
	var all []error
	for _, f := range faults {
		if strings.Contains(f.Key, ".tls.") { // a certificate need not lie on this machine
			s.gaps = append(s.gaps, Gap{At: s.origin(f.Line), Text: f.Key + ": " + f.Msg})
			continue
		}
		msg := f.Msg
		if f.Hint != "" {
			msg += " (" + f.Hint + ")"
		}
		at := s.origin(f.Line)
		all = append(all, &SyntaxError{At: at, Msg: fmt.Sprintf("cannot be said in plumbago's words: %s: %s", f.Key, msg)})
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	return &Result{Text: text, Gaps: s.gaps}, nil
}
