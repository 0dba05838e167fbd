package query

import (
	"math"
	"strconv"
	"strings"
)

// The units of intervals, in seconds, and the letters that may stand for them.
var units = []struct {
	name, letter string
	seconds      int64
}{{"second", "s", 1}, {"minute", "m", 60}, {"hour", "h", 3600}, {"day", "d", 86400}}

// maxInterval is longer than any past that can be kept, and short enough for what is computed with it.
const maxInterval = math.MaxInt32

// ParseInterval reads "5 minutes" or "5m", in seconds. It is stricter than the configuration's durations: a number, one
// blank, a unit.
func ParseInterval(text string) (seconds int64, ok bool) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	n, err := strconv.ParseInt(text[:digits], 10, 64)
	if err != nil || n <= 0 {
		return 0, false
	}
	unit, worded := strings.CutPrefix(text[digits:], " ")
	for _, u := range units {
		if worded && (unit == u.name || unit == u.name+"s") || !worded && unit == u.letter {
			return n * u.seconds, n <= maxInterval/u.seconds
		}
	}
	return 0, false
}

// interval writes seconds so that ParseInterval reads them back.
func interval(seconds int64) string {
	u := units[0]
	for _, longer := range units {
		if seconds%longer.seconds == 0 {
			u = longer
		}
	}
	text := strconv.FormatInt(seconds/u.seconds, 10) + " " + u.name
	if seconds != u.seconds {
		text += "s"
	}
	return text
}
