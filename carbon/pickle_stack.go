package carbon

// fence is the height that the opcodes may not take values below: that of the last open MARK.
func (m *pickleMachine) fence() uint32 {
	if m.nmark == 0 {
		return 0
	}
	return m.marks[m.nmark-1]
}

// has reports whether there are n values above the fence, and ends the run if not.
func (m *pickleMachine) has(n uint32) bool {
	if m.stack.n-m.fence() < n {
		m.stop(errPickleUnderflow)
		return false
	}
	return true
}

// top returns the topmost value.
func (m *pickleMachine) top() *pickleValue {
	if m.err != nil || !m.has(1) {
		return &pickleValue{}
	}
	return m.stack.at(m.stack.n - 1)
}

// pop drops the topmost value, or the MARK if that is on top.
func (m *pickleMachine) pop() {
	if m.nmark > 0 && m.fence() == m.stack.n {
		m.nmark--
	} else if m.has(1) {
		m.stack.n--
	}
}

// mark opens a MARK.
func (m *pickleMachine) mark() {
	if m.nmark == pickleMarks {
		m.stop(errPickleDepth)
		return
	}
	m.marks[m.nmark] = m.stack.n
	m.nmark++
}

// unmark closes the last MARK and returns its height. Without one it ends the run and returns the stack's.
func (m *pickleMachine) unmark() uint32 {
	if m.nmark == 0 {
		m.stop(errPickleUnderflow)
		return m.stack.n
	}
	m.nmark--
	return m.marks[m.nmark]
}

// keep moves the values from height at on into cells, each linked to the next. It returns the first cell, how many
// they are, and the depth of the deepest.
func (m *pickleMachine) keep(at uint32) (head, n uint32, depth uint8) {
	head, n = m.cells.n, m.stack.n-at
	for i := at; i < m.stack.n; i++ {
		v := *m.stack.at(i)
		v.next = m.cells.n + 1
		depth = max(depth, v.depth&^pickleShared)
		if !m.push(&m.cells, v) {
			m.stop(errPickleFull)
			break
		}
	}
	m.stack.n = at
	if depth >= pickleDepth {
		m.stop(errPickleDepth)
	}
	return head, n, depth
}

// tuple makes one tuple of the values from height at on.
func (m *pickleMachine) tuple(at uint32) {
	head, n, depth := m.keep(at)
	m.load(pickleValue{kind: pickleTuple, bits: pickleBits(head, n), depth: depth + 1})
}

// list makes one list of the values from height at on. A list can grow, and be known under several values, so what it
// holds is said in a header of its own: first<<32 | last cell, and their count as next.
func (m *pickleMachine) list(at uint32) {
	header := m.cells.n
	if !m.push(&m.cells, pickleValue{kind: pickleList, depth: 1}) {
		m.stop(errPickleFull)
	}
	items := m.stack.n - at
	if items == 0 {
		m.load(pickleValue{kind: pickleList, bits: uint64(header), depth: 1})
		return
	}
	if m.err == nil {
		m.link(header, at)
	}
	if m.err == nil {
		m.load(pickleValue{kind: pickleList, bits: uint64(header), depth: m.cells.at(header).depth})
	}
}

// link appends the values from height at on to the list of header.
func (m *pickleMachine) link(header, at uint32) {
	first, n, depth := m.keep(at)
	if m.err != nil || n == 0 {
		return
	}
	h := m.cells.at(header)
	head, tail := h.pair()
	if h.next == 0 {
		head = first
	} else {
		m.cells.at(tail).next = first
	}
	h.bits, h.next, h.depth = pickleBits(head, first+n-1), h.next+n, max(h.depth, depth+1)
}

// extendList appends the values from height at on to the list below them. A list that was fetched from the memo in the
// meantime is refused: Python writes that only of a list that holds itself, and without such the data is a tree.
func (m *pickleMachine) extendList(at uint32) {
	if m.err != nil {
		return
	}
	if at == m.fence() {
		m.stop(errPickleUnderflow)
		return
	}
	list := m.stack.at(at - 1)
	if list.kind != pickleList {
		m.fail("APPEND to something that is no list")
		return
	}
	header := uint32(list.bits)
	if m.stack.n > at && m.cells.at(header).shared() {
		m.stop(errPickleSelf)
		return
	}
	m.link(header, at)
	list.depth = m.cells.at(header).depth
}

// dict runs the opcodes of dicts. What is put into one is dropped.
func (m *pickleMachine) dict(op byte) {
	var at uint32
	switch {
	case op == '}':
		m.load(pickleValue{kind: pickleDict, depth: 1})
		return
	case op != 's':
		at = m.unmark()
	case m.has(3):
		at = m.stack.n - 2
	}
	if m.err != nil {
		return
	}
	if (m.stack.n-at)%2 != 0 {
		m.fail("a dict has a key without a value")
		return
	}
	if op == 'd' {
		m.stack.n = at
		m.load(pickleValue{kind: pickleDict, depth: 1})
		return
	}
	if at == m.fence() || m.stack.at(at-1).kind != pickleDict {
		m.fail("SETITEM on something that is no dict")
		return
	}
	m.stack.n = at
}

// put files the topmost value under index i.
func (m *pickleMachine) put(i uint64) {
	v := *m.top()
	if m.err != nil {
		return
	}
	if i >= uint64(len(m.in)+pickleSlots) {
		m.fail("memo slot %d in a pickle of %d bytes", i, len(m.in))
		return
	}
	for uint64(m.memo.n) <= i {
		if !m.push(&m.memo, pickleValue{}) {
			m.stop(errPickleFull)
			return
		}
	}
	slot := m.memo.at(uint32(i))
	if slot.next == 0 {
		m.slots++
	}
	*slot = v
	slot.next = 1 // filled, if with None
}

// get loads what is filed under index i.
func (m *pickleMachine) get(i uint64) {
	if m.err != nil {
		return
	}
	if i >= uint64(m.memo.n) || m.memo.at(uint32(i)).next == 0 {
		m.fail("memo slot %d is empty", i)
		return
	}
	m.share(*m.memo.at(uint32(i)))
}

// dup loads the topmost value once more.
func (m *pickleMachine) dup() {
	if v := *m.top(); m.err == nil {
		m.share(v)
	}
}

// share loads a value that is, or may be, elsewhere too.
func (m *pickleMachine) share(v pickleValue) {
	if v.kind == pickleList {
		h := m.cells.at(uint32(v.bits))
		h.depth |= pickleShared
		v.depth = h.depth
	}
	v.depth |= pickleShared
	m.load(v)
}

// children returns the first cell and the number of what is in a tuple or a list.
func (m *pickleMachine) children(v pickleValue) (head, n uint32, ok bool) {
	switch v.kind {
	case pickleTuple:
		head, n = v.pair()
	case pickleList:
		h := m.cells.at(uint32(v.bits))
		head, _ = h.pair()
		n = h.next
	default:
		return 0, 0, false
	}
	return head, n, true
}
