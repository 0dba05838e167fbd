package ring

// Tolerable is how much more or less than an even share a member may get before it should be told: the points of a ring
// are strewn by chance, and a hundred of them are not many.
const Tolerable = 0.15

// Deviation says by how much the share of a member is more than an even one, or, if negative, less: 0.2 is a fifth more.
func Deviation(shares []float64, member int) float64 {
	return shares[member]*float64(len(shares)) - 1
}

// Uneven returns the members whose deviation is more than Tolerable.
func Uneven(shares []float64) (members []int) {
	for i := range shares {
		if d := Deviation(shares, i); d > Tolerable || d < -Tolerable {
			members = append(members, i)
		}
	}
	return members
}
