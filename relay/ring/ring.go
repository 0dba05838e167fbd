// Package ring places names on the members of a cluster as carbon, carbon-c-relay and carbon-relay-ng place them, to the
// last name: a store that was filled by one of them is found again by plumbago.
//
// Members and options come in once, by New; names come in one by one, and the places of their copies go out. A Ring never
// changes after New, so anybody may ask it at the same time. It knows nothing of connections: who is alive is not its
// matter, and a member that is down keeps its names.
package ring

import (
	"errors"
	"fmt"
	"slices"
)

// The policies: how a name becomes a place.
const (
	carbonCH = "carbon_ch"     // the first two bytes of an MD5, on a ring of a hundred points a member
	fnv1aCH  = "fnv1a_ch"      // an FNV-1a folded to 16 bits, on such a ring
	jumpCH   = "jump_fnv1a_ch" // an FNV-1a of 64 bits and the jump hash: no ring, and even shares
)

// The styles: whose placement it is. They differ in the texts that are hashed, in what happens to points that fall on the
// same position, and in what part of a name counts.
const (
	carbonStyle = "carbon"             // graphite's carbon since 2014: a point moves up to a free position
	relayStyle  = "carbon-c-relay"     // the least of the members gets a position; tags do not count
	ngStyle     = "carbon-relay-ng"    // its consistentHashing, which is carbon's before 2014
	ngStyle2    = "carbon-relay-ng-v2" // its consistentHashing-v2: nearly what carbon does
)

// A Member is one endpoint as a ring sees it.
type Member struct {
	// The name or address as the configuration has it, an IPv6 address without its brackets.
	Host string
	Port int
	// What tells members of one host apart, "" for none.
	Instance string
}

// Options say which placement a Ring reproduces.
type Options struct {
	// How a name becomes a place: "carbon_ch", "fnv1a_ch" or "jump_fnv1a_ch".
	Policy string
	// Whose placement it is: "carbon", "carbon-c-relay", "carbon-relay-ng" or "carbon-relay-ng-v2".
	Style string
	// The copies of a name, on distinct members: at least 1.
	Replicas int
	// Copies go to distinct hosts as well, as with carbon's DIVERSE_REPLICAS: members of a host that has a copy are passed
	// over. There are fewer copies than asked for when there are fewer hosts.
	Diverse bool
}

// A Ring places names on members. Make it with New.
type Ring struct {
	style  string
	policy string
	copies int      // of every name: as many as were asked for, or as there can be
	keys   []string // by member
	hosts  []int    // by member: a number for its host; nil unless copies go to distinct hosts

	// Of a *_ch policy: the positions in use, ascending, and the members that have them.
	positions []uint32
	owners    []int

	// Of jump_fnv1a_ch: the members in the order in which they are numbered.
	order []int
}

// New makes the ring of members. It refuses what the program whose style it is refuses, or does not have.
func New(o Options, members []Member) (*Ring, error) {
	if err := check(o, members); err != nil {
		return nil, fmt.Errorf("making a ring: %w", err)
	}
	r := build(o, members)
	r.copies = min(o.Replicas, r.most())
	return r, nil
}

// check says why there is no ring of members, if so.
func check(o Options, members []Member) error {
	if err := checkKind(o); err != nil {
		return err
	}
	if o.Replicas < 1 {
		return fmt.Errorf("%d replicas: there must be at least 1", o.Replicas)
	}
	if len(members) == 0 {
		return errors.New("it has no members")
	}
	portless := o.Style == carbonStyle && o.Policy != jumpCH // carbon tells its destinations apart by host and instance
	seen := make(map[Member]bool, len(members))
	for _, m := range members {
		if portless {
			m.Port = 0
		}
		switch {
		case !seen[m]:
			seen[m] = true
		case portless:
			return fmt.Errorf("host %s, instance %q is there twice: carbon does not look at ports", m.Host, m.Instance)
		default:
			return fmt.Errorf("host %s, port %d, instance %q is there twice", m.Host, m.Port, m.Instance)
		}
	}
	return nil
}

// checkKind says why there is no such placement, if so.
func checkKind(o Options) error {
	if !slices.Contains([]string{carbonCH, fnv1aCH, jumpCH}, o.Policy) {
		return fmt.Errorf("unknown policy %q", o.Policy)
	}
	if !slices.Contains([]string{carbonStyle, relayStyle, ngStyle, ngStyle2}, o.Style) {
		return fmt.Errorf("unknown style %q", o.Style)
	}
	if o.Policy == fnv1aCH && (o.Style == ngStyle || o.Style == ngStyle2) {
		return fmt.Errorf("carbon-relay-ng has no %s", fnv1aCH)
	}
	return nil
}

