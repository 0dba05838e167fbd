package ring

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// jump appends the members that the jump hash gives for text. After each draw the hash is scrambled and the last member
// takes the place of the drawn one.
func (r *Ring) jump(dst []int, text string) []int {
	from := len(dst)
	hash := fnv1a64(text)
	var space [16]refill // usually there are few draws
	refills := space[:0]
	for n := len(r.order); len(dst)-from < r.copies; {
		slot := bucket(hash, n)
		if m := r.order[inSlot(refills, slot)]; r.free(dst[from:], m) {
			dst = append(dst, m)
		}
		hash ^= hash >> 12
		hash ^= hash << 25
		hash ^= hash >> 27
		hash *= 2685821657736338717
		n--
		refills = append(refills, refill{slot, inSlot(refills, n)})
	}
	return dst
}

// A refill says what took the place of a drawn member: with these a draw leaves the ring's order as it is.
type refill struct {
	slot int
	from int // where the one that is in slot now was at first
}

// inSlot returns where the one that is in slot now was at first.
func inSlot(refills []refill, slot int) int {
	for i := len(refills) - 1; i >= 0; i-- {
		if refills[i].slot == slot {
			return refills[i].from
		}
	}
	return slot
}

// bucket is the jump consistent hash of Lamping and Veach: one of n buckets for a hash.
func bucket(hash uint64, n int) int {
	b, j := int64(-1), int64(0)
	for j < int64(n) {
		b = j
		hash = hash*2862933555777941757 + 1
		j = int64(float64(b+1) * (float64(1<<31) / float64(hash>>33+1)))
	}
	return int(b)
}

// jumpOrder numbers the members for the jump hash: those with an instance first, in the order of the instances, then those
// without as they come.
func jumpOrder(members []Member) []int {
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	mergeSort(order, func(a, b int) int { return compareInstances(members[a].Instance, members[b].Instance) })
	return order
}

// compareInstances compares as numbers where both are, and otherwise bytewise, as carbon-c-relay does. No instance is last.
func compareInstances(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(len(b), len(a)) // one of them is 0
	}
	l, isNumber := number(a)
	if r, ok := number(b); ok && isNumber {
		return int(int32(l - r)) // it subtracts, and has 32 bits for the difference
	}
	return strings.Compare(a, b)
}

// number reads a decimal number as C does, which takes the next best for one beyond 64 bits.
func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// mergeSort sorts as qsort of the GNU C library does. Numbers and other instances mixed have no order (9 < 10 < 1a < 9),
// so that the result is the algorithm's.
func mergeSort(list []int, compare func(a, b int) int) {
	if len(list) < 2 {
		return
	}
	half := len(list) / 2
	mergeSort(list[:half], compare)
	mergeSort(list[half:], compare)
	left, right := append([]int(nil), list[:half]...), list[half:]
	for i := 0; len(left) > 0; i++ {
		if len(right) == 0 || compare(left[0], right[0]) <= 0 {
			list[i], left = left[0], left[1:]
		} else {
			list[i], right = right[0], right[1:]
		}
	}
}

// jumpKeys are the numbers of the members, as texts.
func jumpKeys(order []int) []string {
	keys := make([]string, len(order))
	for i, m := range order {
		keys[m] = strconv.Itoa(i)
	}
	return keys
}
