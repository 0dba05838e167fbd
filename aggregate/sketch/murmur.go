package sketch

import (
	"encoding/binary"
	"math/bits"
)

// The hash is Austin Appleby's MurmurHash64A with the seed of Redis. It leaves the process, in snapshots and in merges, so it never changes;
// and with it a Distinct holds the very registers that Redis would have of the same values.
const (
	murmurSeed = 0xadc83b19
	murmurMul  = 0xc6a4a7935bd1e995
	murmurRot  = 47
)

// Hash returns the hash of a value, by which Distinct tells values apart.
func Hash(value []byte) uint64 {
	h := murmurSeed ^ murmurMul*uint64(len(value))
	for ; len(value) >= 8; value = value[8:] {
		h = mixed(h, binary.LittleEndian.Uint64(value))
	}
	if len(value) > 0 {
		for i, c := range value {
			h ^= uint64(c) << (8 * i)
		}
		h *= murmurMul
	}
	return finished(h)
}

// hashWord is Hash of the eight bytes of w, little end first.
func hashWord(w uint64) uint64 {
	return finished(mixed(wordSeed, w))
}

// wordSeed is murmurSeed for a value of eight bytes.
const wordSeed = murmurSeed ^ (murmurMul * 8 % (1 << 64))

func mixed(h, word uint64) uint64 {
	word *= murmurMul
	word ^= word >> murmurRot
	return (h ^ word*murmurMul) * murmurMul
}

func finished(h uint64) uint64 {
	h ^= h >> murmurRot
	h *= murmurMul
	return h ^ h>>murmurRot
}

// place returns the register of a hash and the rank that the hash gives it: the register is the lowest 14 bits, the rank is one more than
// the zeros that follow them. Bit 63 counts as one, so ranks end at 50.
func place(h uint64) (register uint, rank uint8) {
	return uint(h % registers), uint8(bits.TrailingZeros64(h>>precision|1<<(63-precision))) + 1
}
