package sketch

import "math"

// PFCount returns what Redis 2.8's PFCOUNT says of the same values, also while Estimate is exact.
//
// It is the raw estimate of P. Flajolet and others, "HyperLogLog" (2007), E = alpha m^2 / sum(2^-rank) over m = 16,384 registers with
// alpha = 0.7213/(1+1.079/m). Where E < 2.5m and z registers are still empty it is the linear count m ln(m/z) instead, and below
// 72,000 it is corrected by a polynomial that Redis fitted to the error in percent. The result is cut to a whole number.
//
// The answer is kept until a value changes it.
func (d *Distinct) PFCount() uint64 {
	if d.guess == 0 {
		d.guess = 1 + d.estimate()
	}
	return d.guess - 1
}

// estimate is PFCount anew.
func (d *Distinct) estimate() uint64 {
	const (
		m     = float64(registers)
		alpha = 0.7213 / (1 + 1.079/m)
	)
	ranks := d.ranks()
	var sum float64
	for rank := maxRank; rank >= 0; rank-- { // from the smallest, so that nothing is rounded away
		sum += math.Ldexp(float64(ranks[rank]), -rank)
	}
	e := alpha * m * m / sum
	switch empty := float64(ranks[0]); {
	case e < 2.5*m && empty != 0:
		e = m * math.Log(m/empty)
	case e < 72000:
		e -= e * (5.9119e-18*(e*e*e*e) - 1.4253e-12*(e*e*e) + 1.2940e-7*(e*e) - 5.2921e-3*e + 83.3216) / 100
	}
	return uint64(e)
}

// ranks returns how many registers have each rank; rank 0 is of the empty ones.
func (d *Distinct) ranks() (n [maxRank + 1]int) {
	table := d.table
	if d.Exact() {
		var scratch [words]uint64
		r := Distinct{table: scratch[:]}
		for _, h := range table {
			if h != 0 {
				r.raise(place(h))
			}
		}
		table = r.table
	}
	var lanes [8][64]int // as most registers have one of few ranks, a single row would make each step wait for the one before
	for _, word := range table {
		for i := range lanes {
			lanes[i][word>>(8*i)&63]++
		}
	}
	for rank := range n {
		for i := range lanes {
			n[rank] += lanes[i][rank]
		}
	}
	return n
}
