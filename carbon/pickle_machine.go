package carbon

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Bounds that no pickle of metrics comes near.
const (
	pickleDepth = 16  // containers inside one another
	pickleMarks = 64  // MARKs open at a time
	pickleSlots = 256 // memo slots beyond one for each byte of the frame
)

// A pickleMachine runs the data opcodes of one pickle. What goes wrong is kept in err and ends the run; the methods
// after it do nothing harmful.
type pickleMachine struct {
	pickleStore
	b     *Batch
	from  int    // where in b.Bytes the pickle starts
	in    []byte // the pickle
	pos   int    // of the next byte in it
	marks [pickleMarks]uint32
	nmark int
	slots uint32 // memo slots that are filled
	wide  int    // bytes of integers beyond any sensible length
	err   error
}

// fail ends the run; what it says is for an operator who knows carbon, not pickles.
func (m *pickleMachine) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

var (
	errPickleCut       = errors.New("the pickle is cut short")
	errPickleUnderflow = errors.New("the pickle takes more values than it has")
	errPickleFull      = errors.New("the pickle makes more values than its length allows")
	errPickleDepth     = fmt.Errorf("containers nested more than %d deep", pickleDepth)
	errPickleSelf      = errors.New("a list is changed after it was shared")
)

// stop is fail for a sentence that never changes.
func (m *pickleMachine) stop(err error) {
	if m.err == nil {
		m.err = err
	}
}

// run executes the pickle in b.Bytes[from:to] and returns its result. Texts may be decoded in place, or at the end of
// b.Bytes.
func (m *pickleMachine) run(b *Batch, from, to int) (pickleValue, error) {
	m.reset(to - from)
	m.b, m.from, m.in, m.pos = b, from, b.Bytes[from:to], 0
	m.nmark, m.slots, m.wide, m.err = 0, 0, 0, nil
	m.push(&m.cells, pickleValue{})
	for m.err == nil {
		if m.pos == len(m.in) {
			m.stop(errPickleCut)
			break
		}
		op := m.in[m.pos]
		m.pos++
		if op == '.' {
			break
		}
		m.step(op)
	}
	top := m.top()
	err := m.err
	m.b, m.in, m.err = nil, nil, nil
	if err != nil {
		return pickleValue{}, err
	}
	return *top, nil
}

// step executes one opcode, by Python's names: pickletools.py has a paragraph on each.
func (m *pickleMachine) step(op byte) {
	switch op {
	case 'X', 'T', 'B': // BINUNICODE BINSTRING BINBYTES
		m.text(m.uint(4))
	case 'U', 'C', 0x8c: // SHORT_BINSTRING SHORT_BINBYTES SHORT_BINUNICODE
		m.text(m.uint(1))
	case 0x8d, 0x8e: // BINUNICODE8 BINBYTES8
		m.text(m.uint(8))
	case 'q': // BINPUT
		m.put(m.uint(1))
	case 'r': // LONG_BINPUT
		m.put(m.uint(4))
	case 'J': // BININT
		m.number(float64(int32(m.uint(4))))
	case 'K': // BININT1
		m.number(float64(m.uint(1)))
	case 'M': // BININT2
		m.number(float64(m.uint(2)))
	case 'G': // BINFLOAT
		if raw := m.take(8); raw != nil {
			m.number(math.Float64frombits(binary.BigEndian.Uint64(raw)))
		}
	case 0x85, 0x86, 0x87: // TUPLE1 TUPLE2 TUPLE3
		if m.has(uint32(op - 0x84)) {
			m.tuple(m.stack.n - uint32(op-0x84))
		}
	case 'h': // BINGET
		m.get(m.uint(1))
	case 'j': // LONG_BINGET
		m.get(m.uint(4))
	case 0x94: // MEMOIZE
		m.put(uint64(m.slots))
	case '(': // MARK
		m.mark()
	case 'a': // APPEND
		if m.has(2) {
			m.extendList(m.stack.n - 1)
		}
	case 'e': // APPENDS
		m.extendList(m.unmark())
	case 't': // TUPLE
		m.tuple(m.unmark())
	case 'l': // LIST
		m.list(m.unmark())
	case ']': // EMPTY_LIST
		m.list(m.stack.n)
	case ')': // EMPTY_TUPLE
		m.tuple(m.stack.n)
	case 'N', 0x88, 0x89: // NONE NEWTRUE NEWFALSE
		m.constant(op)
	case 'S', 'V', 'I', 'L', 'F', 'p', 'g': // those whose operand is a line of text
		m.line(op)
	case 0x8a: // LONG1
		m.long(m.uint(1))
	case 0x8b: // LONG4
		m.long(m.uint(4))
	case '}', 'd', 's', 'u': // EMPTY_DICT DICT SETITEM SETITEMS
		m.dict(op)
	case '0': // POP
		m.pop()
	case '1': // POP_MARK
		m.stack.n = m.unmark()
	case '2': // DUP
		m.dup()
	case 0x80: // PROTO
		if v := m.uint(1); v > 5 {
			m.fail("pickle protocol %d is unknown", v)
		}
	case 0x95: // FRAME
		if n := m.uint(8); m.err == nil && n > uint64(len(m.in)-m.pos) {
			m.stop(errPickleCut)
		}
	default:
		m.refuse(op)
	}
}

