package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A result is everything about one scenario's measurement.
type result struct {
	Scenario     string        `json:"scenario"`
	About        string        `json:"about"`
	Date         string        `json:"date"`
	Command      string        `json:"command"`
	Runs         int           `json:"runs"`
	Seconds      int           `json:"seconds"`
	Machine      machine       `json:"machine"`
	Programs     []program     `json:"programs"`
	Measurements []measurement `json:"measurements"`

	begin     time.Time
	aggregate bool
}

// A program is a system's version and settings.
type program struct {
	Entry    string `json:"entry"`
	Version  string `json:"version"`
	Settings string `json:"settings"`
}

// newResult begins a result: what can be known before.
func newResult(b *bench, s scenario) *result {
	now := time.Now()
	r := &result{
		Scenario: s.name, About: s.about, Date: now.Format(time.RFC3339), Runs: b.runs, Seconds: s.seconds,
		Command: fmt.Sprintf("scripts/bench %s --runs %d --seconds %d", s.name, b.runs, s.seconds),
		Machine: thisMachine(b.root), begin: now, aggregate: s.aggregate,
	}
	if len(b.systems) > 0 {
		r.Command += " --systems " + strings.Join(b.systems, ",")
	}
	if b.verify {
		r.Command += " --verify"
	}
	if b.base != "" {
		r.Command += " --base " + b.base
		r.Machine.Base = b.base
	}
	seen := map[string]bool{}
	for _, e := range s.entries {
		if y := b.table()[e.system]; !seen[e.system] {
			seen[e.system] = true
			r.Programs = append(r.Programs, program{e.system, y.said(), y.settings})
		}
	}
	return r
}

// entry returns the measurements of one entry that were taken, and why there are none.
func (r *result) entry(label string) (taken []measurement, skipped string) {
	for _, m := range r.Measurements {
		switch {
		case m.Entry != label:
		case m.Skipped != "":
			skipped = m.Skipped
		default:
			taken = append(taken, m)
		}
	}
	return taken, skipped
}

// markdown writes the result for people.
func (r *result) markdown(s scenario) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n", r.Scenario, r.About)
	fmt.Fprintf(&b, "%s, `%s` (took %s). Medians of %d, with the extremes; the systems were measured in turn.\n\n",
		r.begin.Format("2006-01-02 15:04"), r.Command, took(r.begin), r.Runs)
	if s.idle {
		b.WriteString("| system | CPU ms/s | wake-ups/s | resident MiB |\n|---|---|---|---|\n")
	} else {
		b.WriteString("| system | CPU s/M | user / sys | klines/s | lost % | lag s | peak MiB | csw/M | CPU ratio | speed ratio | split % |\n")
		b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
	}
	var notes []string
	for _, e := range s.entries {
		taken, skipped := r.entry(e.label)
		if skipped != "" {
			notes = append(notes, fmt.Sprintf("- %s: not measured: %s", e.label, oneLine(skipped)))
		}
		if len(taken) == 0 {
			continue
		}
		baseline, _ := r.entry(s.baseline(e))
		if s.idle {
			r.idleRow(&b, e, taken)
			continue
		}
		r.row(&b, e, taken, baseline)
		if s.probes {
			notes = append(notes, fmt.Sprintf("- %s: probes were on the way for p50 %s, p99 %s ms", e.label,
				spreadOf(of(taken, p50)).format("%.2f"), spreadOf(of(taken, p99)).format("%.2f")))
		}
		if late := spreadOf(of(taken, func(m measurement) float64 { return m.Behind })).most; late > 0.05 {
			notes = append(notes, fmt.Sprintf("- %s: the generator was up to %.0f ms late: pushed back, or the machine was busy", e.label, late*1e3))
		}
		if e.most > 0 && s.rate > e.most {
			notes = append(notes, fmt.Sprintf("- %s: at %d lines/s, since it cannot keep up with more", e.label, e.most))
		}
		if m := taken[len(taken)-1]; m.Check != nil {
			notes = append(notes, fmt.Sprintf("- %s, last run: %s", e.label, m.verdict(s.aggregate)))
		}
	}
	r.harness(&notes)
	b.WriteString("\n" + strings.Join(notes, "\n") + "\n\n")
	b.WriteString(r.aims(s))
	for _, p := range r.Programs {
		if p.Settings != "-" {
			fmt.Fprintf(&b, "- %s: %s; settings: %s\n", p.Entry, p.Version, p.Settings)
		}
	}
	fmt.Fprintf(&b, "- machine: %s\n", r.Machine)
	return b.String()
}

