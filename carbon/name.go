package carbon

import (
	"bytes"
	"unicode/utf8"

	"plumbago/carbon/stat"
)

// tagged returns the Tagged flag if name has tags.
func tagged(name []byte) Flags {
	if bytes.IndexByte(name, ';') >= 0 {
		return Tagged
	}
	return 0
}

// clean puts name into the form that l.Names asks for. It works in place and returns the part of name that is the clean
// name; that part ends where name ended. It reports whether anything was mended, or, with ok false, why the name is
// refused.
func clean(name []byte, l *Limits) (cleaned []byte, mended bool, why stat.Reason, ok bool) {
	switch {
	case len(name) == 0:
		return nil, false, stat.BadName, false
	case len(name) > l.MaxName:
		return nil, false, stat.TooLong, false
	case !utf8.Valid(name):
		return nil, false, stat.BadUTF8, false
	}
	return name, false, 0, true
}
