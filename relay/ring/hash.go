package ring

import (
	"crypto/md5"
	"strings"
	"unsafe"
)

// circle is the number of positions that a name can have.
const circle = 1 << 16

// part returns the part of a name that is hashed: all of it, but carbon-c-relay leaves out the tags, so that all series
// of a tagged name are together.
func part(style, name string) string {
	if style == relayStyle {
		name, _, _ = strings.Cut(name, ";")
	}
	return name
}

// Any returns the member out of n that name is at home on under the policy "any", which is carbon-c-relay's any_of, and
// the hash that says so. n must be at least 1.
func Any(style, name string, n int) (home int, hash uint32) {
	hash = fnv1a32(part(style, name), true)
	return int(hash % uint32(n)), hash
}

// md5Position is the position of text on a ring of carbon_ch: the first two bytes of its MD5.
func md5Position(text string) uint32 {
	sum := md5.Sum(unsafe.Slice(unsafe.StringData(text), len(text))) // Sum only reads; a copy would be an allocation a name
	return uint32(sum[0])<<8 | uint32(sum[1])
}

// fold makes a position on a ring of fnv1a_ch of a hash.
func fold(hash uint32) uint32 {
	return hash>>16 ^ hash&0xFFFF
}

// fnv1a32 is the FNV-1a of 32 bits. Where signed is set it is carbon-c-relay's, which reads signed characters: a byte from
// 0x80 up counts as a negative number.
func fnv1a32(text string, signed bool) uint32 {
	const prime = 16777619
	hash := uint32(2166136261)
	for i := range len(text) {
		c := uint32(text[i])
		if signed {
			c = uint32(int8(text[i]))
		}
		hash = (hash ^ c) * prime
	}
	return hash
}

// fnv1a64 is the FNV-1a of 64 bits as carbon-c-relay has it, which reads signed characters.
func fnv1a64(text string) uint64 {
	const prime = 1099511628211
	hash := uint64(14695981039346656037)
	for i := range len(text) {
		hash = (hash ^ uint64(int8(text[i]))) * prime
	}
	return hash
}
