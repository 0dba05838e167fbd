//go:build !invariants

package carbon

// poison does nothing in a release; see poison_invariants.go.
func (b *Batch) poison() {}

func (f *Frame) poison() {}
