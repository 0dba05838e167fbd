package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

const (
	// MaxPayload is the most bytes of one record.
	MaxPayload = 1 << 20

	recordMark = "\xf5pl\xff"
	headerSize = 36

	triedBit = 1 << 31 // of what a header says of the size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Record is a frame as it was appended.
type Record struct {
	Payload []byte // valid until the next call of any method
	Points  int
	Oldest  int64  // Unix milliseconds
	End     uint64 // what to Confirm when the endpoint has this record and all before it
	Tried   bool   // something of it may have gone out before
}

// A header is what a segment says of a record before its payload.
type header struct {
	first  uint64 // the number of its first point
	oldest int64
	size   uint32
	points uint32
	sum    uint32 // of the payload
	tried  bool   // it went out before it was appended, at least in part
}

// end is the number of the first point after the record.
func (h *header) end() uint64 { return h.first + uint64(h.points) }

// length is how many bytes of a segment the record takes.
func (h *header) length() int64 { return headerSize + int64(h.size) }

// append adds the record to b.
func (h *header) append(b, payload []byte) []byte {
	start := len(b)
	size := h.size
	if h.tried {
		size |= triedBit
	}
	b = append(b, recordMark...)
	b = binary.LittleEndian.AppendUint32(b, size)
	b = binary.LittleEndian.AppendUint64(b, h.first)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.oldest))
	b = binary.LittleEndian.AppendUint32(b, h.points)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(payload, castagnoli))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
	return append(b, payload...)
}

// decode reads the header at the start of b, which has headerSize bytes at least. It reports false if there is none.
func (h *header) decode(b []byte) bool {
	b = b[:headerSize]
	if string(b[:4]) != recordMark || crc32.Checksum(b[:32], castagnoli) != binary.LittleEndian.Uint32(b[32:]) {
		return false
	}
	size := binary.LittleEndian.Uint32(b[4:])
	h.size, h.tried = size&^triedBit, size&triedBit != 0
	h.first = binary.LittleEndian.Uint64(b[8:])
	h.oldest = int64(binary.LittleEndian.Uint64(b[16:]))
	h.points = binary.LittleEndian.Uint32(b[24:])
	h.sum = binary.LittleEndian.Uint32(b[28:])
	return valid(int64(h.size), int64(h.points))
}

// valid bounds a record. A point takes a byte at least, so numbers never run ahead of the bytes of a segment.
func valid(size, points int64) bool { return size <= MaxPayload && 0 < points && points <= size }

// nextMark returns where in b the next record may begin, or -1.
func nextMark(b []byte) int { return bytes.Index(b, []byte(recordMark)) }
