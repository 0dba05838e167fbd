package sketch

import "math"

// likely is the estimate of registers by O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6. It
// has no bias at any size and needs no tables of corrections, where PFCount's polynomial is up to half a percent off, and its error
// leaps where one of that method's formulas ends and the next begins.
func (d *Distinct) likely() float64 {
	const (
		m    = float64(registers)
		last = maxRank - 1 // a register at maxRank may stand for any rank above this one
	)
	ranks := d.ranks()
	z := m * tau(1-float64(ranks[maxRank])/m)
	for rank := last; rank > 0; rank-- {
		z = (z + float64(ranks[rank])) / 2
	}
	z += m * sigma(float64(ranks[0])/m)
	return m * m / (2 * math.Ln2 * z)
}

// sigma is x + the sum of x^(2^k) 2^(k-1) over k from 1: what the registers still empty, a part x of all, tell.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	sum := x
	for y, was := 1.0, -1.0; sum != was; y += y {
		x *= x
		was, sum = sum, sum+x*y
	}
	return sum
}

// tau is a third of 1 - x - the sum of (1 - x^(2^-k))^2 2^-k over k from 1: what the registers at their end tell, of which 1-x are a part.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	sum := 1 - x
	for y, was := 1.0, -1.0; sum != was; {
		x = math.Sqrt(x)
		y /= 2
		was, sum = sum, sum-(1-x)*(1-x)*y
	}
	return sum / 3
}
