package spool

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A model is a spool beside the plainest thing that does the same: a list of records. It also knows what a power cut may
// leave of the disk.
type model struct {
	*testing.T
	r    *rand.Rand
	root string
	s    *Spool
	recs []known

	removed map[string][]byte // segments that were removed, but may come back after a power cut
	before  map[string][]byte // what was in the directory when last looked at
	safe    map[string][]byte // what of it was synced
	named   map[string]bool   // the names that were
	cuts    int
}

// A known is a record that was appended.
type known struct {
	first, end uint64
	oldest     int64
	gone       bool // confirmed, expired, dropped or damaged
	missed     bool // when it went, the position could not tell
}

func (m *model) start(root string) {
	m.root = root
	s, err := Open(root, endpoint, Options{Size: 32 << 10, Segment: int64(1024 + m.r.IntN(3000))})
	if err != nil {
		m.Fatal(err)
	}
	m.s, m.removed, m.before = s, map[string][]byte{}, nil
	m.safe, m.named = contents(m, Dir(root, endpoint)), map[string]bool{}
	for name := range m.safe {
		m.named[name] = true
	}
	s.fsync = m.fsync
}

// fsync makes a file safe, but for a power cut just before that.
func (m *model) fsync(f *os.File) error {
	if m.r.IntN(10) == 0 {
		m.cutPower()
	}
	if f.Name() == Dir(m.root, endpoint) {
		for name := range contents(m, f.Name()) {
			m.named[name] = true
		}
		return nil
	}
	text, err := os.ReadFile(f.Name())
	m.safe[filepath.Base(f.Name())] = text
	return err
}

// step does something, and holds what comes of it to the list.
func (m *model) step() {
	switch m.r.IntN(12) {
	case 0, 1, 2, 3:
		for range m.r.IntN(8) {
			m.append()
		}
	case 4, 5, 6:
		for range m.r.IntN(10) {
			m.next()
		}
	case 7:
		m.confirm()
	case 8:
		m.s.Rewind()
	case 9:
		m.expire()
	case 10:
		if err := m.s.Flush(); err != nil {
			m.Fatal(err)
		}
	case 11:
		if err := m.s.Sync(); err != nil {
			m.Fatal(err)
		}
	}
	m.watch()
	for i := range m.recs {
		m.recs[i].missed = m.recs[i].missed || m.recs[i].gone && m.recs[i].first >= m.s.span.pos
	}
	a := balance(m, m.s)
	if want := m.held(); a.Held != want || a.Corrupt != 0 {
		m.Fatalf("%+v, want %d held", a, want)
	}
}

func (m *model) append() {
	payload, points, oldest := frame(m.s.span.end)
	oldest -= int64(m.r.IntN(100))
	first, at := m.s.span.end, m.s.read.at
	overflow := m.s.acct.Overflow
	binary.LittleEndian.PutUint64(payload, uint64(oldest)) // so that the time is known from the payload
	if err := m.s.Append(payload, points, oldest); err != nil {
		m.Fatal(err)
	}
	m.recs = append(m.recs, known{first: first, end: m.s.span.end, oldest: oldest})
	for i := range m.recs { // what gave way
		k := &m.recs[i]
		if overflow < m.s.acct.Overflow && !k.gone && m.s.span.gone(k.first) {
			if k.first < at && m.s.span.pos < at {
				m.Fatalf("%d gave way, which was in hand", k.first)
			}
			k.gone = true
			overflow += int64(k.end - k.first)
		}
	}
	if overflow != m.s.acct.Overflow {
		m.Fatalf("%d points gave way without a record", m.s.acct.Overflow-overflow)
	}
}

// unread returns the index of the record that is to be read next.
func (m *model) unread() int {
	return slices.IndexFunc(m.recs, func(k known) bool { return !k.gone && k.first >= m.s.read.at })
}

