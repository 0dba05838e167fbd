// Package pattern says which names a rule is for and what new names are made of them: Graphite's globs, and templates
// filled with what the globs' wildcards stood for.
//
// A glob comes in as text and goes out as a Glob, which never changes and may be used by many goroutines at once. It is
// asked with a name without its tags. The cost of a match is bounded by the length of the glob times that of the name,
// whatever both hold.
//
//	?        one character, not a dot
//	*        any run of characters within a node, also none
//	[a-z]    one character of these, [!a-z] or [^a-z] one of all others; never a dot
//	{a,b}    one of these; each may hold wildcards and braces of its own
//	**       as a whole node: any number of nodes, also none; elsewhere: any run of characters, dots included
//	\        takes the next character as it is
//
// Each wildcard is a capture, in order; braces are one capture with all they hold.
package pattern
