package pattern

// Options are the keys by which a rule says which names it is for: of the values in one key any will do, and all the
// keys that are given must be met. All but Tag look at the path of a name, the part before its tags.
type Options struct {
	// The names it is for, as Graphite globs over the part before any tags: "*" and "?" within a node, "{a,b}",
	// "[a-z]", and "**" for any number of nodes. Each of these is a capture: $1, $2, ... Of several globs one is enough.
	Match []string `toml:"match"`
	// The names it is for, as regular expressions (of Go: https://pkg.go.dev/regexp/syntax) over the part before any
	// tags. They are found anywhere in it unless anchored with "^" and "$". Groups are captures: $1, $2, ..., after those
	// of match, and ${x} for one written (?P<x>...).
	Regex []string `toml:"regex" env:"-"`
	// What the part before any tags begins with: plain text, cheaper than a glob.
	Prefix []string `toml:"prefix"`
	// What the part before any tags ends with.
	Suffix []string `toml:"suffix"`
	// What is somewhere in the part before any tags.
	Contains []string `toml:"contains"`
	// The tags that a name must have, all of these: tag = {dc = "ams*"}. Values are globs in which "*" and "?" stand for
	// dots, too; of a list of values one is enough, and dc = "*" asks for nothing but the tag.
	Tag map[string][]string `toml:"tag"`
}

// A Selection is what a rule is for and what it is not for.
type Selection struct {
	Options
	// The names it is not for after all: a table with any of match, regex, prefix, suffix, contains and tag. What meets
	// all keys of it is left out. A rule with nothing but not is for every other name.
	Not *Options `toml:"not"`
}

// given says whether o has any key.
func (o *Options) given() bool {
	return len(o.Match)+len(o.Regex)+len(o.Prefix)+len(o.Suffix)+len(o.Contains)+len(o.Tag) > 0
}
