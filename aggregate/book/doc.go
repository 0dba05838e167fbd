// Package book keeps statistics inside an application: the aggregates of plumbago's daemon, without its sockets.
//
// An application opens a Book, sets values by name and time, and asks for the figures of a series: of its newest slice
// (Get), or over the past hour (AvgMax, List). What slices, rollups and windows give as they end goes to the function in
// Options.Emit. Values that somebody has added up already come in as an Entry. Dump writes down all that a Book holds, and
// Load takes it up again.
//
//	b, err := book.Open(book.DefaultOptions())
//	...
//	b.Set("web.requests", 17, time.Now())
//	slice, err := b.Get("web.requests")
//	fmt.Println(slice.Values["avg"])
//
// It is a thin face over package aggregate: Rule has the keys of a [rule.aggregate] section, with the same defaults and
// the same results to the last digit. What a Book has not is the way of results down a table: they are emitted, and feed
// no other rule.
//
// # Who may call what
//
// All methods of a Book may be called by many goroutines at once. Set and Enter do not wait for each other but by
// chance: a name's values are gathered under one of several locks, and handed on in blocks, at the latest 5 ms after
// they came, or when somebody asks. They wait if the Book is asked to take more than it can. Emit is called by the
// goroutine that owns a series; it must not call the Book, or both wait for ever.
//
// Times are the caller's: of now, or of the past, as long as they are within a rule's grace. All else is by the clock of
// package time, also in a bubble of testing/synctest.
package book
