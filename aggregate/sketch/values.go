package sketch

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"
)

// maxValues is how many values Values keeps as they are.
const maxValues = 1024

// Values answers what statsd says of a timer: percentiles, the sums of the lowest and highest so many values, and how many are
// below a bound. Up to 1,024 values it knows them all; of more it has their exact sums, and Quantiles for the rest. It takes 8 bytes
// a value, and then a few KB whatever their number.
//
// The zero value is empty and ready. Infinities and NaN are ignored.
type Values struct {
	all    []float64 // while there are no more than maxValues; else nil
	sorted bool      // all is in ascending order
	rest   *overflow // once there are more
}

// An overflow is what is known of more values than are kept.
type overflow struct {
	bins          Quantiles
	sum, squares  float64
	mean, scatter float64 // by Welford's recurrence
}

// Add adds a value.
func (v *Values) Add(x float64) {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
	case v.rest != nil:
		v.rest.add(x)
	case len(v.all) == maxValues:
		v.rest = new(overflow)
		for _, x := range v.all {
			v.rest.add(x)
		}
		v.rest.add(x)
		v.all = nil
	default:
		v.all, v.sorted = append(v.all, x), false
	}
}

func (o *overflow) add(x float64) {
	o.bins.Add(x, 1)
	o.sum += x
	o.squares += x * x
	from := x - o.mean
	o.mean += from / float64(o.bins.count)
	o.scatter += from * (x - o.mean)
}

// sort puts the values that are kept in order.
func (v *Values) sort() []float64 {
	if !v.sorted {
		slices.Sort(v.all)
		v.sorted = true
	}
	return v.all
}

// Count returns how many values there are.
func (v *Values) Count() uint64 {
	if v.rest != nil {
		return v.rest.bins.count
	}
	return uint64(len(v.all))
}

// Nth returns the k-th smallest value, counted from 1. Without values it is NaN. Like all that follows it may sort the values, so
// only the owner may ask.
func (v *Values) Nth(k uint64) float64 {
	switch {
	case v.rest != nil:
		return v.rest.bins.Nth(k)
	case len(v.all) == 0:
		return math.NaN()
	}
	return v.sort()[min(max(k, 1), uint64(len(v.all)))-1]
}

// Lowest returns the sum of the k smallest values and the sum of their squares, added up from the smallest on.
func (v *Values) Lowest(k uint64) (sum, squares float64) {
	switch {
	case v.rest != nil && k >= v.rest.bins.count:
		return v.rest.sum, v.rest.squares
	case v.rest != nil:
		return v.rest.bins.Lowest(k)
	}
	for _, x := range v.sort()[:min(k, uint64(len(v.all)))] {
		sum += x
		squares += x * x
	}
	return sum, squares
}

// Below returns how many values are less than x.
func (v *Values) Below(x float64) (n uint64) {
	if v.rest == nil {
		at, _ := slices.BinarySearch(v.sort(), x)
		return uint64(at)
	}
	for value, times := range v.rest.bins.All() {
		if value >= x {
			break
		}
		n += times
	}
	return n
}

// Deviation returns the standard deviation of the values, all of them and not a sample.
func (v *Values) Deviation() float64 {
	if v.rest != nil {
		return math.Sqrt(v.rest.scatter / float64(v.rest.bins.count))
	}
	n := float64(len(v.all))
	sum, _ := v.Lowest(uint64(len(v.all)))
	mean, scatter := sum/n, 0.0
	for _, x := range v.all {
		scatter += (x - mean) * (x - mean)
	}
	return math.Sqrt(scatter / n)
}

// Exact returns the values, as long as all are known.
func (v *Values) Exact() (values []float64, ok bool) { return v.all, v.rest == nil }

// Reset forgets all values and keeps the memory for the next ones.
func (v *Values) Reset() { *v = Values{all: v.all[:0]} }

// Bytes returns the memory that v holds, itself included.
func (v *Values) Bytes() int {
	n := int(unsafe.Sizeof(*v)) + 8*cap(v.all)
	if v.rest != nil {
		n += int(unsafe.Sizeof(*v.rest)-unsafe.Sizeof(v.rest.bins)) + v.rest.bins.Bytes()
	}
	return n
}

// Append appends v, encoded, to dst.
//
//	version       1 byte
//	count         varint
//	count <= 1024: the values, ascending, each 8 bytes (a float64, little end first)
//	otherwise:    the sums of the values and of their squares, their mean and the sum of the squared distances from it, 8 bytes each;
//	              and Quantiles
func (v *Values) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(append(dst, version), v.Count())
	if v.rest == nil {
		for _, x := range v.sort() {
			dst = appendFloat(dst, x)
		}
		return dst
	}
	for _, x := range [...]float64{v.rest.sum, v.rest.squares, v.rest.mean, v.rest.scatter} {
		dst = appendFloat(dst, x)
	}
	return v.rest.bins.Append(dst)
}

// Decode replaces v by what Append has put at the front of src and returns what follows it. Where src is damaged it returns an error,
// and v is empty.
func (v *Values) Decode(src []byte) (rest []byte, err error) {
	v.Reset()
	r := reader{rest: src}
	r.start()
	count := r.number()
	if r.err == nil && count <= maxValues {
		v.decodeAll(&r, int(count))
	} else if r.err == nil {
		v.decodeRest(&r, count)
	}
	if r.err != nil {
		v.Reset()
		return nil, damaged("values", r.err)
	}
	return r.rest, nil
}

func (v *Values) decodeAll(r *reader, count int) {
	if len(r.rest) < 8*count {
		r.fail(errShort)
		return
	}
	last := math.Inf(-1)
	for range count {
		x := math.Float64frombits(r.word())
		if math.IsNaN(x) || math.IsInf(x, 0) {
			r.fail(errRange)
		}
		if x < last {
			r.fail(errOrder)
		}
		v.all = append(v.all, x)
		last = x
	}
	v.sorted = true
}

func (v *Values) decodeRest(r *reader, count uint64) {
	o := new(overflow)
	for _, x := range [...]*float64{&o.sum, &o.squares, &o.mean, &o.scatter} {
		*x = math.Float64frombits(r.word())
	}
	if math.IsNaN(o.mean) || math.IsInf(o.mean, 0) || o.squares < 0 || o.scatter < 0 {
		r.fail(errRange)
	}
	if r.err != nil {
		return
	}
	rest, err := o.bins.Decode(r.rest)
	switch r.rest = rest; {
	case err != nil:
		r.fail(err)
	case o.bins.count != count:
		r.fail(errSum)
	default:
		v.all, v.rest = nil, o
	}
}
