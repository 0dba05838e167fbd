// Package mmstats reads, writes and cleans the files in which applications publish their figures by memory-mapping them: no
// socket, no lock and no system call when a figure changes, and a reader never stops a writer. The format is version 1 of
// the Python mmstats, whose programs and these read each other's files.
//
// A file is a version byte and records, one after another; a label size of zero ends them:
//
//	u16 size of the label   label (UTF-8)
//	u16 size of the type    type (a code of Python's struct, as "Q" or "255s")
//	u8  write buffer        0 or 1: two values follow, and this one is written next; 255: one value follows
//	value                   in the machine's byte order, not aligned
//
// A writer of a field with two values stores into the one that is to be written next, and then says that the other one is.
// Who reads a value sees a whole one if the byte before it is the same afterwards, and so is the value: ReadFile tries until
// that holds.
//
// Create makes a file. Its fields may be set by any number of goroutines, and added at any time.
package mmstats
