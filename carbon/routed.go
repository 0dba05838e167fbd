package carbon

import "strconv"

// A Stamp is a time as a line ends with it. Results of a slice have it in common, and a million of them are made one after the
// other, so who makes them keeps one. The zero value is ready.
type Stamp struct {
	ms   int64
	size uint8 // of text; 0 if none stands for ms
	text [24]byte
}

// set has s be a time in Unix milliseconds. It reports false if that is no whole second that a line can end with.
func (s *Stamp) set(ms int64) bool {
	if s.size > 0 && s.ms == ms {
		return true
	}
	if ms < 0 || ms%1000 != 0 {
		return false
	}
	text := strconv.AppendInt(append(s.text[:0], ' '), ms/1000, 10)
	s.ms, s.size = ms, uint8(len(text))
	return true
}

// AddRouted appends a result: like Add, but its way through the table is known already and stands in Hash. It gets the text in
// which it would come, too, as most results leave as lines: those of one slice are then copied at once.
func (b *Batch) AddRouted(name []byte, way uint32, value float64, ms int64) {
	from := len(b.Bytes)
	b.Bytes = append(b.Bytes, name...)
	b.EndRouted(from, way, value, ms, new(Stamp))
}

// EndRouted is AddRouted of a name that the caller has put at the end of b.Bytes, from a place on: a name that is made there need
// not be copied.
func (b *Batch) EndRouted(from int, way uint32, value float64, ms int64, stamp *Stamp) {
	name := b.Bytes[from:]
	p := b.more()
	*p = Point{Hash: uint64(way), Value: value, Time: ms, name: uint32(from), size: uint16(len(name)), Flags: Routed | tagged(name)}
	if !stamp.set(ms) {
		return
	}
	b.Bytes = append(AppendNumber(append(b.Bytes, ' '), value), stamp.text[:stamp.size]...)
	p.end, p.Flags = uint32(len(b.Bytes)), p.Flags|Stamped
	b.Bytes = append(b.Bytes, '\n')
}
