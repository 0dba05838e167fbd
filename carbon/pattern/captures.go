package pattern

// Captures are what the wildcards and groups of a match stood for. They are parts of the name that was matched. The zero
// value is ready for use, and may be used for one match after the other.
type Captures struct {
	parts  []string // the glob's, then the regular expression's
	first  int      // where the latter begin
	groups []string // the names of the latter, "" where one has none
}

// reset empties c and keeps its room.
func (c *Captures) reset() { c.parts, c.first, c.groups = c.parts[:0], 0, nil }

// number returns the n-th capture, from 1.
func (c *Captures) number(n int) string { return c.parts[n-1] }

// group returns the capture of the group with a name.
func (c *Captures) group(name string) string {
	for i, g := range c.groups {
		if g == name {
			return c.parts[c.first+i]
		}
	}
	panic("bug: the template asks for a group that the match has not")
}
