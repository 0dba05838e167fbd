// Package pattern says which names a rule is for and what new names are made of them.
//
// A Selection, the keys of a match, comes in and goes out as a Matcher; a template comes in as text and goes out as a
// Template, which is filled with what the Captures of a match stood for. None of them ever changes, and all may be used
// by many goroutines at once. The cost of a match is bounded by the length of the pattern times that of the name,
// whatever both hold.
//
// A Glob is asked with a name without its tags:
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
