package main

import (
	"encoding/json"
	"io"
)

// printJSON writes v on a line of its own. It leaves < and > as they are: expressions have them, and this is no page.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
