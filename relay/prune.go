package relay

// fewRoutes is how many routes a lane keeps whether any name takes them or not.
const fewRoutes = 4096

// noRoute stands where a route was that is forgotten.
const noRoute = ^uint32(0)

// prune forgets the routes that nothing known takes any more, but not what they counted. There are as many as there are
// sets of rules that names can meet: few, unless somebody makes up names to meet ever others.
func (l *Lane) prune() {
	if len(l.routes) <= fewRoutes {
		return
	}
	moved := l.keep(l.used())
	l.memory.young.reroute(moved)
	l.memory.old.reroute(moved)
	for i := range l.ways {
		l.ways[i].route = moved[l.ways[i].route]
	}
	shared := make(map[uint32]uint32, len(l.shared))
	for route, way := range l.shared {
		shared[moved[route]] = way
	}
	known := map[string]uint32{} // a map that things are deleted from stays as large as it was
	for key, route := range l.known {
		if moved[route] != noRoute {
			known[key] = moved[route]
		}
	}
	l.shared, l.known = shared, known
}

// used says which routes are taken: by names, and by the ways of results, of which those that stand for nothing have the
// first one.
func (l *Lane) used() []bool {
	used := make([]bool, len(l.routes))
	for _, g := range []*generation{&l.memory.young, &l.memory.old} {
		for s := range g.all() {
			used[s.route] = true
		}
	}
	for i := range l.ways {
		used[l.ways[i].route] = true
	}
	return used
}

// keep keeps the routes that are used and returns where each went.
func (l *Lane) keep(used []bool) (moved []uint32) {
	if l.past == nil {
		l.past = make([]Tally, len(l.table.rules))
	}
	moved = make([]uint32, len(l.routes))
	var routes []route
	var targets []target
	var met [][]int
	for i, r := range l.routes {
		if !used[i] {
			moved[i] = noRoute
			r.tally(l.past, l.met[i])
			continue
		}
		moved[i] = uint32(len(routes))
		from := l.targets[r.at : r.at+uint32(r.n)]
		r.at = uint32(len(targets))
		routes, targets, met = append(routes, r), append(targets, from...), append(met, l.met[i])
	}
	l.routes, l.targets, l.met = routes, targets, met
	return moved
}

// reroute follows the routes to where they went.
func (g *generation) reroute(moved []uint32) {
	for s := range g.all() {
		s.route = moved[s.route]
	}
}