// build makes a ring of members that gives no copies yet.
func build(o Options, members []Member) *Ring {
	r := &Ring{style: o.Style, policy: o.Policy}
	if o.Style == relayStyle || o.Policy == jumpCH {
		members = slices.Clone(members)
		for i := range members {
			members[i].Instance = relayInstance(members[i].Instance)
		}
	}
	if o.Policy == jumpCH {
		r.order = jumpOrder(members)
		r.keys = jumpKeys(r.order)
	} else {
		for _, m := range members {
			r.keys = append(r.keys, key(o, m))
		}
		for _, p := range points(o, members) {
			if n := len(r.positions); n == 0 || r.positions[n-1] != p.position {
				r.positions = append(r.positions, p.position)
				r.owners = append(r.owners, p.member)
			}
		}
	}
	if o.Diverse {
		r.hosts = make([]int, len(members))
		for i, m := range members {
			r.hosts[i] = slices.IndexFunc(members, func(other Member) bool { return other.Host == m.Host })
		}
	}
	return r
}

// most counts the members that one name can have copies on.
func (r *Ring) most() int {
	reached := make(map[int]bool)
	for _, m := range slices.Concat(r.owners, r.order) {
		if r.hosts != nil {
			m = r.hosts[m]
		}
		reached[m] = true
	}
	return len(reached)
}

// Copies returns how many copies of a name there can be at most: fewer than members if several of them are one node of
// the ring, or on one host and o.Diverse is set. It is 0 if there is no such ring.
func Copies(o Options, members []Member) int {
	if checkKind(o) != nil || len(members) == 0 {
		return 0
	}
	return build(o, members).most()
}

// Append appends to dst the indexes of the members that get name, the first copy's first. They are distinct, and fewer
// than were asked for only if there are no more.
func (r *Ring) Append(dst []int, name string) []int {
	return r.place(dst, part(r.style, name))
}

// place is Append for the part of a name that is hashed.
func (r *Ring) place(dst []int, text string) []int {
	switch r.policy {
	case jumpCH:
		return r.jump(dst, text)
	case carbonCH:
		return r.walk(dst, md5Position(text))
	default:
		return r.walk(dst, fold(fnv1a32(text, r.style == relayStyle)))
	}
}

// walk appends the first members from position on, clockwise.
func (r *Ring) walk(dst []int, position uint32) []int {
	from := len(dst)
	at, _ := slices.BinarySearch(r.positions, position)
	for ; ; at++ {
		if at == len(r.positions) {
			at = 0
		}
		if m := r.owners[at]; r.free(dst[from:], m) {
			dst = append(dst, m)
		}
		if len(dst)-from == r.copies {
			return dst
		}
	}
}

// free says whether a further copy may go to member. There are few copies, so looking at all of them is quick.
func (r *Ring) free(copies []int, member int) bool {
	for _, c := range copies {
		if c == member || r.hosts != nil && r.hosts[c] == r.hosts[member] {
			return false
		}
	}
	return true
}

// Key returns the text by which the ring knows a member. With carbon_ch the point i of the member is the hash of the text,
// a colon and i; with fnv1a_ch that of i, a dash and the text. With jump_fnv1a_ch nothing of a member is hashed: its text
// is its number in the order, from 0.
func (r *Ring) Key(member int) string {
	return r.keys[member]
}

// Shares returns the expected share of all names whose first copy each member gets: what its arcs have of the ring, or
// the same for all with the jump hash.
func (r *Ring) Shares() []float64 {
	shares := make([]float64, len(r.keys))
	if r.policy == jumpCH {
		for i := range shares {
			shares[i] = 1 / float64(len(shares))
		}
		return shares
	}
	arcs := make([]uint32, len(r.keys))
	next := uint32(0) // the first position that no arc has yet
	for i, p := range r.positions {
		if p >= next {
			// A point that moved up beyond the last position of a name still has the names below it.
			end := min(p+1, circle)
			arcs[r.owners[i]] += end - next
			next = end
		}
	}
	arcs[r.owners[0]] += circle - next
	for i, a := range arcs {
		shares[i] = float64(a) / circle
	}
	return shares
}
