//go:build invariants

package carbon

// poison overwrites a freed batch, so that a slice kept past its owner's Free shows as nonsense in the tests instead of
// as a rare wrong sample in production.
func (b *Batch) poison() {
	for i := range b.Bytes {
		b.Bytes[i] = 0xDB
	}
	for i := range b.Points {
		b.Points[i] = Point{Value: -1, Time: -1, size: 0xFFFF}
	}
}

// poison does the same to a frame that nobody holds any more.
func (f *Frame) poison() {
	for i := range f.Bytes {
		f.Bytes[i] = 0xDB
	}
}
