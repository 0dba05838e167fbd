// Package lint holds the tree to its own rules: who may import whom, that every package says what it is, how long a file
// may be, and that no package keeps state of its own.
package lint
