package graphite

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"plumbago/carbon"
)

// AppendJSON writes lines as format=json has them. With dense, times without a value are left out, as noNullPoints asks.
func AppendJSON(out []byte, lines []Line, dense bool) []byte {
	out = append(out, '[')
	for i := range lines {
		l := &lines[i]
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"target":`...)
		out = appendText(out, l.Name)
		out = append(out, `,"tags":`...)
		out = appendTags(out, l.Name)
		out = append(out, `,"datapoints":[`...)
		first := true
		for j, v := range l.Values {
			none := math.IsNaN(v) || math.IsInf(v, 0)
			if none && dense {
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = append(out, '[')
			if none {
				out = append(out, "null"...)
			} else {
				out = carbon.AppendNumber(out, v)
			}
			out = strconv.AppendInt(append(out, ','), l.Start+int64(j)*l.Step, 10)
			out = append(out, ']')
		}
		out = append(out, `]}`...)
	}
	return append(out, ']')
}

func appendText(out []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("bug: a text that is no JSON: " + err.Error())
	}
	return append(out, quoted...)
}

// appendTags writes a name's tags, of which its path is the one called name.
func appendTags(out []byte, name string) []byte {
	path, tags, _ := strings.Cut(name, ";")
	out = appendText(append(out, `{"name":`...), path)
	for tags != "" {
		var tag string
		tag, tags, _ = strings.Cut(tags, ";")
		key, value, _ := strings.Cut(tag, "=")
		out = append(appendText(append(out, ','), key), ':')
		out = appendText(out, value)
	}
	return append(out, '}')
}

// AppendCSV writes lines as format=csv has them: name, time in UTC, value.
func AppendCSV(out []byte, lines []Line, stamp func(seconds int64) string) []byte {
	for i := range lines {
		l := &lines[i]
		name := l.Name
		if strings.ContainsAny(name, ",\"\r\n") {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		for j, v := range l.Values {
			out = fmt.Appendf(out, "%s,%s,", name, stamp(l.Start+int64(j)*l.Step))
			if !math.IsNaN(v) {
				out = carbon.AppendNumber(out, v)
			}
			out = append(out, "\r\n"...)
		}
	}
	return out
}

// AppendRaw writes lines as format=raw has them: name, start, end and step, then the values.
func AppendRaw(out []byte, lines []Line) []byte {
	for i := range lines {
		l := &lines[i]
		out = fmt.Appendf(out, "%s,%d,%d,%d|", l.Name, l.Start, l.End(), l.Step)
		for j, v := range l.Values {
			if j > 0 {
				out = append(out, ',')
			}
			if math.IsNaN(v) {
				out = append(out, "None"...)
			} else {
				out = carbon.AppendNumber(out, v)
			}
		}
		out = append(out, '\n')
	}
	return out
}
