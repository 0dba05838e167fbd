package book

import "errors"

// Errors that a caller may want to tell apart.
var (
	// ErrUnknown says that there is no series of the name that was asked for.
	ErrUnknown = errors.New("there is no such series")
	// ErrNoRule says that no rule is for a name, so that its values go nowhere.
	ErrNoRule = errors.New("no rule is for this name")
	// ErrLimit says that a new series was refused: there are as many as Options.Series or its rule allows.
	ErrLimit = errors.New("there may be no more series")
	// ErrValue says that a value is not finite.
	ErrValue = errors.New("the value is not finite")
	// ErrTime says that a time is before 1970 or after 2106, where carbon has none.
	ErrTime = errors.New("the time is not one that carbon has")
	// ErrTotals says that an entry came for a series of running totals: what it adds up are no totals.
	ErrTotals = errors.New("a series of running totals takes no entries")
	// ErrClosed says that the Book was closed before.
	ErrClosed = errors.New("the book is closed")
)
