package history

import (
	"sync/atomic"
	"time"
)

// A Room is how much some Stores may keep together.
type Room struct {
	limit, used atomic.Int64 // series
	most        int64        // bytes; 0 for no bound
	bytes       atomic.Int64
}

// NewRoom returns a Room for so many series and bytes; 0 bytes bound nothing.
func NewRoom(series, bytes int) *Room {
	r := &Room{most: int64(bytes)}
	r.Resize(series)
	return r
}

// roomy says whether there are bytes left.
func (r *Room) roomy() bool { return r.most == 0 || r.bytes.Load() < r.most }

// Resize changes for how many series there is room. Those that are too many stay.
func (r *Room) Resize(series int) { r.limit.Store(int64(series)) }

// take takes the room of one series, if there is any.
func (r *Room) take() bool {
	if r.used.Add(1) > r.limit.Load() {
		r.used.Add(-1)
		return false
	}
	return true
}

// A Store is one owner's part of the past.
type Store struct {
	keep    int64 // seconds
	room    *Room
	series  []*Series         // by number; nil where none is
	unused  []uint32          // numbers
	orphans []orphan          // in the order of their dues; some are none any more
	byName  map[string]uint32 // the numbers of those that are
}

// An orphan is a series whose aggregate has forgotten it, and when it is forgotten here, in Unix seconds.
type orphan struct {
	number uint32
	due    int64
}

// NewStore returns an empty Store that keeps the past of a series for so long. It shares room with others.
func NewStore(keep time.Duration, room *Room) *Store {
	return &Store{keep: int64(keep / time.Second), room: room, byName: map[string]uint32{}}
}

// Resize changes for how long the past of a series is kept.
func (s *Store) Resize(keep time.Duration) { s.keep = int64(keep / time.Second) }

// Seconds is for how long the past of a series is kept; 0 of no Store.
func (s *Store) Seconds() int64 {
	if s == nil {
		return 0
	}
	return s.keep
}

// A Handle names an open series to the Store that it is in. The zero Handle names none.
type Handle uint32

// Wants says whether there may be a series for results of the given name: by Adopt, or, if there is room, by Open.
func (s *Store) Wants(name []byte) bool {
	_, orphaned := s.byName[string(name)]
	return orphaned || !s.Full()
}

// Full says whether there is no room for another series.
func (s *Store) Full() bool { return s.room.used.Load() >= s.room.limit.Load() || !s.room.roomy() }

// Adopt finds the past of a series that its aggregate had forgotten and that is back, and gives it back to it.
func (s *Store) Adopt(l *Label) Handle {
	n, ok := s.byName[l.Name]
	if !ok {
		return 0
	}
	se := s.series[n]
	if se.Of != l.Of || se.Fn != l.Fn || se.Period != l.Period || se.Diff != l.Diff {
		return 0
	}
	delete(s.byName, l.Name)
	se.due, se.Source = 0, l.Source
	return Handle(n + 1)
}

// Open makes a series, which has no points yet. It returns the zero Handle if there is no room.
func (s *Store) Open(l Label) Handle {
	if !s.room.take() {
		return 0
	}
	s.room.bytes.Add(perSeries)
	l.compact()
	se := &Series{Label: l}
	n := uint32(len(s.series))
	if last := len(s.unused) - 1; last >= 0 {
		n, s.unused = s.unused[last], s.unused[:last]
		s.series[n] = se
	} else {
		s.series = append(s.series, se)
	}
	return Handle(n + 1)
}

// Put keeps a point of a series: a new one, or another value for one that there is.
func (s *Store) Put(h Handle, p Point) {
	se := s.series[h-1]
	most := s.keep + 1
	if period := int64(se.Period / time.Second); period > 1 {
		most = s.keep/period + 1
	}
	if !s.room.roomy() {
		se.points.makeRoom()
	}
	before := len(se.points.room)
	se.points.put(p, s.keep, int(most))
	if grown := len(se.points.room) - before; grown != 0 {
		s.room.bytes.Add(perPoint * int64(grown))
	}
}

// Orphan tells that the aggregate has forgotten a series, at a time in Unix seconds. Its past is still there until Sweep
// finds that it has been an orphan for as long as a past is kept.
func (s *Store) Orphan(h Handle, now int64) {
	n := uint32(h - 1)
	se := s.series[n]
	if before, ok := s.byName[se.Name]; ok {
		s.drop(before)
	}
	se.due = max(now+s.keep, 1)
	s.byName[se.Name] = n
	s.orphans = append(s.orphans, orphan{n, se.due})
}

// Sweep forgets the orphans whose time has come.
func (s *Store) Sweep(now int64) {
	for len(s.orphans) > 0 && s.orphans[0].due <= now {
		o := s.orphans[0]
		s.orphans = s.orphans[1:]
		if se := s.series[o.number]; se != nil && se.due == o.due {
			delete(s.byName, se.Name)
			s.drop(o.number)
		}
	}
}

// Trim drops the points of all series that are older than a time in Unix seconds.
func (s *Store) Trim(before int64) {
	for _, se := range s.series {
		if se != nil {
			se.points.trim(before)
		}
	}
}

// Forget drops a series with its past.
func (s *Store) Forget(h Handle) { s.drop(uint32(h - 1)) }

// ForgetOrphans drops the past of all orphans whose aggregate's series had a name for which is says so.
func (s *Store) ForgetOrphans(is func(of string) bool) {
	for name, n := range s.byName {
		if is(s.series[n].Of) {
			delete(s.byName, name)
			s.drop(n)
		}
	}
}

func (s *Store) drop(n uint32) {
	s.room.bytes.Add(-s.series[n].bytes())
	s.series[n] = nil
	s.unused = append(s.unused, n)
	s.room.used.Add(-1)
}

// Get returns an open series.
func (s *Store) Get(h Handle) *Series { return s.series[h-1] }

// Each calls f with up to most series, from the one with the given number on, and returns the number to go on with; more
// says whether there is any such.
func (s *Store) Each(from, most int, f func(*Series)) (next int, more bool) {
	for ; from < len(s.series) && most > 0; from++ {
		if se := s.series[from]; se != nil {
			f(se)
			most--
		}
	}
	return from, from < len(s.series)
}

// The bytes of a series without its points, measured, and of a point.
const perSeries, perPoint = 300, 16

// bytes is how much memory a series takes, about.
func (s *Series) bytes() int64 { return perSeries + perPoint*int64(len(s.points.room)) }

// Figures say how much a Store keeps.
type Figures struct {
	Series  int64
	Orphans int64 // of these, series that their aggregates have forgotten
	Points  int64
	Bytes   int64 // of memory, about
}

// Figures counts what is kept.
func (s *Store) Figures() (f Figures) {
	for _, se := range s.series {
		if se == nil {
			continue
		}
		f.Series++
		f.Points += int64(se.points.n)
		f.Bytes += se.bytes()
	}
	f.Orphans = int64(len(s.byName))
	return f
}
