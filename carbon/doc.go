// Package carbon is what a metric is and how carbon writes it down: points in batches coming in, points in frames going
// out, and the line and pickle protocols between the two and bytes.
//
// A reader fills a Batch's Bytes; a Decoder appends the Points it finds there; an Encoder writes points into the Frame
// of a destination. There is no goroutine, no socket and no clock in here, and nothing allocates per point.
package carbon