// take returns the next n bytes, or nil if they are not there: an announced length is compared, never allocated.
func (m *pickleMachine) take(n uint64) []byte {
	if n > uint64(len(m.in)-m.pos) {
		m.stop(errPickleCut)
		return nil
	}
	at := m.pos
	m.pos += int(n)
	return m.in[at:m.pos]
}

// uint reads a little-endian number of 1, 2, 4 or 8 bytes.
func (m *pickleMachine) uint(size uint64) uint64 {
	raw := m.take(size)
	switch len(raw) {
	case 1:
		return uint64(raw[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(raw))
	case 4:
		return uint64(binary.LittleEndian.Uint32(raw))
	case 8:
		return binary.LittleEndian.Uint64(raw)
	}
	return 0
}

// load puts v onto the stack.
func (m *pickleMachine) load(v pickleValue) {
	if !m.push(&m.stack, v) {
		m.stop(errPickleFull)
	}
}

// number puts v onto the stack.
func (m *pickleMachine) number(v float64) {
	m.load(pickleValue{kind: pickleNumber, bits: math.Float64bits(v)})
}

// constant puts None, True or False onto the stack.
func (m *pickleMachine) constant(op byte) {
	v := pickleValue{kind: pickleBool}
	switch op {
	case 'N':
		v.kind = pickleNone
	case 0x88:
		v.bits = math.Float64bits(1)
	}
	m.load(v)
}

// text puts the next n bytes onto the stack where they lie.
func (m *pickleMachine) text(n uint64) {
	at := m.from + m.pos
	if m.take(n); m.err == nil {
		m.load(pickleValue{kind: pickleText, bits: pickleBits(uint32(at), uint32(n))})
	}
}

// refusedOpcodes are those that Python knows and that are not data.
var refusedOpcodes = [256]string{
	'c': "GLOBAL", 'R': "REDUCE", 'b': "BUILD", 'i': "INST", 'o': "OBJ", 'P': "PERSID", 'Q': "BINPERSID",
	0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x8f: "EMPTY_SET", 0x90: "ADDITEMS", 0x91: "FROZENSET",
	0x92: "NEWOBJ_EX", 0x93: "STACK_GLOBAL", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
}

// refuse ends the run at an opcode that is not data.
func (m *pickleMachine) refuse(op byte) {
	if name := refusedOpcodes[op]; name != "" {
		m.fail("opcode %s is not data", name)
		return
	}
	m.fail("opcode 0x%02x is unknown", op)
}
