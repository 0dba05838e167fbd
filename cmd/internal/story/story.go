// Package story is the test language: a configuration, then steps at times, each a section of one text file. A story goes
// in; what comes out is how the daemon behaved where it should have behaved otherwise.
//
// A story runs in a bubble of its own time (testing/synctest), which begins at 2000-01-01 00:00:00 UTC and passes at
// once while everybody waits. Its configuration stands in its conf section, or is a real one. Every endpoint is a sink in
// memory: "sink:NAME", or whatever stands in a real configuration. Nothing else is stood in for: the pipeline is the
// daemon's.
//
//	-- conf --
//	[[cluster]]
//	name = "a"
//	endpoints = ["sink:a"]
//	...
//	-- 12:00:00 send --
//	web.1.hits 3 now
//	-- 12:00:12 expect a --
//	web.all.hits.sum 7 12:00:00
//
// Steps are: send [CONNECTION], expect SINK (everything that came since the last look, in any order; an empty body is
// nothing), ledger (lines like "sent 3" or "dropped.late 1"), query (an expression,
// then lines like "web.all.hits 7"), wait, down SINK, up SINK, stall SINK, restart and reload (the body is a whole configuration,
// which is in force from then on).
// A time is HH:MM:SS[.mmm], or +DURATION after the step before. In bodies, "now" and HH:MM:SS stand for Unix seconds;
// a line that begins with # is a comment.
package story

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
)

// dawn is when every story begins.
var dawn = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// A Story is a parsed story file.
type Story struct {
	File     string
	Head     []string // what stands before the first section: a comment
	Conf     []string // the lines of its own configuration; nil if it has none
	ConfLine int      // of the header above them, from 1
	Steps    []Step

	stage *stage // set by Against
}

// A Step is one section.
type Step struct {
	Line  int // of its header, from 1
	Title string
	At    time.Time
	Verb  string
	Arg   string
	Body  []string

	stage *stage // of a reload
}

var header = regexp.MustCompile(`^-- (.+) --$`)

// Read reads a story file.
func Read(file string) (*Story, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, string(text))
}

// Parse parses the text of a story.
func Parse(file, text string) (*Story, error) {
	s := &Story{File: file}
	at := dawn
	body := &s.Head
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		m := header.FindStringSubmatch(line)
		if m == nil {
			*body = append(*body, line)
			continue
		}
		if m[1] == "conf" {
			if s.Conf != nil || len(s.Steps) > 0 {
				return nil, fmt.Errorf("%s:%d: a story has one configuration, above its steps", file, i+1)
			}
			s.Conf, s.ConfLine, body = []string{}, i+1, &s.Conf
			continue
		}
		step, err := parseStep(m[1], at)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		step.Line, at = i+1, step.At
		s.Steps = append(s.Steps, step)
		body = &s.Steps[len(s.Steps)-1].Body
	}
	if len(s.Steps) == 0 {
		return nil, fmt.Errorf("%s: a story needs steps, like \"-- 12:00:00 send --\"", file)
	}
	return s, nil
}

func parseStep(title string, before time.Time) (Step, error) {
	words := strings.Fields(title)
	if len(words) < 2 {
		return Step{}, fmt.Errorf("a step is a time and a verb, not %q", title)
	}
	s := Step{Title: title, Verb: words[1]}
	if after, ok := strings.CutPrefix(words[0], "+"); ok {
		d, err := time.ParseDuration(after)
		if err != nil {
			return s, fmt.Errorf("time %q: %w", words[0], err)
		}
		s.At = before.Add(d)
	} else if s.At, ok = clock(words[0]); !ok {
		return s, fmt.Errorf("time %q is neither HH:MM:SS nor +DURATION", words[0])
	}
	if s.At.Before(before) {
		return s, fmt.Errorf("%q is before the step above it", words[0])
	}
	arg, known := verbs()[s.Verb]
	switch {
	case !known:
		return s, fmt.Errorf("there is no step %q", s.Verb)
	case arg && len(words) != 3:
		return s, fmt.Errorf("%s needs a sink", s.Verb)
	case len(words) > 3:
		return s, fmt.Errorf("too many words in %q", title)
	}
	if len(words) == 3 {
		s.Arg = words[2]
	}
	return s, nil
}

// verbs are what steps can do, and whether it is to a sink.
func verbs() map[string]bool {
	return map[string]bool{
		"send": false, "wait": false, "ledger": false, "query": false, "restart": false, "reload": false,
		"expect": true, "down": true, "up": true, "stall": true,
	}
}

// clock reads HH:MM:SS[.mmm] as a time of the story's first day.
func clock(text string) (time.Time, bool) {
	t, err := time.Parse("15:04:05", text)
	if err != nil {
		return t, false
	}
	return dawn.Add(t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))), true
}

// String writes the story as a file holds it.
func (s *Story) String() string {
	var b strings.Builder
	lines := func(lines []string) {
		for _, line := range lines {
			b.WriteString(line + "\n")
		}
	}
	lines(s.Head)
	if s.Conf != nil {
		b.WriteString("-- conf --\n")
		lines(s.Conf)
	}
	for _, step := range s.Steps {
		fmt.Fprintf(&b, "-- %s --\n", step.Title)
		lines(step.Body)
	}
	return b.String()
}
