package tap

import (
	"strconv"

	"plumbago/carbon"
)

// appendLine writes a point as a line that a listener would take, without its end: of statsd's kinds as statsd does, else as carbon
// does, with the type of a counter.
func appendLine(out []byte, b *carbon.Batch, p *carbon.Point) []byte {
	if p.Kind.Statsd() {
		out = append(append(out, b.Name(p)...), ':')
		if p.Kind == carbon.Set { // of a member there is only its hash
			out = strconv.AppendUint(out, p.Extra(), 10)
		} else {
			out = carbon.AppendNumber(out, p.Value)
		}
		return append(append(out, '|'), p.Kind.String()...)
	}
	if text := b.Text(p); text != nil {
		out = append(out, text...)
		if p.Flags&carbon.Stamped == 0 {
			out = appendTime(out, p)
		}
	} else {
		out = carbon.AppendNumber(append(append(out, b.Name(p)...), ' '), p.Value)
		out = appendTime(out, p)
	}
	if p.Kind == carbon.Diff {
		out = append(out, " D"...)
	}
	return out
}

func appendTime(out []byte, p *carbon.Point) []byte {
	return strconv.AppendInt(append(out, ' '), p.Time/1000, 10)
}
