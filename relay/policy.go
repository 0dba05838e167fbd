package relay

import "plumbago/relay/ring"

// sharesEach is into how many shares the names of one member are divided by the policy "any": enough for a fair spread
// over the others when it is gone.
const sharesEach = 16

// standsIn says whether members stand in for one that is gone.
func (c *Cluster) standsIn() bool { return c.policy == "any" || c.policy == "failover" }

// shares returns into how many shares the cluster divides names.
func (c *Cluster) shares() int {
	switch {
	case c.policy == "any":
		return len(c.Dests) * sharesEach
	case c.ring != nil:
		return len(c.Dests)
	}
	return 1
}

// places returns how many frames of the cluster a lane keeps open.
func (c *Cluster) places() int {
	if c.policy == "any" || c.ring != nil {
		return len(c.Dests)
	}
	return 1
}

// sharesOf appends the shares that a name belongs to: one, or one per copy.
func (c *Cluster) sharesOf(dst []int, name string) []int {
	switch {
	case c.policy == "any":
		home, hash := ring.Any(c.style, name, len(c.Dests))
		return append(dst, home*sharesEach+int(hash)/len(c.Dests)%sharesEach)
	case c.ring != nil:
		return c.ring.Append(dst, name)
	}
	return append(dst, 0)
}

// place returns where a share goes, as the members stand: home, or if that is gone to one of those that are not.
func (c *Cluster) place(share int) int {
	if c.policy != "any" {
		return share
	}
	home := share / sharesEach
	if c.Dests[home].Alive() {
		return home
	}
	if alive := c.alive(); len(alive) > 0 {
		return alive[share%sharesEach%len(alive)]
	}
	return home
}

// alive returns the members that are not gone.
func (c *Cluster) alive() (alive []int) {
	for i, d := range c.Dests {
		if d.Alive() {
			alive = append(alive, i)
		}
	}
	return alive
}

// first returns the first member that is not gone, or the very first one.
func (c *Cluster) first() int {
	for i, d := range c.Dests {
		if d.Alive() {
			return i
		}
	}
	return 0
}

// relieve moves what waits for a member that is gone to others: all to the first one alive, or spread over them.
func (c *Cluster) relieve(gone int) {
	from := c.Dests[gone]
	for {
		alive := c.alive()
		if c.policy == "failover" {
			alive = alive[:min(len(alive), 1)]
		}
		moved := false
		for range alive {
			to := c.Dests[alive[int(c.turn.Add(1))%len(alive)]]
			if moved = to != from && from.MoveTo(to); moved {
				break
			}
		}
		if !moved {
			return
		}
	}
}

// holders returns the members that get the points of a name, as they stand.
func (c *Cluster) holders(name string) (members []int) {
	switch {
	case c.policy == "failover":
		return []int{c.first()}
	case c.places() == 1:
		for i := range c.Dests {
			members = append(members, i)
		}
		return members
	}
	for _, share := range c.sharesOf(nil, name) {
		members = append(members, c.place(share))
	}
	return members
}
