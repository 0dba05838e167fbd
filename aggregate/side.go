package aggregate

import (
	"slices"

	"plumbago/aggregate/sketch"
)

// A sideSet says which things beside its columns a slice keeps. They are large, so only rules that ask have them.
type sideSet uint8

const (
	sideQuantiles sideSet = 1 << iota
	sideUnique
	sideSources
	sideStamps
	sideValues
)

// sides are these things of a table's slices, each by the number of the slice's cell.
type sides struct {
	set       sideSet
	quantiles []*sketch.Quantiles
	unique    []*sketch.Distinct // values
	sources   []*sketch.Distinct // inputs
	stamps    []*stamps
	values    []*sketch.Values // of statsd's timers: used again by the next slice in the cell
}

// take makes the sides of a new slice, but for stamps, which only slices of the base tier have.
func (s *sides) take(cell uint32) {
	if s.set&sideQuantiles != 0 {
		s.quantiles = put(s.quantiles, cell, new(sketch.Quantiles))
	}
	if s.set&sideUnique != 0 {
		s.unique = put(s.unique, cell, new(sketch.Distinct))
	}
	if s.set&sideSources != 0 {
		s.sources = put(s.sources, cell, new(sketch.Distinct))
	}
	if s.set&sideValues != 0 && (int(cell) >= len(s.values) || s.values[cell] == nil) {
		s.values = put(s.values, cell, new(sketch.Values))
	}
}

// put puts one thing at its place in a list, which grows to hold it.
func put[T any](list []*T, at uint32, one *T) []*T {
	for uint32(len(list)) <= at {
		list = append(list, nil)
	}
	list[at] = one
	return list
}

// give frees the sides of a slice.
func (s *sides) give(cell uint32) {
	if s.set&sideQuantiles != 0 {
		s.quantiles[cell] = nil
	}
	if s.set&sideUnique != 0 {
		s.unique[cell] = nil
	}
	if s.set&sideSources != 0 {
		s.sources[cell] = nil
	}
	if s.set&sideStamps != 0 && int(cell) < len(s.stamps) {
		s.stamps[cell] = nil
	}
	if s.set&sideValues != 0 {
		s.values[cell].Reset()
	}
}

// fold adds a value; source is the hash of its input's name.
func (s *sides) fold(cell uint32, x *value, source uint64) {
	if s.set&sideQuantiles != 0 {
		s.quantiles[cell].Add(x.v, 1)
	}
	if s.set&sideUnique != 0 {
		s.unique[cell].AddFloat(x.v)
	}
	if s.set&sideSources != 0 {
		s.sources[cell].AddHash(source)
	}
}

// merge adds all that the slice at src holds to that at dst. Stamps stay where they are: they are of samples, and what is
// merged has none of its own.
func (s *sides) merge(dst, src uint32) {
	if s.set&sideQuantiles != 0 {
		s.quantiles[dst].Merge(s.quantiles[src])
	}
	if s.set&sideUnique != 0 {
		s.unique[dst].Merge(s.unique[src])
	}
	if s.set&sideSources != 0 {
		s.sources[dst].Merge(s.sources[src])
	}
}

// clear empties the sides of a slice.
func (s *sides) clear(cell uint32) {
	if s.set&sideQuantiles != 0 {
		s.quantiles[cell].Reset()
	}
	if s.set&sideUnique != 0 {
		s.unique[cell].Reset()
	}
	if s.set&sideSources != 0 {
		s.sources[cell].Reset()
	}
}

// stampsOf returns the samples of a slice, nil if it is not one of the base tier.
func (s *sides) stampsOf(cell uint32) *stamps {
	if int(cell) < len(s.stamps) {
		return s.stamps[cell]
	}
	return nil
}

// shrink gives back the room for cells from the given number on, which are not in use.
func (s *sides) shrink(cells int) {
	s.quantiles = shrunk(s.quantiles, cells)
	s.unique = shrunk(s.unique, cells)
	s.sources = shrunk(s.sources, cells)
	s.stamps = shrunk(s.stamps, cells)
	s.values = shrunk(s.values, cells)
}

func shrunk[T any](list []*T, n int) []*T {
	if n < len(list)/2 {
		return slices.Clone(list[:n])
	}
	return list
}
