// Package events counts what Redis clients signal with the commands TAHIT, TUHIT and their kin: sums and numbers of different values
// over a window of time, key by key. Commands come in as words, replies go out; a Store is what they work on, and any number of
// connections may use it at once. At an interval each key becomes lines: its sum, rate or number of different values.
package events