func (m *model) next() {
	i := m.unread()
	rec, ok, err := m.s.Next()
	if err != nil || ok != (i >= 0) {
		m.Fatalf("Next found a record: %v, %v; the list has one: %v", ok, err, i >= 0)
	}
	if ok && (rec.End != m.recs[i].end || rec.Oldest != m.recs[i].oldest) {
		m.Fatalf("read up to %d, want %+v", rec.End, m.recs[i])
	}
	m.verify(rec, ok)
}

func (m *model) verify(rec Record, ok bool) {
	if !ok {
		return
	}
	payload, points, _ := frame(rec.End - uint64(rec.Points))
	binary.LittleEndian.PutUint64(payload, uint64(rec.Oldest))
	if points != rec.Points || !bytes.Equal(payload, rec.Payload) {
		m.Fatalf("the record that ends at %d was never appended", rec.End)
	}
}

func (m *model) confirm() {
	read := m.recs[:0:0]
	for _, k := range m.recs {
		if k.end <= m.s.read.at && !k.gone {
			read = append(read, k)
		}
	}
	if len(read) == 0 {
		return
	}
	to := read[m.r.IntN(len(read))].end
	want := m.forget(func(k *known) bool { return k.end <= to })
	if n := m.s.Confirm(to); n != want {
		m.Fatalf("confirmed %d points, want %d", n, want)
	}
}

func (m *model) expire() {
	i := m.unread()
	if i < 0 {
		return
	}
	before := m.recs[i].oldest + int64(m.r.IntN(300)) - 100
	stopped, at := false, m.s.read.at
	want := m.forget(func(k *known) bool {
		stopped = stopped || k.first >= at && k.oldest >= before
		return k.first >= at && !stopped
	})
	if n, err := m.s.Expire(before); err != nil || n != want {
		m.Fatalf("%d points expired, want %d: %v", n, want, err)
	}
}

// forget notes which of the records are gone, and returns how many points that is.
func (m *model) forget(which func(*known) bool) (points int64) {
	for i := range m.recs {
		if k := &m.recs[i]; !k.gone && which(k) {
			k.gone = true
			points += int64(k.end - k.first)
		}
	}
	return points
}

func (m *model) held() (points int64) {
	for _, k := range m.recs {
		if !k.gone {
			points += int64(k.end - k.first)
		}
	}
	return points
}

// watch keeps what is removed from the directory.
func (m *model) watch() {
	now := contents(m, Dir(m.root, endpoint))
	for name, text := range m.before {
		if now[name] == nil && strings.HasSuffix(name, segmentSuffix) {
			m.removed[name] = text
		}
	}
	m.before = now
}

