package carbon

import "unsafe"

// Places returns n zero places of a table that is searched before anything is put into it, as large ones of names are. Its memory has been
// written to: a page that is read first is given by the system as one that all share, and the first write to it stops every processor
// that runs the process. With tables of a million names that kept lines waiting for 100 ms.
func Places[T any](n int) []T {
	const page = 4096
	var zero T
	places := make([]T, n)
	for at := 0; at < n; at += max(1, page/max(1, int(unsafe.Sizeof(zero)))) {
		places[at] = zero
	}
	return places
}
