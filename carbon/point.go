package carbon

import "hash/maphash"

// A Kind says how a sample's value is to be read. It is part of a series' identity: a counter and a gauge of one name
// never share a cell.
type Kind uint8

// The kinds of samples.
const (
	Raw  Kind = iota // N: a value as it is
	Diff             // D: a counter's running total, of which a per-second rate is made

	// Those of statsd, which belong to the time of their arrival, see Point.Extra.
	Count // c: how much a counter grew
	Gauge // g: a value that holds until the next one, or by how much it changed
	Timer // ms, h, d: one of many values
	Set   // s: one of many members, of which the different ones are counted
)

var kindLetters = [...]string{"N", "D", "c", "g", "ms", "s"}

// String returns the kind's letters on the line protocol.
func (k Kind) String() string { return kindLetters[k] }

// Statsd says whether k is one of statsd's kinds.
func (k Kind) Statsd() bool { return k >= Count }

// Flags are facts about a point that spare its readers a look at its bytes.
type Flags uint8

// The facts.
const (
	Tagged  Flags = 1 << iota // the name has ;tag=value parts
	Stamped                   // the text ends with the time in whole seconds: it can leave as it came
	Routed                    // Hash is not a hash but a way that a lane has resolved (results of aggregates)
)

// A Point is one sample in a Batch: 40 bytes and no pointers, only offsets into the bytes it came in.
type Point struct {
	Hash  uint64  // of name and kind, seeded per process: picks slots and shards, never rings
	Value float64 // finite
	Time  int64   // Unix milliseconds; of statsd's kinds, which belong to their batch's Arrival, see Extra
	name  uint32  // Batch.Bytes[name:name+size] is its name
	end   uint32  // Batch.Bytes[name:end] is its text, "name value" or (Stamped) "name value time"; 0 if it came in no text
	size  uint16  // length of the name in bytes
	Kind  Kind
	Flags Flags
}

// Extra returns what there is to say of a point of one of statsd's kinds beside its value: of a Timer the bits of a float64, for
// how many values it stands; of a Gauge whether Value is a change (1) or the gauge itself (0); of a Set the hash of the member.
func (p *Point) Extra() uint64 { return uint64(p.Time) }

var seed = maphash.MakeSeed()

// Hash returns the hash of a name of kind k. It holds within this process only. The hashes of a name of two kinds differ in their lower
// half too, always.
func Hash(name []byte, k Kind) uint64 {
	return maphash.Bytes(seed, name) ^ uint64(k)*0x9E3779B97F4A7C15
}
