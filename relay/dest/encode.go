package dest

import (
	"math"
	"strconv"
	"unicode/utf8"

	"plumbago/carbon"
)

// maxPicklePoints is how many points a pickle frame holds at most, as carbon's own relay sends them.
const maxPicklePoints = 500

// Encoder returns what writes points into the frames of a cluster with these options. All endpoints of the cluster can
// share such a frame, logs too.
func Encoder(o Options) carbon.Encoder {
	limit := o.Batch
	if limit <= 0 || limit > carbon.FrameSize {
		limit = carbon.FrameSize
	}
	switch {
	case o.Protocol == "pickle" && o.Transport == "udp":
		return &carbon.PickleEncoder{Limit: min(limit, maxPacket), MaxPoints: maxPicklePoints}
	case o.Protocol == "pickle":
		return &carbon.PickleEncoder{Limit: limit, MaxPoints: maxPicklePoints}
	case o.Protocol == "redis":
		return &pointEncoder{limit: limit}
	case o.Protocol == "log" && o.Layout == "json":
		return &jsonEncoder{limit: limit}
	case o.Protocol == "log" && (o.Layout == "jumpscale" || o.Layout == "senf"):
		return &recordEncoder{limit: limit}
	}
	return &carbon.LineEncoder{Limit: limit, Types: o.Types}
}

// A jsonEncoder writes a point as a JSON object on a line of its own.
type jsonEncoder struct{ limit int }

// Append adds p as an object.
func (e *jsonEncoder) Append(f *carbon.Frame, b *carbon.Batch, p *carbon.Point) bool {
	at := len(f.Bytes)
	f.Bytes = append(f.Bytes, `{"name":"`...)
	f.Bytes = appendEscaped(f.Bytes, b.Name(p))
	f.Bytes = append(f.Bytes, `","value":`...)
	f.Bytes = appendJSONNumber(f.Bytes, p.Value)
	f.Bytes = append(f.Bytes, `,"time":`...)
	f.Bytes = strconv.AppendInt(f.Bytes, floorDiv(p.Time, 1000), 10)
	f.Bytes = append(f.Bytes, "}\n"...)
	if at > 0 && len(f.Bytes) > e.limit {
		f.Bytes = f.Bytes[:at]
		return false
	}
	f.Points++
	return true
}

// Finish has nothing to complete.
func (e *jsonEncoder) Finish(*carbon.Frame) {}

// appendJSONNumber appends v; JSON has no word for what is not finite, so that becomes null.
func appendJSONNumber(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(dst, "null"...)
	}
	return carbon.AppendNumber(dst, v)
}

// appendEscaped appends name as the inside of a JSON string. What is no UTF-8 becomes U+FFFD.
func appendEscaped(dst, name []byte) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(name); {
		c := name[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20 || c == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, size := utf8.DecodeRune(name[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		i++
	}
	return dst
}

// floorDiv divides towards minus infinity, so that a time before 1970 belongs to the second that it is in.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
