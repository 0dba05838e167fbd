package pattern

// A Set finds which of a list of rules a name may meet.
type Set struct{ n int }

// NewSet returns the set of the matchers of a list of rules.
func NewSet(ms []*Matcher) *Set { return &Set{len(ms)} }

// Candidates appends to bits, which is empty, a bit for each rule: set if the rule may match name. Those that do are
// among them.
func (s *Set) Candidates(_ string, bits []uint64) []uint64 {
	for i := 0; i < s.n; i += 64 {
		bits = append(bits, 1<<min(64, s.n-i)-1)
	}
	return bits
}
