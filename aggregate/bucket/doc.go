// Package bucket keeps figures over a window of time that ends now and has N parts, the buckets: Count adds numbers up, Unique
// counts different values. What comes in has a time of its own; late is fine as long as the window has not passed it.
//
// The window ends with the newest bucket that anything came for, the head. A bucket is the interval-long part of Unix time
// that its number, time divided by interval, names; it lies in the slot of its number modulo N. A hit beyond the head clears the
// slots in between. What is asked for a time after the head counts only the buckets that the window then still has; a time
// before it is answered as of the head.
//
// Nothing here has a lock or reads the clock.
package bucket
