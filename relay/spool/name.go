package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
)

// longestName keeps a directory's name below what file systems allow, 255 bytes.
const longestName = 200

// Dir returns the directory of the spool of an endpoint below root. Small letters, digits and ".-_:" stand for themselves,
// all else is percent-coded, capitals too: some file systems do not tell them apart. A name that gets too long is cut and
// ends in a hash of the whole. Different names never share a directory.
func Dir(root, name string) string { return filepath.Join(root, escape(name)) }

func escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; plain(c) && (c != '.' || i > 0) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	if b.Len() == 0 {
		return "%"
	}
	if b.Len() <= longestName {
		return b.String()
	}
	sum := sha256.Sum256([]byte(name))
	return b.String()[:longestName-65] + "~" + hex.EncodeToString(sum[:])
}

// unescape undoes escape; it reports false for what escape would not have made of any name, or has cut.
func unescape(dir string) (name string, ok bool) {
	var b strings.Builder
	for rest := dir; rest != "" && dir != "%"; {
		if rest[0] != '%' {
			b.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		if len(rest) < 3 {
			return "", false
		}
		c, err := hex.DecodeString(rest[1:3])
		if err != nil {
			return "", false
		}
		b.Write(c)
		rest = rest[3:]
	}
	return b.String(), escape(b.String()) == dir
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte(".-_:", c) >= 0
}
