// Package statsd reads what statsd's clients send: lines as the reference statsd, its many clients and DogStatsD's write
// them.
//
//	name:value|type[|@rate][|#tag:v,...][|extension...]
//
// In come batches of whole lines, out go points of statsd's kinds, added to the batch; the batch stays its owner's. What
// becomes of the points, in slices and names, is the table's business.
//
// A line may hold several values: "name:1:2|c", or "name:1|c:2|ms", each with a type and a rate of its own; its tags are for
// all of them.
package statsd
