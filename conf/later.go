package conf

import (
	"regexp"
	"slices"
)

// laterKeys are keys that plumbago will have and has not yet, by section. They are told from misspelt ones, so that
// nobody hunts for a typing error that is none.
var laterKeys = map[string][]string{}

// laterValues are values, by key, of which the same is true.
var laterValues = map[string][]string{
	"listen.protocol":  {"nats"},
	"cluster.protocol": {"nats"},
	"listen.address":   {"nats"}, // the schemes
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// section returns path without its indexes: the kind of section or key that it is.
func section(path string) string { return indexes.ReplaceAllString(path, "") }

// keyIsLater says whether the key name of the table at path is yet to come.
func keyIsLater(path, name string) bool { return slices.Contains(laterKeys[section(path)], name) }

// valueIsLater says whether the value of the key at path is yet to come.
func valueIsLater(path, value string) bool { return slices.Contains(laterValues[section(path)], value) }

// notBuilt is what is said of both.
func notBuilt(what string) string { return quote(what) + " is not built yet" }
