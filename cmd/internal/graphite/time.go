// Package graphite speaks Graphite's HTTP: what /render and /metrics/find are asked, and the answers in the forms that Grafana,
// carbonapi and graphite-web read. What comes in is parameters, and kept points; what goes out is bytes. It evaluates no functions:
// that is what carbonapi and graphite-web are for, which can ask it.
package graphite

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time as from and until have it: Unix seconds, "now", "-1h", "now-5min", "midnight", "20260131",
// "14:30_20260131", each with an offset if need be. Days are those of now's zone.
func ParseTime(text string, now time.Time) (seconds int64, err error) {
	text = strings.ToLower(strings.NewReplacer("_", "", " ", "", ",", "").Replace(text))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 && !isDate(text) {
		return within(n, text)
	}
	base, offset := text, ""
	if i := strings.IndexAny(text, "+-"); i >= 0 {
		base, offset = text[:i], text[i:]
	}
	at, ok := reference(base, now)
	if !ok {
		return 0, fmt.Errorf("%q is no time (write Unix seconds, now, -1h or 14:30_20260131)", text)
	}
	for offset != "" {
		var d time.Duration
		if d, offset, err = firstOffset(offset); err != nil {
			return 0, fmt.Errorf("%q is no time: %w", text, err)
		}
		at = at.Add(d)
	}
	return within(at.Unix(), text)
}

// farthest is how many seconds from 1970 anybody can mean: some two thousand years.
const farthest = 1 << 36

// within refuses times that nobody can mean, and that would overflow what is made of them.
func within(seconds int64, text string) (int64, error) {
	if seconds > farthest || seconds < -farthest {
		return 0, fmt.Errorf("%.40q is too far from now", text)
	}
	return seconds, nil
}

// isDate says whether eight digits are a day: years before 1900 are Unix seconds.
func isDate(text string) bool {
	_, err := time.Parse("20060102", text)
	return err == nil && text > "19000101"
}

// reference returns the time that offsets are counted from.
func reference(text string, now time.Time) (time.Time, bool) {
	year, month, day := now.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, now.Location())
	switch text {
	case "", "now":
		return now, true
	case "midnight", "today":
		return midnight, true
	case "noon":
		return midnight.Add(12 * time.Hour), true
	case "teatime":
		return midnight.Add(16 * time.Hour), true
	case "yesterday":
		return midnight.AddDate(0, 0, -1), true
	case "tomorrow":
		return midnight.AddDate(0, 0, 1), true
	}
	for _, layout := range []string{"20060102", "15:0420060102", "15:04"} {
		t, err := time.ParseInLocation(layout, text, now.Location())
		switch {
		case err != nil:
		case layout == "15:04":
			return midnight.Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute), true
		default:
			return t, true
		}
	}
	return now, false
}

// mostOffset bounds an offset, so that no sum of few overflows: about 95 years.
const mostOffset = 3e9

// firstOffset reads the first of one or more offsets, such as "-1h30min+2s" has.
func firstOffset(text string) (d time.Duration, rest string, err error) {
	sign := time.Duration(1)
	switch text[0] {
	case '-':
		sign, text = -1, text[1:]
	case '+':
		text = text[1:]
	}
	digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if digits <= 0 {
		return 0, "", fmt.Errorf("a number with a unit should be at %q", text)
	}
	n, err := strconv.ParseInt(text[:digits], 10, 64)
	letters := strings.IndexFunc(text[digits:], func(r rune) bool { return r < 'a' || r > 'z' })
	if letters < 0 {
		letters = len(text) - digits
	}
	word, rest := text[digits:digits+letters], text[digits+letters:]
	unit, ok := unitOf(word)
	switch {
	case !ok:
		return 0, "", fmt.Errorf("%q is no unit (there are s, min, h, d, w, mon and y)", word)
	case err != nil || float64(n)*unit.Seconds() > mostOffset:
		return 0, "", fmt.Errorf("%s%s is too long", text[:digits], word)
	}
	return sign * time.Duration(n) * unit, rest, nil
}

// unitOf returns the unit that begins so.
func unitOf(word string) (time.Duration, bool) {
	const day = 24 * time.Hour
	for _, u := range []struct {
		prefix string
		unit   time.Duration
	}{{"s", time.Second}, {"min", time.Minute}, {"h", time.Hour}, {"d", day}, {"w", 7 * day}, {"mon", 30 * day}, {"y", 365 * day}} {
		if strings.HasPrefix(word, u.prefix) {
			return u.unit, true
		}
	}
	return 0, false
}