// image is what a power cut could leave now: of each file what is safe, and a part of what is not.
func (m *model) image() map[string][]byte {
	m.watch()
	all := maps.Clone(m.before)
	if p := m.safe[positionFile]; p != nil && m.r.IntN(2) == 0 {
		all[positionFile] = p
	}
	names := slices.Sorted(maps.Keys(all))
	for _, name := range names {
		text := all[name]
		safe := len(m.safe[name])
		if !strings.HasSuffix(name, segmentSuffix) || safe == len(text) {
			continue
		}
		all[name] = text[:safe+m.r.IntN(len(text)-safe+1)]
		switch m.r.IntN(4) {
		case 0:
			all[name] = append(slices.Clip(all[name]), make([]byte, m.r.IntN(500))...)
		case 1: // a page of what is not safe was not written, but what follows it was
			from := safe + m.r.IntN(len(text)-safe)
			all[name] = slices.Clone(text)
			clear(all[name][from:min(from+512, len(text))])
		}
	}
	for _, name := range names {
		if strings.HasSuffix(name, segmentSuffix) && !m.named[name] && m.r.IntN(2) == 0 {
			delete(all, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.removed)) {
		if m.r.IntN(4) == 0 && all[name] == nil {
			all[name] = m.removed[name]
		}
	}
	return all
}

// cutPower holds what can be read after a power cut to what was promised.
func (m *model) cutPower() (root string) {
	m.cuts++
	root = m.TempDir()
	lay(m, Dir(root, endpoint), m.image())
	s := open(m, root, small)
	got := map[uint64]bool{}
	last := uint64(0)
	for {
		rec, ok, err := s.Next()
		if err != nil {
			m.Fatal(err)
		}
		if !ok {
			break
		}
		m.verify(rec, ok)
		first := rec.End - uint64(rec.Points)
		if first < last {
			m.Fatalf("%d comes after %d", first, last)
		}
		last, got[first] = rec.End, true
	}
	missed := int64(0)
	for _, k := range m.recs {
		safe, gone := k.end <= m.s.synced, k.gone || m.s.span.gone(k.first)
		switch {
		case got[k.first] && k.end <= m.s.saved.pos:
			m.Fatalf("%+v is read again", k)
		case !got[k.first] && !gone && safe:
			m.Fatalf("%+v is lost, safe up to %d", k, m.s.synced)
		case !got[k.first] && k.end <= s.span.end && (k.missed || gone && k.first >= m.s.span.pos || !safe):
			missed += int64(k.end - k.first) // dropped out of turn, or a hole in what is not safe
		}
		delete(got, k.first)
	}
	if len(got) > 0 {
		m.Fatalf("records from nowhere: %v", got)
	}
	if a := balance(m, s); a.Corrupt > missed {
		m.Fatalf("%d points corrupt, at most %d can be missed", a.Corrupt, missed)
	}
	m.closeImage(s)
	return root
}

// closeImage ends the look at an image without a trace, as the next look should find it as it was.
func (m *model) closeImage(s *Spool) {
	s.read.close()
	s.lock.Close()
}

// crash goes on with what a power cut left.
func (m *model) crash() {
	m.s.fsync = func(*os.File) error { return nil }
	old := m.s
	root := m.cutPower()
	m.closeImage(old)
	if old.file != nil {
		old.file.Close()
	}
	m.adopt(root)
}

// restart ends in order and goes on.
func (m *model) restart() {
	m.s.fsync = func(*os.File) error { return nil }
	closeUp(m, m.s)
	m.adopt(m.root)
}

// adopt makes the list what the spool in root holds.
func (m *model) adopt(root string) {
	m.start(root)
	s := m.s
	s.fsync = func(*os.File) error { return nil }
	m.recs = nil
	at := s.span.pos
	for {
		rec, ok, err := s.Next()
		if err != nil {
			m.Fatal(err)
		}
		k := known{first: rec.End - uint64(rec.Points), end: rec.End, oldest: rec.Oldest}
		if !ok {
			k.first = s.span.end
		}
		if at < k.first { // a hole: the next look at the disk finds it again
			m.recs = append(m.recs, known{first: at, end: k.first, gone: true, missed: true})
		}
		if at = k.end; !ok {
			break
		}
		m.recs = append(m.recs, k)
	}
	s.Rewind()
	balance(m, s)
	s.acct = Account{Opened: s.span.held()}
	s.fsync = m.fsync
}

// TestModel does a thousand things in any order, with restarts and power cuts between them.
func TestModel(t *testing.T) {
	seeds := 10
	if testing.Short() {
		seeds = 3
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &model{T: t, r: rand.New(rand.NewPCG(seed, 3))}
			m.start(t.TempDir())
			for range 300 {
				m.step()
				switch m.r.IntN(60) {
				case 0:
					m.restart()
				case 1, 2:
					m.crash()
				}
			}
			end := m.s.span.end
			m.s.Confirm(end)
			m.s.fsync = func(*os.File) error { return nil }
			closeUp(t, m.s)
			if names := files(t, m.root); slices.ContainsFunc(names, func(n string) bool { return filepath.Ext(n) == segmentSuffix }) {
				t.Fatalf("left %v", names)
			}
			if m.cuts == 0 {
				t.Fatal("the power was never cut")
			}
		})
	}
}
