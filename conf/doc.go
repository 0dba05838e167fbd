// Package conf is the configuration file: TOML text comes in, a File made of the other packages' own Options goes out,
// and whatever is wrong with the text comes back as Faults, all of them at once, each with its file, line and key.
//
// It only reads. Nothing is opened but the file, what it includes, and the files that TLS needs; nothing listens, no name is resolved; so a check
// is safe beside a running daemon. A File belongs to whoever loaded it, and nobody here keeps it.
//
// The way of the text: the TOML library makes it a tree, scan (where.go) notes where each key stands, decode walks the
// tree against the structs, load joins the included files, and check looks at what must hold between sections.
package conf
