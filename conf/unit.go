package conf

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// The units of durations: the first spelling of each length is the one that is printed.
var durationUnits = []struct {
	length time.Duration
	names  []string
}{
	{7 * 24 * time.Hour, []string{"w", "week", "weeks"}},
	{24 * time.Hour, []string{"d", "day", "days"}},
	{time.Hour, []string{"h", "hour", "hours"}},
	{time.Minute, []string{"m", "min", "mins", "minute", "minutes"}},
	{time.Second, []string{"s", "sec", "secs", "second", "seconds"}},
	{time.Millisecond, []string{"ms", "millisecond", "milliseconds"}},
	{time.Microsecond, []string{"us", "microsecond", "microseconds"}},
	{time.Nanosecond, []string{"ns", "nanosecond", "nanoseconds"}},
}

var sizeUnits = []struct {
	bytes float64
	name  string
}{
	{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"},
	{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1e3, "KB"}, {1, "B"},
}

// The ways in which a number with a unit can be wrong.
var (
	errForm     = errors.New("is malformed")
	errNegative = errors.New("must not be negative")
	errLarge    = errors.New("is too large")
)

// parseDuration reads "10s", "1m30s", "1.5h", "5 minutes", "1 day 12 hours" and a bare "0".
func parseDuration(text string) (time.Duration, error) {
	rest := strings.TrimSpace(text)
	switch {
	case rest == "0":
		return 0, nil
	case rest == "":
		return 0, errForm
	case rest[0] == '-':
		return 0, errNegative
	}
	var sum float64 // exact up to 104 days in nanoseconds, which whole numbers of them do not need
	var whole time.Duration
	for rest != "" {
		number, name, after := cutUnit(rest)
		unit := durationUnit(name)
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || unit == 0 {
			return 0, errForm
		}
		if sum += n * float64(unit); sum >= math.MaxInt64 {
			return 0, errLarge
		}
		whole += time.Duration(n) * unit
		whole += time.Duration(math.Round((n - math.Floor(n)) * float64(unit)))
		rest = after
	}
	return whole, nil
}

func durationUnit(name string) time.Duration {
	for _, u := range durationUnits {
		for _, n := range u.names {
			if n == name {
				return u.length
			}
		}
	}
	return 0
}

// cutUnit cuts a decimal number and the unit after it off text, with the blanks between and after them.
func cutUnit(text string) (number, unit, rest string) {
	end := len(text) - len(strings.TrimLeft(text, "0123456789."))
	number, rest = text[:end], strings.TrimLeft(text[end:], " ")
	end = strings.IndexAny(rest, " 0123456789.-")
	if end < 0 {
		end = len(rest)
	}
	return number, rest[:end], strings.TrimLeft(rest[end:], " ")
}

// formatDuration writes d so that parseDuration reads it back, in whole units from days down.
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	var b strings.Builder
	for _, u := range durationUnits[1:] {
		if n := d / u.length; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.names[0])
			d -= n * u.length
		}
	}
	return b.String()
}

// parseSize reads "64MiB", "1GB", "1.5 GiB" and plain numbers of bytes.
func parseSize(text string) (int, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "-") {
		return 0, errNegative
	}
	number, name, rest := cutUnit(text)
	if n, err := strconv.Atoi(text); err == nil {
		return n, nil
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || rest != "" {
		return 0, errForm
	}
	for _, u := range sizeUnits {
		if strings.EqualFold(u.name, name) {
			if n*u.bytes >= math.MaxInt64 {
				return 0, errLarge
			}
			return int(n * u.bytes), nil
		}
	}
	return 0, errForm
}

// formatSize writes n bytes in the largest binary unit that divides it.
func formatSize(n int) string {
	for _, u := range sizeUnits[:4] {
		if n > 0 && n%int(u.bytes) == 0 {
			return strconv.Itoa(n/int(u.bytes)) + u.name
		}
	}
	return strconv.Itoa(n)
}
