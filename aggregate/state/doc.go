// Package state is the files in which state outlives a process: records of bytes with checksums, replaced as a whole. What
// is in the records is their owner's; Append functions and a Decoder write and read it.
//
// A file is a head, records and an end. The head is the magic text, the version of the format and of the contents, and the
// time; a record is its length and CRC-32C, each four bytes, little end first, and its bytes; the end is a record of length
// 0 with the number of records for its checksum. So a file that was cut is told from a whole one.
//
// A Writer writes beside the file and takes its place only when all is on the disk: at any moment, also in a power cut,
// there is the old file or the new one.
package state
