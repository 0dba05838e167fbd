package conf

import (
	"strconv"
	"strings"
)

// A Share is an amount of something of which there is a whole: so many hundredths of it, or so many bytes.
type Share struct{ Percent, Bytes int }

// Of returns the amount where the whole is so many bytes; one of 0 is unknown. No amount is 0.
func (s Share) Of(whole int) int {
	if s.Percent > 0 {
		return whole / 100 * s.Percent
	}
	return s.Bytes
}

// literal writes the share as TOML.
func (s Share) literal() string {
	switch text := formatSize(s.Bytes); {
	case s.Percent > 0:
		return strconv.Quote(strconv.Itoa(s.Percent) + "%")
	case text != strconv.Itoa(s.Bytes):
		return strconv.Quote(text)
	default:
		return text
	}
}

// share reads a share: "80%", or what a size can be.
func (d *decoder) share(value any, s *Share, path string) bool {
	const forms = `write it like "80%", "512MiB", "1GB" or, in bytes, 536870912`
	text, _ := value.(string)
	if number, ok := strings.CutSuffix(strings.TrimSpace(text), "%"); ok {
		percent, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil || percent < 1 || percent > 100 {
			d.fault(path, quote(text)+" is no share: it must be from 1% to 100%", "")
			return false
		}
		*s = Share{Percent: percent}
		return true
	}
	n, err := sizeOf(value)
	switch err {
	case nil:
		*s = Share{Bytes: n}
	case errForm:
		d.fault(path, mustBe("a share or a size", value), forms)
	default:
		d.fault(path, err.Error(), "")
	}
	return err == nil
}