// row writes one line of the table.
func (r *result) row(b *strings.Builder, e entry, taken, baseline []measurement) {
	show := func(verb string, f func(measurement) float64) string { return spreadOf(of(taken, f)).format(verb) }
	ratio := func(f func(measurement) float64) string {
		if all := ratios(taken, baseline, f); len(all) > 0 {
			return spreadOf(all).format("%.2f")
		}
		return "–"
	}
	speed, speedRatio := show("%.0f", delivered), ratio(delivered)
	if r.aggregate { // what comes out has nothing to do with how fast it is
		speed, speedRatio = "–", "–"
	}
	fmt.Fprintf(b, "| %s | %s | %s / %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", e.label,
		show("%.3f", perMillion),
		spreadOf(of(taken, func(m measurement) float64 { return m.User / float64(m.Sent) * 1e6 })).middle("%.2f"),
		spreadOf(of(taken, func(m measurement) float64 { return m.Sys / float64(m.Sent) * 1e6 })).middle("%.2f"),
		speed,
		missing(taken), show("%.2f", lag), show("%.0f", peak),
		spreadOf(of(taken, func(m measurement) float64 { return float64(m.Context) / float64(m.Sent) * 1e6 })).middle("%.0f"),
		ratio(perMillion), speedRatio, split(taken[len(taken)-1]))
}

// idleRow does so where nothing was sent.
func (r *result) idleRow(b *strings.Builder, e entry, taken []measurement) {
	show := func(verb string, f func(measurement) float64) string { return spreadOf(of(taken, f)).format(verb) }
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", e.label, show("%.2f", millisPerSecond), show("%.1f", wakeUps), show("%.1f", peak))
}

// missing writes how much was lost, or that what came out is wrong, and in how many of the runs.
func missing(taken []measurement) string {
	var right []measurement
	for _, m := range taken {
		if !m.Wrong {
			right = append(right, m)
		}
	}
	switch wrong := len(taken) - len(right); {
	case wrong == 0:
		return spreadOf(of(taken, lost)).format("%.2f")
	case wrong == len(taken):
		return "wrong"
	default:
		return fmt.Sprintf("%s; wrong in %d of %d", spreadOf(of(right, lost)).format("%.2f"), wrong, len(taken))
	}
}

// amount writes a sum, and one that is beyond all reason in short.
func amount(x float64) string {
	if math.Abs(x) >= 1e15 {
		return fmt.Sprintf("%.3g", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// middle writes the median alone.
func (s spread) middle(verb string) string { return fmt.Sprintf(verb, s.median) }

// split writes each destination's part of what arrived.
func split(m measurement) string {
	if len(m.Ports) < 2 || m.Got == 0 {
		return "–"
	}
	parts := make([]string, len(m.Ports))
	for i, n := range m.Ports {
		parts[i] = fmt.Sprintf("%.3f", float64(n)/float64(m.Got)*100)
	}
	return strings.Join(parts, " ")
}

// verdict says what the sink found in the lines.
func (m measurement) verdict(aggregate bool) string {
	c := m.Check
	if aggregate {
		return fmt.Sprintf("%d series; sum %s of %s sent (%s with slices that were corrected later); %d bad, %d back in time",
			c.Series, amount(c.Kept), amount(m.Sum), amount(c.Sum), c.Bad, c.Early)
	}
	return fmt.Sprintf("%d series; sum %s of %s sent; %d bad, %d back in time, %d left out, %d repeated",
		c.Series, amount(c.Sum), amount(m.Sum), c.Bad, c.Early, c.Lost, c.Again)
}

// harness notes what generator and sink cost: far less than what they drive, or the result says little.
func (r *result) harness(notes *[]string) {
	var load, sink []float64
	for _, m := range r.Measurements {
		if m.Sent > 0 {
			load = append(load, m.Load/float64(m.Sent)*1e6)
			sink = append(sink, m.Sink/float64(m.Sent)*1e6)
		}
	}
	if len(load) > 0 {
		*notes = append(*notes, fmt.Sprintf("- generator %s and sink %s CPU s per million lines sent, not in the table",
			spreadOf(load).format("%.3f"), spreadOf(sink).format("%.3f")))
	}
}

// write saves the result as DATE-SCENARIO.md and .json.
func (r *result) write(dir, text string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, r.begin.Format(time.DateOnly)+"-"+r.Scenario)
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".json", append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(path+".md", []byte(text), 0o644)
}

// String is the line that is printed after each run.
func (m measurement) String() string {
	if m.Skipped != "" {
		return fmt.Sprintf("%d  %-26s skipped: %s", m.Round+1, m.Entry, oneLine(m.Skipped))
	}
	if m.Sent == 0 {
		return fmt.Sprintf("%d  %-26s %8.3f CPU ms/s %8.1f wake-ups/s %6d MiB", m.Round+1, m.Entry, millisPerSecond(m), wakeUps(m), m.Peak>>20)
	}
	return fmt.Sprintf("%d  %-26s %8.3f CPU s/M %8.0f klines/s %7s %% lost %6.2f s lag %6d MiB",
		m.Round+1, m.Entry, perMillion(m), delivered(m), missing([]measurement{m}), m.Lag, m.Peak>>20)
}

// oneLine fits a message into a table or a list.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
