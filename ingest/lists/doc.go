// Package lists takes records out of lists in Redis, and makes lines of them. A record is a JSON object with the fields that its
// sender gave it, and beside them "time" (Unix seconds), "nid" and "gid" (which node and grid it is of): each number in it becomes the
// line KEY.NID.FIELD.
//
// A Source owns its connection and is used by one goroutine. What it pops is either gone from Redis at once, in one transaction, or
// lies in a list of its own until it is acknowledged: then a crash on either side loses no record.
package lists
