package pattern

import "bytes"

// Refuses says of some names that they do not match, by how they begin or end. It looks at nothing else, and allocates nothing: who
// asks about many names, of which few match, asks this first. Where it says false, Match decides.
func (m *Matcher) Refuses(name []byte) bool {
	if len(m.is.globs) != 1 {
		return false
	}
	g := m.is.globs[0]
	prefix, suffix := g.prefix, g.suffix
	if g.captures == 0 {
		prefix, suffix = g.literal, g.literal
	}
	if len(name) < len(prefix) || string(name[:len(prefix)]) != prefix {
		return true
	}
	if len(name) >= len(suffix) && string(name[len(name)-len(suffix):]) == suffix {
		return false
	}
	return bytes.IndexByte(name, ';') < 0 // or it may be tags that it ends in
}
