// Package spool keeps what waits for one endpoint on disk. Frames come in by Append, each with the number of points in it and
// the time of the oldest; they leave in the same order by Next, and are gone when Confirm says that the endpoint has them.
// A spool has one owner: one goroutine calls it, and no goroutine runs inside.
//
// # What holds
//
// Points are numbered from the spool's beginning, and every record says the number of its first one. So what was lost is always
// known to the point, by the difference between two numbers, however little is left of the records between them. At any
// moment, whatever happened to the disk:
//
//	opened + appended = confirmed + overflow + expired + disk_full + corrupt + purged + held
//
// Account hands this out. What an Append refuses is not in it: the caller still has it. Damage is found when it is read; until
// then its points are held.
//
// What was appended is in memory until a quarter of a megabyte has gathered, or Flush or Sync is called. What was flushed
// survives the end of the process, kill -9 too. What was synced survives a power cut; Sync is to be called every so often, and
// a segment is synced when it is full. What was confirmed before the last Sync is never read again; what was confirmed after
// it is, so a crash repeats at most what was confirmed in the time between two Syncs, and loses at most what was appended in
// it. Confirming moves nothing on disk: segments are removed by Sync, after the position behind them is safe, and an empty
// spool has no segments.
//
// An unfinished record at the end, as a power cut leaves one, is cut off at opening. Damage anywhere else costs the records
// that it lies in: the reader looks for the next good header and goes on there.
//
// # The files
//
// A spool is a directory of the spools' root, named after its endpoint (see Dir): "lock", which the owning process has locked,
// and which names it; "position"; and the segments. Numbers are little-endian, checksums CRC-32C. This is version 1.
//
// A segment, NNNNNNNNNNNNNNNNNNNN.seg, is named after the number of its first point, in decimal. It begins with 24 bytes:
//
//	"plmbspl\n"  version u32  first u64  checksum of the 20 bytes before u32
//
// and goes on with records, of 36 bytes and the payload:
//
//	F5 'p' 'l' FF  size of the payload u32, with the highest bit set if it was tried  first u64  oldest i64 (Unix ms)  points u32  checksum of the payload u32
//	checksum of the 32 bytes before u32
//
// F5 and FF are in no valid UTF-8, so a record's mark is never part of plaintext. Records are only appended, and a process
// never appends to a segment that another one began.
//
// The position has two slots of 64 bytes, at 0 and 512, written in turn; the good one of the higher generation counts:
//
//	"plmbpos\n"  version u32  generation u64  position u64  end u64  tried u64  checksum of the 44 bytes before u32
//
// All points before position are gone; all before end have been synced, so those of them that cannot be found are lost, not
// unfinished; of those before tried, and of records that are marked so, something may have gone out. Without the file everything there is is read again.
package spool
