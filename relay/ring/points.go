package ring

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// pointsEach is the number of points that each member has on a ring.
const pointsEach = 100

// A point is one of the places of a member on a ring. Names up to its position, from that of the point before, go to it.
type point struct {
	position uint32
	member   int
}

// points returns the points of all members, ascending. Where several have the same position the first of them counts.
func points(o Options, members []Member) []point {
	switch o.Style {
	case carbonStyle:
		return movedPoints(o, members)
	case relayStyle:
		return sharedPoints(o, members)
	default:
		return ngPoints(o, members)
	}
}

// positions returns where the points of a member fall.
func positions(o Options, m Member) (at [pointsEach]uint32) {
	text := key(o, m)
	for i := range at {
		if o.Policy == carbonCH {
			at[i] = md5Position(fit(o, text+":"+strconv.Itoa(i)))
		} else {
			at[i] = fold(fnv1a32(fit(o, strconv.Itoa(i)+"-"+text), o.Style == relayStyle))
		}
	}
	return at
}

// fit returns as much of a text as carbon-c-relay has room for.
func fit(o Options, text string) string {
	if o.Style == relayStyle {
		text = text[:min(len(text), 255)]
	}
	return text
}

// movedPoints are carbon's: a point whose position is taken moves up to the next free one, if need be beyond the last
// position of a name. So the ring depends on the order of the members.
func movedPoints(o Options, members []Member) []point {
	var all []point
	taken := make(map[uint32]bool)
	for i, m := range members {
		for _, at := range positions(o, m) {
			for taken[at] {
				at++
			}
			taken[at] = true
			all = append(all, point{at, i})
		}
	}
	slices.SortFunc(all, func(a, b point) int { return cmp.Compare(a.position, b.position) })
	return all
}

// sharedPoints are carbon-c-relay's: of several points at a position the first has all, by host and then by instance
// (none is last) or by port.
func sharedPoints(o Options, members []Member) []point {
	var all []point
	for i, m := range members {
		for _, at := range positions(o, m) {
			all = append(all, point{at, i})
		}
	}
	slices.SortStableFunc(all, func(a, b point) int {
		l, r := members[a.member], members[b.member]
		if c := cmp.Or(cmp.Compare(a.position, b.position), strings.Compare(l.Host, r.Host)); c != 0 {
			return c
		}
		switch {
		case o.Policy == fnv1aCH:
			return cmp.Compare(l.Port, r.Port)
		case l.Instance == r.Instance:
			return 0
		case l.Instance == "":
			return 1
		case r.Instance == "":
			return -1
		default:
			return strings.Compare(l.Instance, r.Instance)
		}
	})
	for i := 1; i < len(all); i++ {
		if all[i].position == all[i-1].position {
			all[i].member = all[i-1].member
		}
	}
	return all
}

// ngPoints are carbon-relay-ng's. It sorts anew with every member, as is done here: a sort that is not stable leaves
// members that are the same to it (of one host, without instances) in an order of its own.
//
// consistentHashing-v2 moves a point that falls on one of the members before, but not on one of the same member, and
// from the last position on to 0.
func ngPoints(o Options, members []Member) []point {
	ring := ngRing{members: members}
	taken := make(map[uint32]bool)
	for i, m := range members {
		at := positions(o, m)
		if o.Style == ngStyle2 {
			for j := range at {
				for taken[at[j]] && len(taken) < circle {
					at[j] = (at[j] + 1) % circle
				}
			}
		}
		for _, p := range at {
			taken[p] = true
			ring.points = append(ring.points, point{p, i})
		}
		sort.Sort(ring)
	}
	return ring.points
}

// ngRing sorts points by position, host and instance.
type ngRing struct {
	points  []point
	members []Member
}

func (r ngRing) Len() int      { return len(r.points) }
func (r ngRing) Swap(i, j int) { r.points[i], r.points[j] = r.points[j], r.points[i] }
func (r ngRing) Less(i, j int) bool {
	a, b := r.members[r.points[i].member], r.members[r.points[j].member]
	return cmp.Or(cmp.Compare(r.points[i].position, r.points[j].position),
		strings.Compare(ngHost(a.Host), ngHost(b.Host)), strings.Compare(a.Instance, b.Instance)) < 0
}
